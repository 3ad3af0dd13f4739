"""`kubestack run`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kubestack_py.cli.context import event_of, open_session
from kubestack_py.cli.options import (
    FILE,
    complete_environment,
    event_options,
    output_option,
    override_options,
    overrides_from,
    parallel_option,
)
from kubestack_py.cli.outcomes import finish
from kubestack_py.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from kubestack_py.model.outcome import RunReport
    from kubestack_py.runner.run import Share
    from kubestack_py.system.console import Console


@click.command()
@event_options
@click.option(
    "--summary",
    type=FILE,
    envvar="GITHUB_STEP_SUMMARY",
    help="Append the summary as Markdown to this file.  [default: $GITHUB_STEP_SUMMARY]",
)
@click.option(
    "--only",
    type=click.Choice(["plan", "apply", "drift"]),
    help="Do this of what the event asks for and leave the rest to other jobs, with other rights.",
)
@click.option(
    "-e",
    "--environment",
    metavar="ENV",
    default="",
    help="Do what the event asks for in this environment, and leave the others to other jobs.",
    shell_complete=complete_environment,
)
@override_options
@parallel_option
@output_option
def run(
    *,
    event: str | None,
    ref: str,
    target: str,
    summary: Path | None,
    override: tuple[str, ...],
    reason: str,
    parallel: int | None,
    output: str,
    **part: Any,
) -> None:
    """Do what the event asks for: what CI calls on every push, tag, pull request and schedule.

    Resolves the event, plans or applies, verifies, records evidence, plans the next environment and
    prints a summary. Exits with 5 where the gate refuses a promotion.

    \b
    Examples:
      kubestack run --ref refs/heads/main
      kubestack run --ref refs/tags/apps-deploy-2026-01-31-1
      kubestack run --only apply --environment ops
    """
    from kubestack_py.report.text import outcome_text
    from kubestack_py.runner.run import run_event

    as_text = output == "text"
    with open_session(parallel) as session:
        console = session.console
        report = run_event(
            session,
            event_of(session, event, ref, target),
            lambda outcome: console.data(outcome_text(outcome, console.paint)) if as_text else None,
            overrides_from(override, reason),
            _share(**part),
        )
        _publish(console, report, as_json=not as_text, summary=summary)
        for outcome in report.environments:
            finish(outcome)
        _check_settings(report)


def _share(only: str | None, environment: str) -> Share:
    from kubestack_py.model.decision import Action
    from kubestack_py.runner.run import Share

    return Share(action=Action(only) if only else None, environment=environment)


def _check_settings(report: RunReport) -> None:
    """Fail for a pull request whose kubestack.yaml would break the platform; it was planned all the same."""
    if report.settings and report.settings.findings:
        raise ConfigurationError(
            "kubestack.yaml of this pull request is not valid, as shown above",
            hint=f"Mend it before the merge; until then the settings of {report.settings.target} decide.",
        )


def _publish(console: Console, report: RunReport, *, as_json: bool, summary: Path | None) -> None:
    """What is left to say, or the whole as JSON where it was asked for; its summary as Markdown in a file."""
    if as_json:
        from kubestack_py.report.json import dump, run_value

        console.data(dump(run_value(report)))
    elif report.settings:
        from kubestack_py.report.text import settings_text

        console.data(settings_text(report.settings, console.paint))
    if summary:
        from kubestack_py.report.markdown import run_markdown
        from kubestack_py.system.files import append_text

        append_text(summary, console.masked(run_markdown(report)))

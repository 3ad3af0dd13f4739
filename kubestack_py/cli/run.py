"""`kubestack run`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kubestack_py.cli.commenting import Wishes, comment_options, open_commenting
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
from kubestack_py.errors import ConfigurationError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kubestack_py.model.outcome import EnvironmentOutcome, RunReport
    from kubestack_py.runner.run import Share
    from kubestack_py.runner.session import Session
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
@comment_options
@override_options
@parallel_option
@output_option
def run(
    *,
    event: str | None,
    ref: str,
    target: str,
    summary: Path | None,
    parallel: int | None,
    output: str,
    **rest: Any,
) -> None:
    """Do what the event asks for: what CI calls on every push, tag, pull request and schedule.

    Resolves the event, plans or applies, verifies, records evidence, plans the next environment and
    prints a summary. A pull request gets a comment that is kept up to date. Exits with 5 where the gate
    refuses a promotion.

    \b
    Examples:
      kubestack run --ref refs/heads/main
      kubestack run --ref refs/tags/apps-deploy-2026-01-31-1
      kubestack run --only apply --environment ops
    """
    from kubestack_py.runner.run import refused_report, run_event

    share = _share(rest.pop("only"), rest.pop("environment"))
    overrides = overrides_from(rest.pop("override"), rest.pop("reason"))
    with open_session(parallel) as session:
        happened = event_of(session, event, ref, target)
        commenting = open_commenting(session, happened, Wishes(**rest))
        refusal: RefusedError | None = None
        try:
            with commenting.around(share):
                report = run_event(session, happened, _shower(session, output), overrides, share)
        except RefusedError as error:
            report, refusal = refused_report(happened, error), error
        _publish(session.console, report, as_json=output == "json")
        commenting.finish(report, summary)
        _end(report, refusal)
        commenting.check()


def _end(report: RunReport, refusal: RefusedError | None) -> None:
    """Raise what the exit code comes from, once all was told."""
    if refusal:
        raise refusal
    for outcome in report.environments:
        finish(outcome)
    _check_settings(report)


def _shower(session: Session, output: str) -> Callable[[EnvironmentOutcome], None]:
    """What shows an outcome as soon as it is there; JSON waits for all of them."""
    from kubestack_py.report.text import outcome_text

    console = session.console
    if output == "json":
        return lambda _outcome: None
    return lambda outcome: console.data(outcome_text(outcome, console.paint))


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


def _publish(console: Console, report: RunReport, *, as_json: bool) -> None:
    """What is left to say, or the whole as JSON where it was asked for."""
    if as_json:
        from kubestack_py.report.json import dump, run_value

        console.data(dump(run_value(report)))
    elif report.settings:
        from kubestack_py.report.text import settings_text

        console.data(settings_text(report.settings, console.paint))

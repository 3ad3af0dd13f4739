"""`kubestack run`."""

from __future__ import annotations

from pathlib import Path

import click

from kubestack_py.cli.context import environment_variables, open_session
from kubestack_py.cli.options import event_options, output_option, parallel_option
from kubestack_py.cli.outcomes import finish
from kubestack_py.model.event import EventKind


@click.command()
@event_options
@click.option(
    "--summary",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="GITHUB_STEP_SUMMARY",
    help="Append the summary as Markdown to this file.  [default: $GITHUB_STEP_SUMMARY]",
)
@parallel_option
@output_option
def run(
    *, event: str | None, ref: str, target: str, summary: Path | None, parallel: int | None, output: str
) -> None:
    """Do what the event asks for: what CI calls on every push, tag, pull request and schedule.

    Resolves the event, plans or applies, verifies, records evidence, plans the next environment and
    prints a summary. Exits with 5 where the gate refuses a promotion.

    \b
    Examples:
      kubestack run
      kubestack run --ref refs/heads/main
      kubestack run --ref refs/tags/apps-deploy-2026-01-31-1
    """
    from kubestack_py.report.markdown import run_markdown
    from kubestack_py.report.text import outcome_text
    from kubestack_py.runner.events import event_from_options
    from kubestack_py.runner.run import run_event

    with open_session(parallel) as session:
        console = session.console
        kind = EventKind(event) if event else None
        happened = event_from_options(
            kind=kind, ref=ref, target=target, environ=environment_variables(), git=session.git
        )
        as_text = output == "text"
        report = run_event(
            session,
            happened,
            lambda outcome: console.data(outcome_text(outcome, console.paint)) if as_text else None,
        )
        if output == "json":
            from kubestack_py.report.json import dump, run_value

            console.data(dump(run_value(report)))
        if summary:
            from kubestack_py.system.files import append_text

            append_text(summary, console.masked(run_markdown(report)))
        for outcome in report.environments:
            finish(outcome)

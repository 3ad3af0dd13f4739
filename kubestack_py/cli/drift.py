"""`kubestack drift`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.options import (
    FILE,
    any_environment_option,
    output_option,
    parallel_option,
    stacks_argument,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kubestack_py.model.outcome import EnvironmentOutcome
    from kubestack_py.runner.session import Session
    from kubestack_py.system.console import Console


@click.command()
@stacks_argument
@any_environment_option
@click.option(
    "--summary",
    type=FILE,
    envvar="GITHUB_STEP_SUMMARY",
    help="Append the findings as Markdown to this file.  [default: $GITHUB_STEP_SUMMARY]",
)
@click.option(
    "--issue", is_flag=True, help="Keep one issue on GitHub or GitLab: open while something has drifted."
)
@parallel_option
@output_option
def drift(
    *,
    stacks: tuple[str, ...],
    environment: str | None,
    summary: Path | None,
    issue: bool,
    parallel: int | None,
    output: str,
) -> None:
    """Find what was changed in the environments without a commit. Changes nothing.

    Terraform refreshes its state and tells what differs from it; a rendered branch is compared with the
    last delivery. Changes that wait for a promotion are no drift, and neither is what `drift: {ignore: …}`
    in kubestack.yaml expects. All environments are looked at at once. Exits with 4 where something
    drifted.

    \b
    Examples:
      kubestack drift
      kubestack drift -e apps infra
      kubestack drift -o json --summary drift.md
      kubestack drift --issue
    """
    from kubestack_py.cli.outcomes import finish_all, show_all
    from kubestack_py.runner.drifting import find_drifts

    with open_session(parallel) as session:
        platform = session.platform
        chosen = [session.environment(environment)] if environment else platform.environments
        outcomes = find_drifts(session, chosen, session.select(stacks))
        show_all(session.console, outcomes, output)
        if summary:
            _summarise(session.console, outcomes, summary)
        if issue:
            _keep_issue(session, outcomes)
        finish_all(outcomes)


def _summarise(console: Console, outcomes: Sequence[EnvironmentOutcome], path: Path) -> None:
    from kubestack_py.cli.commenting import SUMMARY_LIMIT
    from kubestack_py.report.drift import drift_text
    from kubestack_py.system.files import append_text

    text = drift_text(outcomes, SUMMARY_LIMIT, console.masked)
    append_text(path, console.masked(f"## Drift\n\n{text}"))


def _keep_issue(session: Session, outcomes: Sequence[EnvironmentOutcome]) -> None:
    """Open, update or close the platform's issue; where the host does not let us, that is a warning."""
    from kubestack_py.cli.commenting import open_review
    from kubestack_py.errors import HostError
    from kubestack_py.report.drift import drift_issue, drift_mark, drift_title

    name, console = session.platform.name, session.console
    if any(outcome.failed for outcome in outcomes):
        console.warn("the issue was left as it is: not every environment could be looked at")
        return
    needed = any(outcome.pending for outcome in outcomes)
    try:
        review = open_review(session)
        text = console.masked(drift_issue(name, outcomes, session.place.url, review.longest, console.masked))
        if review.keep_issue(drift_title(name), drift_mark(name), text, needed=needed):
            console.say(f"The issue “{drift_title(name)}” is {'open' if needed else 'closed'}.")
    except HostError as error:
        console.warn(f"no issue was written: {error}")

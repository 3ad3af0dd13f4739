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
    from pathlib import Path


@click.command()
@stacks_argument
@any_environment_option
@click.option(
    "--summary",
    type=FILE,
    help="Append the findings as Markdown to this file.",
)
@parallel_option
@output_option
def drift(
    *,
    stacks: tuple[str, ...],
    environment: str | None,
    summary: Path | None,
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
    """
    from kubestack_py.cli.outcomes import finish_all, show_all
    from kubestack_py.runner.drifting import find_drifts

    with open_session(parallel) as session:
        platform = session.platform
        chosen = [session.environment(environment)] if environment else platform.environments
        outcomes = find_drifts(session, chosen, session.select(stacks))
        show_all(session.console, outcomes, output)
        if summary:
            from kubestack_py.report.markdown import outcomes_markdown
            from kubestack_py.system.files import append_text

            append_text(summary, session.console.masked(outcomes_markdown(outcomes)))
        finish_all(outcomes)

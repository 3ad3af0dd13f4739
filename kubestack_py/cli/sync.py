"""`kubestack sync`: what operators on the clusters have made of what was delivered."""

from __future__ import annotations

import shutil

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.options import complete_environment, output_option


@click.group()
def sync() -> None:
    """See what Flux or Argo CD has applied of what was delivered."""


@sync.command()
@click.option(
    "-e",
    "--environment",
    metavar="ENV",
    help="The environment; all that name a cluster when left out.",
    shell_complete=complete_environment,
)
@output_option
def status(*, environment: str | None, output: str) -> None:
    """Ask each cluster what its operator has applied, and compare that with Git and the evidence.

    Read by kubectl with your own kubeconfig and the context that kubestack.yaml names. A stack is `synced`
    when the operator has applied the commit that delivered it and says that it is healthy; a push proves
    nothing.
    Exits with 1 where a cluster cannot be asked.

    \b
    Examples:
      kubestack sync status
      kubestack sync status -e ops
      kubestack sync status -o json
    """
    from kubestack_py.errors import RunFailedError
    from kubestack_py.runner.syncing import sync_status, with_clusters

    with open_session() as session:
        found = sync_status(session, with_clusters(session, environment))
        if not any(item.stacks or item.problem for item in found):
            session.console.say(
                "No stack is delivered to a rendered branch; kubectl waits for its rollouts itself."
            )
        if output == "json":
            from kubestack_py.report.json import dump
            from kubestack_py.report.sync import sync_value

            session.console.data(dump(sync_value(found)))
        else:
            from kubestack_py.report.sync import SYNC_HEADINGS, sync_rows
            from kubestack_py.report.tables import render

            width = max(120, shutil.get_terminal_size((160, 24)).columns)
            table = render(SYNC_HEADINGS, sync_rows(found), color=session.console.color, width=width)
            session.console.data(table)
        if failed := [item.environment for item in found if item.problem]:
            raise RunFailedError(f"not asked: {', '.join(failed)}")

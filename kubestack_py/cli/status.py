"""`kubestack status`."""

from __future__ import annotations

import shutil

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.options import output_option


@click.command()
@output_option
def status(*, output: str) -> None:
    """Show where every environment stands: what it runs, what waits for it, what needs attention.

    Read from the evidence in Git alone; no state is read and no cloud is asked.

    \b
    Examples:
      kubestack status
      kubestack status -o json
    """
    from kubestack_py.runner.status import platform_status

    with open_session() as session:
        found = platform_status(session)
        if output == "json":
            from kubestack_py.report.json import dump, status_value

            session.console.data(dump(status_value(found)))
        else:
            from kubestack_py.report.tables import status_table

            width = max(100, shutil.get_terminal_size((140, 24)).columns)
            session.console.data(status_table(found, color=session.console.color, width=width))

"""`kubestack history`."""

from __future__ import annotations

import shutil

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.options import complete_environment, output_option


@click.command()
@click.argument("environment", metavar="[ENV]", required=False, shell_complete=complete_environment)
@click.option("-n", "--number", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@output_option
def history(*, environment: str | None, number: int, output: str) -> None:
    """Show what was applied to an environment, or to all of them, newest first.

    Records that do not count are left out; `kubestack evidence list` shows those too.

    \b
    Examples:
      kubestack history
      kubestack history apps -n 5
      kubestack history apps -o json
    """
    from kubestack_py.runner.past import past_deliveries

    with open_session() as session:
        chosen = [session.environment(environment)] if environment else session.platform.environments
        found = past_deliveries(session, chosen, number)
        if output == "json":
            from kubestack_py.report.environments import past_value
            from kubestack_py.report.json import dump

            session.console.data(dump({"runs": [past_value(item) for item in found]}))
        elif found:
            from kubestack_py.report.environments import PAST_HEADINGS, past_rows
            from kubestack_py.report.tables import render

            width = max(120, shutil.get_terminal_size((160, 24)).columns)
            rows = past_rows(found)
            session.console.data(render(PAST_HEADINGS, rows, color=session.console.color, width=width))
        else:
            session.console.say("Nothing was applied yet.")

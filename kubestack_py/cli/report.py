"""`kubestack report`."""

from __future__ import annotations

from pathlib import Path

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.options import FILE, parallel_option


@click.command()
@click.option(
    "--output-file",
    type=FILE,
    default=Path("kubestack-report.html"),
    show_default=True,
    help="Write the page here.",
)
@click.option("--plan", "with_plans", is_flag=True, help="Plan every environment, and show the differences.")
@click.option(
    "-n", "--number", type=click.IntRange(1, 1000), default=60, show_default=True, help="Runs to show."
)
@parallel_option
def report(*, output_file: Path, with_plans: bool, number: int, parallel: int | None) -> None:
    """Write one HTML page about the platform, to show and to keep as an artifact of CI.

    The promotion chain, what each environment runs, what waits and why, findings, the evidence over
    time, and the graph of stacks. It needs no network, holds no script, and follows the reader's light
    or dark setting. Without --plan it is read from Git alone and holds no values.

    \b
    Examples:
      kubestack report
      kubestack report --plan --output-file platform.html
    """
    from kubestack_py.report.html import overview_html
    from kubestack_py.runner.overviewing import overview
    from kubestack_py.system.files import resource, write_atomically

    with open_session(parallel) as session:
        found = overview(session, newest=number, with_plans=with_plans)
        page = resource("report/page.html").read_text(encoding="utf-8")
        text = session.console.masked(overview_html(found, page))
        write_atomically(output_file, text.encode())
        session.console.say(f"Wrote {output_file}: open it in a browser.")
        session.console.data(str(output_file))

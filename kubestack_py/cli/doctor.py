"""`kubestack doctor`."""

from __future__ import annotations

import shutil

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.options import output_option
from kubestack_py.errors import RunFailedError


@click.command()
@output_option
def doctor(*, output: str) -> None:
    """Look at the tools of this machine and at this repository; say what is missing and how to get it.

    Exits with 1 when something that is needed is not in order.

    \b
    Examples:
      kubestack doctor
      kubestack doctor -o json
    """
    from kubestack_py.report.json import dump, plain
    from kubestack_py.report.tables import health_table
    from kubestack_py.runner.doctor import examine

    with open_session() as session:
        checks = examine(session)
        if output == "json":
            session.console.data(dump({"checks": plain(checks)}))
        else:
            width = max(80, shutil.get_terminal_size((120, 24)).columns)
            session.console.data(health_table(checks, color=session.console.color, width=width))
        wrong = [check for check in checks if not check.ok]
        for check in wrong:
            if check.hint:
                session.console.say(f"{check.name}: {check.hint}")
        needed = [check.name for check in wrong if check.needed]
        if needed:
            raise RunFailedError(f"not in order: {', '.join(needed)}")

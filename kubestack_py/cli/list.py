"""`kubestack list`."""

from __future__ import annotations

import shutil

import click

from kubestack_py.cli.context import open_session, warn_of_broken_files
from kubestack_py.cli.options import output_option

KINDS = ("environments", "clusters", "node-pools", "services", "apps", "stacks")


@click.command("list")
@click.argument("kind", type=click.Choice(KINDS), required=False)
@output_option
def list_(*, kind: str | None, output: str) -> None:
    """List what the platform is made of, as its files say it.

    Node pools are shown with what each environment states; `kubestack config show` shows what it inherits.

    \b
    Examples:
      kubestack list
      kubestack list node-pools
      kubestack list clusters -o json
    """
    from kubestack_py.scaffold.inventory import read_inventory

    with open_session() as session:
        inventory = read_inventory(session.root, session.platform, session.stacks)
        warn_of_broken_files(session)
        kinds = KINDS if kind is None else (kind,)
        if output == "json":
            from kubestack_py.report.json import dump, plain

            keys = [name.replace("-", "_") for name in kinds]
            found = {key: plain(getattr(inventory, key)) for key in keys}
            session.console.data(dump(found))
            return
        from kubestack_py.report.inventory import HEADINGS, inventory_rows
        from kubestack_py.report.tables import render

        width = max(120, shutil.get_terminal_size((160, 24)).columns)
        tables = [(name, rows) for name in kinds if (rows := inventory_rows(inventory, name))]
        for name, rows in tables:
            table = render(HEADINGS[name], rows, color=session.console.color, width=width)
            session.console.data(table if name == tables[-1][0] else f"{table}\n")
        if not tables:
            session.console.say(f"There are no {(kind or 'parts').replace('-', ' ')}.")

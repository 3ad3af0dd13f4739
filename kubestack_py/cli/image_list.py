"""`kubestack image list`."""

from __future__ import annotations

import shutil

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.options import output_option


@click.command("list")
@click.argument("app", required=False)
@output_option
def list_(*, app: str | None, output: str) -> None:
    """List which images each environment runs: declared, delivered and verified.

    Declared on the default branch, delivered on the rendered branch, verified by the newest evidence.

    \b
    Examples:
      kubestack image list
      kubestack image list web -o json
    """
    from kubestack_py.report.images import HEADINGS, image_rows, images_value
    from kubestack_py.runner.image_listing import list_images
    from kubestack_py.runner.imaging import application

    with open_session() as session:
        rows = list_images(session, [application(session, app)] if app else session.stacks)
        if output == "json":
            from kubestack_py.report.json import dump

            session.console.data(dump(images_value(rows)))
        elif rows:
            from kubestack_py.report.tables import render

            width = max(120, shutil.get_terminal_size((160, 24)).columns)
            table = render(HEADINGS, image_rows(rows), color=session.console.color, width=width)
            session.console.data(table)
        else:
            session.console.say("No application has an image.")

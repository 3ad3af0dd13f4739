"""`kubestack parity`."""

from __future__ import annotations

import shutil

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.options import complete_environment, parallel_option


@click.command()
@click.argument("ref", required=False)
@click.option(
    "-e",
    "--environment",
    metavar="ENV",
    help="The environment.  [default: the one that the tag REF applies, else the second of the chain]",
    shell_complete=complete_environment,
)
@parallel_option
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="markdown and json go to standard output, everything else to standard error.",
)
def parity(*, ref: str | None, environment: str | None, parallel: int | None, output: str) -> None:
    """Compare what REF would do to an environment with what the environment before has lived through.

    REF is a tag, a branch or a commit; the default branch when left out. Every change is exercised
    (the same action on the same address), partly exercised (never for these attributes), unexercised,
    or missing here, and the line says why. The recorded preview is used where there is one: that
    needs no credentials and no checkout. What has none is planned, if REF is what is checked out.

    \b
    Examples:
      kubestack parity
      kubestack parity apps-deploy-2026-01-31-1
      kubestack parity HEAD -e apps -o markdown
    """
    from kubestack_py.report.json import dump
    from kubestack_py.report.parity import comparison_markdown, comparison_text, comparison_value
    from kubestack_py.runner.comparing import compare_ref

    with open_session(parallel) as session:
        console = session.console
        found = compare_ref(session, ref, environment)
        if output == "json":
            console.data(dump(comparison_value(found)))
        elif output == "markdown":
            console.data(comparison_markdown(found).rstrip("\n"))
        else:
            width = max(100, shutil.get_terminal_size((140, 24)).columns)
            console.data(comparison_text(found, color=console.color, width=width))

"""`kubestack explain`."""

from __future__ import annotations

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.options import output_option


@click.command()
@click.argument("ref")
@output_option
def explain(*, ref: str, output: str) -> None:
    """Tell the story of a tag, branch or commit: what it means, what the gate says, and what that rests on.

    For every environment that REF could enter: each check of the gate, what would change, the records
    of evidence with who wrote them and in which run, what is missing, and the next step. Nothing is
    planned, and no credentials are needed.

    \b
    Examples:
      kubestack explain main
      kubestack explain apps-deploy-2026-01-31-1
      kubestack explain 3287a429 -o json
    """
    from kubestack_py.runner.explaining import explain

    with open_session() as session:
        console = session.console
        story = explain(session, ref)
        if output == "json":
            from kubestack_py.report.explanation import explanation_value
            from kubestack_py.report.json import dump

            console.data(dump(explanation_value(story)))
        else:
            from kubestack_py.report.explanation import explanation_text

            console.data(explanation_text(story, console.paint))

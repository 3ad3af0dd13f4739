"""`kubestack resolve`."""

from __future__ import annotations

import click

from kubestack_py.cli.context import event_of, open_session
from kubestack_py.cli.options import event_options, output_option
from kubestack_py.report.text import resolution_text
from kubestack_py.runner.pull_request import resolve_event


@click.command()
@event_options
@output_option
def resolve(*, event: str | None, ref: str, target: str, output: str) -> None:
    """Say what an event means: which environments to plan, apply or look for drift in.

    Without options the CI system's variables say what happened, outside of CI the checkout does.
    Nothing is planned or applied.

    \b
    Examples:
      kubestack resolve --ref refs/heads/main
      kubestack resolve --ref refs/tags/apps-deploy-2026-01-31-1
      kubestack resolve --event pull_request --ref refs/heads/fix --target main -o json
    """
    with open_session() as session:
        happened = event_of(session, event, ref, target)
        resolution = resolve_event(session, happened).resolution
        if output == "json":
            from kubestack_py.report.json import dump, resolution_value

            session.console.data(dump(resolution_value(happened, resolution)))
        else:
            session.console.data(resolution_text(resolution, session.console.paint))

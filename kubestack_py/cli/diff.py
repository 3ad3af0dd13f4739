"""`kubestack diff`."""

from __future__ import annotations

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.options import complete_environment, output_option


@click.command()
@click.argument("one", metavar="ENV", shell_complete=complete_environment)
@click.argument("other", metavar="ENV", shell_complete=complete_environment)
@output_option
def diff(*, one: str, other: str, output: str) -> None:
    """Show how two environments differ: commits, content, rendered manifests, Terraform configuration.

    Read from Git alone: the evidence, the rendered branches, and the files of the commits that were
    delivered. Values of Secrets are masked. Differences go from the first to the second.

    \b
    Examples:
      kubestack diff ops apps
      kubestack diff ops apps -o json
    """
    from kubestack_py.report.environments import difference_text
    from kubestack_py.report.json import dump, plain
    from kubestack_py.runner.differing import compare_environments

    with open_session() as session:
        found = compare_environments(session, session.environment(one), session.environment(other))
        as_text = output == "text"
        session.console.data(difference_text(found, session.console.paint) if as_text else dump(plain(found)))

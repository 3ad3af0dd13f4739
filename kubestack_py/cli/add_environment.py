"""`kubestack add environment`."""

from __future__ import annotations

import click

from kubestack_py.cli.editing import drafting, dry_run_option
from kubestack_py.cli.options import complete_environment


@click.command("environment")
@click.argument("name")
@click.option(
    "--after",
    metavar="ENV",
    required=True,
    help="The environment that has to prove a change before this one; its overlays are copied.",
    shell_complete=complete_environment,
)
@dry_run_option
def environment(*, name: str, after: str, dry_run: bool) -> None:
    """Insert an environment into the promotion chain, into every configuration and every application.

    It inherits all of its configuration from the base, the last environment. Nothing can come after that one.

    \b
    Examples:
      kubestack add environment staging --after ops --dry-run
      kubestack add environment staging --after ops && kubestack validate
    """
    from kubestack_py.scaffold.environments import add_environment

    with drafting(dry_run=dry_run) as draft:
        add_environment(draft, name, after)

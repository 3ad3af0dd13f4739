"""`kubestack remove environment`."""

from __future__ import annotations

import click

from kubestack_py.cli.editing import drafting, dry_run_option, force_option
from kubestack_py.cli.options import complete_environment


@click.command("environment")
@click.argument("name", shell_complete=complete_environment)
@force_option
@dry_run_option
def environment(*, name: str, force: bool, dry_run: bool) -> None:
    """Remove an environment from the chain, every configuration and every application.

    The first and the last one stay. Destroy what the
    environment has applied before the removal is merged.

    \b
    Examples:
      kubestack remove environment staging --dry-run
    """
    from kubestack_py.scaffold.environments import remove_environment

    with drafting(dry_run=dry_run) as draft:
        remove_environment(draft, name, force=force)

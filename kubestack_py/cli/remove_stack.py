"""`kubestack remove stack`."""

from __future__ import annotations

import click

from kubestack_py.cli.editing import drafting, dry_run_option, force_option
from kubestack_py.cli.options import complete_stack


@click.command("stack")
@click.argument("path", shell_complete=complete_stack)
@force_option
@dry_run_option
def stack(*, path: str, force: bool, dry_run: bool) -> None:
    """Remove a stack; one that somebody edited only with --force.

    \b
    Examples:
      kubestack remove stack dns --dry-run
    """
    from kubestack_py.scaffold.stacks import remove_stack

    with drafting(dry_run=dry_run) as draft:
        remove_stack(draft, path, force=force)

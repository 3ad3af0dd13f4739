"""`kubestack remove app`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kubestack_py.cli.editing import completed, drafting, dry_run_option, force_option

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def _complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return completed(incomplete, lambda draft: [item.name for item in draft.inventory.apps])


@click.command("app")
@click.argument("name", shell_complete=_complete)
@force_option
@dry_run_option
def app(*, name: str, force: bool, dry_run: bool) -> None:
    """Remove an application; one that somebody edited only with --force.

    \b
    Examples:
      kubestack remove app shop --dry-run
    """
    from kubestack_py.scaffold.apps import remove_app

    with drafting(dry_run=dry_run) as draft:
        remove_app(draft, name, force=force)

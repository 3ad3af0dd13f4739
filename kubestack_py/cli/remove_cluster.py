"""`kubestack remove cluster`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kubestack_py.cli.editing import completed, drafting, dry_run_option, force_option

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def _complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return completed(incomplete, lambda draft: [item.name for item in draft.inventory.clusters])


@click.command("cluster")
@click.argument("name", shell_complete=_complete)
@click.option(
    "--with-provider",
    is_flag=True,
    help="Remove its provider too, once every environment has destroyed the cluster.",
)
@force_option
@dry_run_option
def cluster(*, name: str, with_provider: bool, force: bool, dry_run: bool) -> None:
    """Remove a cluster with its node pools and its services; never the last one.

    Its provider stays at first: Terraform needs it to destroy the cluster.

    \b
    Examples:
      kubestack remove cluster eks_gc0_eu-west-1 --dry-run
      kubestack remove cluster eks_gc0_eu-west-1 --with-provider
    """
    from kubestack_py.scaffold.removing import remove_cluster

    with drafting(dry_run=dry_run) as draft:
        remove_cluster(draft, name, force=force, with_provider=with_provider)

"""`kubestack remove node-pool`."""

from __future__ import annotations

import click

from kubestack_py.cli.editing import complete_cluster, drafting, dry_run_option
from kubestack_py.cli.options import complete_environment


@click.command("node-pool")
@click.argument("cluster", shell_complete=complete_cluster)
@click.argument("name")
@click.option(
    "-e",
    "--environment",
    metavar="ENV",
    default="",
    help="Only what this environment says of it.  [default: all of them]",
    shell_complete=complete_environment,
)
@dry_run_option
def node_pool(*, cluster: str, name: str, environment: str, dry_run: bool) -> None:
    """Remove a node pool from a cluster; never its last one.

    \b
    Examples:
      kubestack remove node-pool cluster batch --dry-run
      kubestack remove node-pool cluster batch -e ops
    """
    from kubestack_py.scaffold.node_pools import remove_node_pool

    with drafting(dry_run=dry_run) as draft:
        remove_node_pool(draft, cluster, name, environment)

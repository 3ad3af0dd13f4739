"""`kubestack add node-pool`."""

from __future__ import annotations

from typing import Any

import click

from kubestack_py.cli.editing import complete_cluster, drafting, dry_run_option
from kubestack_py.cli.options import complete_environment


@click.command("node-pool")
@click.argument("cluster", shell_complete=complete_cluster)
@click.argument("name")
@click.option("--instance-type", "node_type", metavar="TYPE", default="", help="The type of its machines.")
@click.option("--min-size", type=click.IntRange(0), help="How many nodes it has at least.")
@click.option("--max-size", type=click.IntRange(1), help="How many nodes it has at most.")
@click.option("--set", "sets", metavar="KEY=VALUE", multiple=True, help="Another attribute, as HCL.")
@click.option(
    "-e",
    "--environment",
    metavar="ENV",
    default="",
    help="State it in this environment alone.  [default: in the base, which the others inherit]",
    shell_complete=complete_environment,
)
@click.option("--force", is_flag=True, help="Take a type of machine that the lists here do not know.")
@dry_run_option
def node_pool(*, sets: tuple[str, ...], force: bool, dry_run: bool, **options: Any) -> None:
    """Add a node pool to a cluster, or say what is different about one in an environment.

    What is left out is taken over from the pool `default`. `kubestack list clusters` shows the clusters.

    \b
    Examples:
      kubestack add node-pool cluster batch --instance-type large --max-size 20 --dry-run
      kubestack add node-pool cluster batch -e ops --min-size 1 --max-size 1
      kubestack add node-pool eks_gc0_eu-west-1 spot --set 'labels={ tier = "spot" }'
    """
    from kubestack_py.scaffold.node_pools import NodePoolOptions, add_node_pool

    settings = {}
    for text in sets:
        key, sign, value = text.partition("=")
        if not sign:
            raise click.UsageError(f"--set {text} is not of the form KEY=VALUE.")
        settings[key.strip()] = value.strip()
    with drafting(dry_run=dry_run) as draft:
        add_node_pool(draft, NodePoolOptions(settings=settings, **options), force=force)

"""`kubestack add cluster`."""

from __future__ import annotations

from typing import Any

import click

from kubestack_py.cli.cluster_options import force_option, own_answers, own_options
from kubestack_py.cli.editing import drafting, dry_run_option
from kubestack_py.scaffold.providers import provider_names


@click.command("cluster")
@click.argument("provider", type=click.Choice(provider_names()))
@click.option("--name-prefix", metavar="NAME", default="gc0", show_default=True, help="Begins its name.")
@click.option("--region", metavar="REGION", help="Where it runs, as the cloud calls it.")
@click.option("--kubernetes-version", metavar="VERSION", help="Version of its control plane, such as 1.35.")
@click.option("--zones", metavar="ZONE,ZONE", default="", help="Zones of its nodes.  [default: three]")
@click.option("--node-type", metavar="TYPE", help="Type of the machines in its first node pool.")
@click.option("--min-size", type=click.IntRange(0), help="How many nodes that pool has at least.")
@click.option("--max-size", type=click.IntRange(1), help="How many nodes that pool has at most.")
@click.option("--base-domain", metavar="DOMAIN", help="Domain above its own.  [default: the platform's]")
@own_options
@force_option
@dry_run_option
def cluster(*, provider: str, zones: str, force: bool, dry_run: bool, **options: Any) -> None:
    """Add a cluster in a cloud: a file that configures it for all environments, and its modules.

    The last environment describes it in full, the others start from that. Regions, zones, machine types
    and versions are checked by lists that work offline. Nothing is applied.

    \b
    Examples:
      kubestack add cluster eks --region eu-west-1
      kubestack add cluster eks --name-prefix gc1 --region us-east-1 --zones us-east-1a,us-east-1b
      kubestack add cluster eks --region eu-central-1 --node-type m7g.large --max-size 20 --dry-run
    """
    from kubestack_py.scaffold.adding_clusters import add_cluster, platform_domain
    from kubestack_py.scaffold.clusters import complete

    names = ("name_prefix", "region", "kubernetes_version", "node_type", "min_size", "max_size")
    with drafting(dry_run=dry_run) as draft:
        wanted = complete(
            provider,
            options["base_domain"] or platform_domain(draft),
            **{name: options[name] for name in names},
            zones=tuple(zone.strip() for zone in zones.split(",") if zone.strip()),
            answers=own_answers(provider, options),
        )
        add_cluster(draft, wanted, force=force)

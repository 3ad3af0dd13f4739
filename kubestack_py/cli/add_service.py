"""`kubestack add service`."""

from __future__ import annotations

import click

from kubestack_py.cli.catalog import complete_service
from kubestack_py.cli.context import open_session
from kubestack_py.cli.editing import carry_out, dry_run_option
from kubestack_py.model.service import ServiceDelivery


@click.command("service")
@click.argument("name", shell_complete=complete_service)
@click.option(
    "--delivery",
    type=click.Choice([item.value for item in ServiceDelivery]),
    help="How it reaches the cluster.  [default: services.delivery in kubestack.yaml]",
)
@click.option(
    "--cluster", metavar="CLUSTER", default="", help="With terraform: the cluster, such as eks_gc0_eu-west-1."
)
@click.option("--version", metavar="VERSION", default="", help="Another version of its chart, in full.")
@click.option("--namespace", metavar="NAME", default="", help="Another namespace for it.")
@click.option(
    "--set",
    "sets",
    metavar="[ENV:]KEY=VALUE",
    multiple=True,
    help="A value of its chart, for all environments or for one; may be given several times.",
)
@click.option("--with-needs", is_flag=True, help="Add what it needs before it, too.")
@dry_run_option
def service(
    *,
    name: str,
    delivery: str | None,
    cluster: str,
    version: str,
    namespace: str,
    sets: tuple[str, ...],
    with_needs: bool,
    dry_run: bool,
) -> None:
    """Add a platform service of the catalog, with values for every environment.

    The last environment has the base values, the others state what differs. `kubestack catalog list`
    shows what there is.

    \b
    Examples:
      kubestack add service cert-manager
      kubestack add service lighthouse --with-needs --dry-run
      kubestack add service gateway --set deployment.replicas=3 --set ops:deployment.replicas=1
      kubestack add service kyverno --delivery argo-cd --version 3.9.0
    """
    from kubestack_py.report.catalog import retirement
    from kubestack_py.scaffold.catalog import load_catalog
    from kubestack_py.scaffold.services.add import add_service
    from kubestack_py.scaffold.services.placed import ServiceOptions

    with open_session() as session:
        chosen = ServiceDelivery(delivery) if delivery else session.platform.services.delivery
        asked = ServiceOptions(
            name=name, delivery=chosen, cluster=cluster, version=version, namespace=namespace, sets=sets
        )
        catalog = load_catalog(session.root, session.platform.services.catalog)
        warning = retirement(catalog.find(name))
        if warning:
            session.console.warn(warning)
        edits = add_service(session.root, session.platform, catalog, asked, with_needs=with_needs)
        carry_out(session.console, session.root, edits, dry_run=dry_run)

"""`kubestack remove service`."""

from __future__ import annotations

import click

from kubestack_py.cli.catalog import complete_service
from kubestack_py.cli.context import open_session
from kubestack_py.cli.editing import carry_out, dry_run_option, force_option


@click.command("service")
@click.argument("name", shell_complete=complete_service)
@click.option(
    "--cluster", metavar="CLUSTER", default="", help="Of which cluster, where Terraform serves several."
)
@force_option
@dry_run_option
def service(*, name: str, cluster: str, force: bool, dry_run: bool) -> None:
    """Remove a platform service that nothing else needs; files that somebody edited go with --force only.

    \b
    Examples:
      kubestack remove service kyverno --dry-run
      kubestack remove service tekton --cluster eks_gc0_eu-west-1
    """
    from kubestack_py.scaffold.catalog import load_catalog
    from kubestack_py.scaffold.services.remove import discard_pulled, remove_service

    with open_session() as session:
        catalog = load_catalog(session.root, session.platform.services.catalog)
        edits = remove_service(session.root, session.platform, catalog, name, cluster, force=force)
        carry_out(session.console, session.root, edits, dry_run=dry_run)
        if edits.changed and not dry_run:
            discard_pulled(session.root, session.platform, name)

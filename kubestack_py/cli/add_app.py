"""`kubestack add app`."""

from __future__ import annotations

import click

from kubestack_py.cli.editing import drafting, dry_run_option


@click.command("app")
@click.argument("name")
@click.option(
    "--image", metavar="IMAGE[:TAG]", default="", help="What it runs.  [default: the sample, podinfo]"
)
@dry_run_option
def app(*, name: str, image: str, dry_run: bool) -> None:
    """Add an application: a base, and an overlay for each environment.

    \b
    Examples:
      kubestack add app shop --image registry.example.com/shop:1.4.0
      kubestack add app shop --dry-run
    """
    from kubestack_py.scaffold.apps import add_app

    with drafting(dry_run=dry_run) as draft:
        add_app(draft, name, image)

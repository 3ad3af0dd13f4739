"""`kubestack add stack`."""

from __future__ import annotations

import click

from kubestack_py.cli.editing import drafting, dry_run_option


@click.command("stack")
@click.argument("path")
@click.option("--kind", type=click.Choice(["terraform", "kustomize"]), required=True, help="What plans it.")
@dry_run_option
def stack(*, path: str, kind: str, dry_run: bool) -> None:
    """Add a stack: something that is planned and applied on its own, in every environment.

    A Terraform stack keeps its state where the first one does, under its own name. A Kustomize stack begins
    with a namespace.

    \b
    Examples:
      kubestack add stack dns --kind terraform
      kubestack add stack manifests/policies --kind kustomize --dry-run
    """
    from kubestack_py.scaffold.stacks import add_stack

    with drafting(dry_run=dry_run) as draft:
        add_stack(draft, path, kind)

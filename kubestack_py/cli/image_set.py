"""`kubestack image set`."""

from __future__ import annotations

from typing import Any

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.image_options import deliver, destination, destination_options
from kubestack_py.cli.options import complete_environment


@click.command("set")
@click.argument("app")
@click.argument("image")
@click.option(
    "-e",
    "--environment",
    metavar="ENV",
    required=True,
    help="The environment whose overlay is edited.",
    shell_complete=complete_environment,
)
@click.option("--name", default="", help="The image in the manifests that it replaces.")
@click.option(
    "--policy",
    "policies",
    metavar="NAMESPACE:NAME",
    multiple=True,
    help="Set the values marked with this ImagePolicy, even if nothing beside them names the image.",
)
@destination_options
def set_(
    *,
    app: str,
    image: str,
    environment: str,
    name: str,
    policies: tuple[str, ...],
    **options: Any,
) -> None:
    """Let an application run another image in one environment.

    Edits the entry in `images:` of the overlay, and the values that carry a marker of Flux' image automation.
    Everything else in the files stays as it is, comments and quotes too. With --branch every application has
    one branch, kubestack/image/APP, to which further updates are added until it is merged.

    \b
    Examples:
      kubestack image set web registry.example.com/web:1.4.0 -e ops --dry-run
      kubestack image set web registry.example.com/web:1.4.0 -e ops --name stefanprodan/podinfo
      kubestack image set web registry.example.com/web:1.4.0 -e ops --branch --push
    """
    from kubestack_py.runner.imaging import application, image_from, pinned_enough
    from kubestack_py.scaffold.images import ImageChange

    where = destination(**options)
    reference = pinned_enough(image_from(image))
    with open_session() as session:
        change = ImageChange(
            stack=application(session, app).path,
            environment=session.environment(environment).name,
            image=reference,
            name=name,
            policies=policies,
        )
        deliver(session, [change], where)

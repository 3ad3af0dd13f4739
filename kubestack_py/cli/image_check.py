"""`kubestack image check`."""

from __future__ import annotations

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.image_options import docker_config
from kubestack_py.cli.options import output_option
from kubestack_py.errors import RegistryError


@click.command()
@click.argument("image", metavar="APP|IMAGE")
@click.option(
    "--newer",
    "way",
    metavar="ORDER",
    default="",
    help="How tags are ordered: semver:RANGE, numerical, alphabetical or regex:PATTERN, whose group is "
    "compared.  [default: as the tag looks: version, number or time]",
)
@output_option
def check(*, image: str, way: str, output: str) -> None:
    """Ask registries whether images exist, which digest they have, and which tags are newer.

    APP stands for the images of an application in all environments; an image is named with its tag or
    digest. Logins are those of `docker login`. Exits with 1 where an image is not there.

    \b
    Examples:
      kubestack image check web
      kubestack image check ghcr.io/acme/web:1.4.0 --newer 'semver:>=1.4 <2'
      kubestack image check ghcr.io/acme/web:main-3f2a-17 --newer 'regex:^main-[0-9a-f]+-(?P<n>[0-9]+)$'
    """
    from kubestack_py.report.images import check_text, checks_value
    from kubestack_py.runner.image_checking import Registries, check_images, images_meant

    with open_session() as session:
        registries = Registries(docker_config())
        found = check_images(registries, images_meant(session, image), way)
        if output == "json":
            from kubestack_py.report.json import dump

            session.console.data(dump(checks_value(found)))
        else:
            for item in found:
                session.console.data(check_text(item))
    wrong = [item.image for item in found if item.error]
    if wrong:
        raise RegistryError(f"{len(wrong)} of {len(found)} images could not be confirmed: {', '.join(wrong)}")

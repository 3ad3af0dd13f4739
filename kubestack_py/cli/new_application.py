"""`kubestack new application`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kubestack_py.cli.context import open_console
from kubestack_py.cli.options import parent_option

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("name")
@parent_option
@click.option(
    "--ci",
    type=click.Choice(["github", "gitlab", "jenkins", "azure", "bitbucket", "lighthouse"]),
    default="github",
    show_default=True,
    help="The host whose pipeline it gets.",
)
@click.option("--registry", metavar="HOST/PATH", required=True, help="Where images go: ghcr.io/acme")
@click.option(
    "--deploy-repository", metavar="OWNER/NAME", required=True, help="Where its manifests live: acme/deploy"
)
@click.option(
    "--environments",
    metavar="ENV,ENV",
    default="ops,apps",
    show_default=True,
    help="The promotion chain; the first gets new images.",
)
@click.option(
    "--default-branch",
    metavar="BRANCH",
    default="main",
    show_default=True,
    help="The branch that changes are merged to.",
)
@click.option(
    "--ci-image",
    metavar="IMAGE@DIGEST",
    default="",
    help="With lighthouse: the image of the platform's pipelines, `ci: {image: …}` there.",
)
def application(*, name: str, directory: Path, environments: str, registry: str, **options: str) -> None:
    """Scaffold the repository of an application: a small service, and its way to the clusters.

    Its pipeline tests, builds, signs and pushes the image by digest, and proposes it to the deploy
    repository with `kubestack image set`. deploy/ holds the manifests for that repository. With Lighthouse
    each pull request has a preview in a namespace of its own, too.

    \b
    Examples:
      kubestack new application shop --registry ghcr.io/acme --deploy-repository acme/deploy
      kubestack new application shop --ci gitlab --registry registry.gitlab.com/acme/shop \\
        --deploy-repository acme/deploy
      kubestack new application shop --ci lighthouse --registry ghcr.io/acme \\
        --deploy-repository acme/acme-deploy
    """
    from kubestack_py.model.ci import NO_IMAGE, CiHost
    from kubestack_py.scaffold.application import ApplicationAnswers, check_application
    from kubestack_py.scaffold.platform import new_application

    console = open_console()
    answers = check_application(
        ApplicationAnswers(
            name=name,
            registry=registry.rstrip("/"),
            environments=tuple(part.strip() for part in environments.split(",")),
            **options,
        )
    )
    path = new_application(answers, directory, console.say)
    console.say(f"\nYour application is in {path}. Its README.md says what to set up once. Try it:")
    console.say(f"  cd {path}\n  python -m unittest discover --start-directory tests --top-level-directory .")
    if answers.ci == CiHost.LIGHTHOUSE and not answers.ci_image:
        console.warn(
            f"The steps of its pipelines name {NO_IMAGE}, which cannot be pulled: write the image of the "
            "platform's pipelines there, or scaffold again with --ci-image."
        )
    console.data(str(path))

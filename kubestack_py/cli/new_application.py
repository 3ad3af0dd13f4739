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
    type=click.Choice(["github", "gitlab"]),
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
def application(
    *,
    name: str,
    directory: Path,
    ci: str,
    registry: str,
    deploy_repository: str,
    environments: str,
    default_branch: str,
) -> None:
    """Scaffold the repository of an application: a small service, and its way to the clusters.

    Its pipeline tests, builds, signs and pushes the image by digest, and proposes it to the deploy
    repository with `kubestack image set`. deploy/ holds the manifests for that repository.

    \b
    Examples:
      kubestack new application shop --registry ghcr.io/acme --deploy-repository acme/deploy
      kubestack new application shop --ci gitlab --registry registry.gitlab.com/acme/shop \\
        --deploy-repository acme/deploy
    """
    from kubestack_py.scaffold.application import ApplicationAnswers, check_application
    from kubestack_py.scaffold.platform import new_application

    console = open_console()
    answers = check_application(
        ApplicationAnswers(
            name=name,
            ci=ci,
            registry=registry.rstrip("/"),
            deploy_repository=deploy_repository,
            environments=tuple(part.strip() for part in environments.split(",")),
            default_branch=default_branch,
        )
    )
    path = new_application(answers, directory, console.say)
    console.say(f"\nYour application is in {path}. Its README.md says what to set up once. Try it:")
    console.say(f"  cd {path}\n  python -m unittest discover --start-directory tests --top-level-directory .")
    console.data(str(path))

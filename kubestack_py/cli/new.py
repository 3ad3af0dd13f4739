"""`kubestack new`: a platform, a deploy repository, an application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kubestack_py.cli.cluster_options import clusters_for, force_option, own_options
from kubestack_py.cli.context import is_unattended, open_console
from kubestack_py.cli.lazy import Group
from kubestack_py.cli.new_application import application
from kubestack_py.cli.options import parent_option
from kubestack_py.errors import UsageError
from kubestack_py.scaffold.providers import LOCAL, provider_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from kubestack_py.scaffold.answers import DeployAnswers, PlatformAnswers, Question


ENGINES = ("terraform", "tofu")
SYNC_ENGINES = ("flux", "argo-cd", "jenkins-x")
ANSWERS = (
    "layout",
    "backend",
    "state_address",
    "ci",
    "ci_image",
    "application",
    "environments",
    "domain",
    "default_branch",
    "terraform_version",
    "kubectl_version",
)


_no_input_option = click.option(
    "--no-input", is_flag=True, help="Ask nothing; take the options and the defaults."
)
_kubectl_option = click.option("--kubectl-version", metavar="VERSION", help="The version of kubectl to pin.")


def _shared_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The answers that a platform and a deploy repository both need, in the order of the help."""
    for option in (
        click.option("--default-branch", metavar="BRANCH", help="The branch that changes are merged to."),
        click.option("--domain", help="Base domain of the platform's hosts."),
        click.option("--environments", metavar="ENV,ENV", help="The promotion chain, in order."),
        click.option(
            "--ci-image",
            metavar="IMAGE@DIGEST",
            help="The image that its jobs run in, if there is one already; ci/Dockerfile builds one.",
        ),
        click.option("--application", help="Name of the sample application."),
        click.option(
            "--ci",
            help="CI system to write the pipeline for: github, gitlab, jenkins, azure, bitbucket or "
            "lighthouse.",
        ),
    ):
        function = option(function)
    return function


@click.group(cls=Group)
def new() -> None:
    """Scaffold a repository."""


@new.command()
@click.argument("name")
@parent_option
@_no_input_option
@click.option("--layout", help="single, or split: infrastructure here, and a deploy repository beside it.")
@click.option(
    "--engine",
    type=click.Choice((*ENGINES, *SYNC_ENGINES)),
    multiple=True,
    help="What plans and applies: terraform or tofu. With --layout split also what syncs the clusters.",
)
@click.option(
    "--provider",
    type=click.Choice((LOCAL, *provider_names())),
    multiple=True,
    help="Where the clusters run; several may be given. `local` needs no cloud and no network.",
)
@click.option(
    "--region",
    metavar="[PROVIDER=]REGION",
    multiple=True,
    help="Where the cluster runs, as the cloud calls it; one for each provider.",
)
@click.option("--name-prefix", metavar="NAME", default="gc0", show_default=True, help="Begins its name.")
@click.option(
    "--kubernetes-version",
    metavar="[PROVIDER=]VERSION",
    multiple=True,
    help="Version of its control plane, such as 1.35.",
)
@own_options
@force_option
@click.option(
    "--backend", help="Where Terraform keeps its state: local, s3, gcs, azurerm, pg, http or kubernetes."
)
@click.option(
    "--state-address",
    metavar="URL",
    help="With --backend http, where a state is, with {stack} and {environment} in it.",
)
@_shared_options
@click.option("--terraform-version", metavar="VERSION", help="The version of Terraform to pin.")
@_kubectl_option
def platform(
    *, name: str, directory: Path, no_input: bool, provider: tuple[str, ...], force: bool, **options: Any
) -> None:
    """Scaffold a platform repository: Terraform, Kustomize, settings, and a first commit.

    On a terminal, what the options leave open is asked; with --no-input the defaults are taken.

    \b
    Examples:
      kubestack new platform acme
      kubestack new platform acme --no-input --directory ~/work --environments ops,staging,apps
      kubestack new platform acme --no-input --backend s3 --ci github
      kubestack new platform acme --no-input --provider eks --region eu-west-1 --backend s3
      kubestack new platform acme --no-input --layout split --engine flux
      kubestack new platform acme --no-input --engine tofu
    """
    from kubestack_py.scaffold.answers import check
    from kubestack_py.scaffold.platform import new_deploy_repository, new_platform, refuse_existing

    console = open_console()
    given: dict[str, Any] = {key: options[key] for key in ANSWERS if options[key] is not None}
    given |= {"name": name} | ({"provider": ",".join(provider)} if provider else {})
    engine, sync = _engines(options["engine"])
    given |= {"engine": engine} if engine else {}
    check(given)
    refuse_existing(directory / name)
    asking = not no_input and not is_unattended()
    if asking:
        _ask_for_the_rest(given)
    answers = check(given)
    clusters = clusters_for(answers, options, asking=asking)
    deploy = _deploy_answers(answers, sync, asking=asking)
    if deploy is not None:
        refuse_existing(directory / deploy.name)
    path = new_platform(answers, directory, console.say, clusters, force=force)
    if deploy is not None:
        beside = new_deploy_repository(deploy, directory, console.say)
        console.say(f"\nYour deploy repository is in {beside}.")
    console.say(f"\nYour platform is in {path}. Next:\n  cd {path}\n" + "\n".join(_next_steps(answers)))
    console.data(str(path))


@new.command("deploy-repository")
@click.argument("name")
@parent_option
@_no_input_option
@click.option("--engine", help="What syncs the clusters: flux, argo-cd or jenkins-x.")
@click.option("--follow", help="What the clusters follow: branches, tags or paths.")
@click.option("--url", help="Address that the clusters clone this repository from.")
@click.option("--host", help="Git host to report to: github, gitlab, gitea, bitbucket, azuredevops or none.")
@_shared_options
@_kubectl_option
def deploy_repository(*, name: str, directory: Path, no_input: bool, **options: Any) -> None:
    """Scaffold a deploy repository: what runs on the clusters, for Flux, Argo CD or Jenkins X to sync.

    It holds clusters/<environment>, infrastructure/{controllers,configs} and apps, and promotes them through
    the same chain as the platform's infrastructure. docs/workflows/flux.md walks through it, and
    docs/workflows/jenkins-x.md through one whose clusters boot from it by jx-git-operator.

    \b
    Examples:
      kubestack new deploy-repository acme-deploy --url ssh://git@github.com/acme/deploy.git
      kubestack new deploy-repository acme-deploy --no-input --environments ops,staging,apps
      kubestack new deploy-repository acme-deploy --no-input --engine argo-cd --follow paths
      kubestack new deploy-repository acme-cluster --no-input --engine jenkins-x --ci lighthouse
    """
    from kubestack_py.scaffold.answers import DEPLOY_REPOSITORY, check_deploy
    from kubestack_py.scaffold.platform import new_deploy_repository, refuse_existing

    console = open_console()
    given = {"name": name} | {key: value for key, value in options.items() if value is not None}
    check_deploy(given)
    refuse_existing(directory / name)
    if not no_input and not is_unattended():
        _ask_for_the_rest(given, DEPLOY_REPOSITORY)
    path = new_deploy_repository(check_deploy(given), directory, console.say)
    console.say(f"\nYour deploy repository is in {path}. Next:\n  cd {path}\n  kubestack validate")
    console.data(str(path))


def _next_steps(answers: PlatformAnswers) -> list[str]:
    """What to do in a new platform before its first plan can succeed, as lines of a shell."""
    steps = [("kubestack validate", "")]
    if answers.backend == "s3":
        steps.append(("kubestack bootstrap-state", "the bucket for the state; --dry-run shows it"))
    elif answers.backend != "local":
        steps.append(("less README.md", f"how to make the place for the state ({answers.backend})"))
    steps.append(("kubestack plan", "with credentials of the cloud" if answers.provider != LOCAL else ""))
    if answers.ci != "none":
        steps.append(("less README.md", "what the pipeline needs before its first run"))
    return [f"  {command:<27}# {why}" if why else f"  {command}" for command, why in steps]


def _engines(named: tuple[str, ...]) -> tuple[str, str]:
    """What plans and applies, and what syncs the clusters; empty where nothing says so.

    The former may also be said by `kubestack --engine` or KUBESTACK_ENGINE. Raises `UsageError` for two of
    one kind.
    """
    general = click.get_current_context().obj["engine"]
    chosen = []
    for kind in (ENGINES, SYNC_ENGINES):
        found = [name for name in named if name in kind]
        if len(found) > 1:
            raise UsageError(f"--engine: {' and '.join(found)} do the same; choose one")
        chosen.append(found[0] if found else "")
    return chosen[0] or general, chosen[1]


def _deploy_answers(answers: PlatformAnswers, engine: str, *, asking: bool) -> DeployAnswers | None:
    """The deploy repository that goes with a platform whose clusters are apart; None where they are not."""
    from kubestack_py.scaffold.answers import DEPLOY_REPOSITORY, check_deploy, questions

    if answers.layout == "single":
        if engine:
            raise UsageError(
                f"--engine {engine} belongs to --layout split", hint="Services take it as --delivery."
            )
        return None
    if asking and not engine:
        question = next(item for item in questions(DEPLOY_REPOSITORY) if item.name == "engine")
        engine = ask_one(question, {"name": answers.name}, DEPLOY_REPOSITORY)
    shared = ("application", "ci", "ci_image", "default_branch", "domain", "environments", "kubectl_version")
    given = {key: getattr(answers, key) for key in shared} | ({"engine": engine} if engine else {})
    return check_deploy({"name": f"{answers.name}-deploy", **given})


def _ask_for_the_rest(given: dict[str, Any], template: str = "platform") -> None:
    """Ask every question that no option answered and that has more than one answer."""
    from kubestack_py.scaffold.answers import questions

    for question in questions(template):
        if question.name not in given and len(question.choices) != 1 and question.applies(given):
            given[question.name] = ask_one(question, given, template)


def ask_one(question: Question, given: Mapping[str, Any], template: str = "platform") -> str:
    """Ask one question, in the light of the answers so far, until the answer can be used."""
    from kubestack_py.scaffold.answers import problem_with

    while True:
        answer: str = click.prompt(
            question.prompt,
            default=question.default_with(given),
            type=click.Choice(question.choices) if question.choices else str,
            err=True,
        )
        problem = problem_with(question.name, answer, template)
        if problem is None:
            return answer
        click.echo(
            f"  {problem.message} ({problem.hint})" if problem.hint else f"  {problem.message}", err=True
        )


new.add_command(application)

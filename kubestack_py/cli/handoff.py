"""`kubestack handoff`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.options import complete_environment, output_option
from kubestack_py.cli.requesting import Origin, open_desk, request_option
from kubestack_py.errors import UsageError
from kubestack_py.model.handoff import Handoff

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.cli.requesting import Desk
    from kubestack_py.delivery.cluster_vars import DeployRepository, Proposal
    from kubestack_py.model.handoff import Handed
    from kubestack_py.system.console import Console


@click.command()
@click.option(
    "--to", metavar="PATH|URL", default="", help="The deploy repository.  [default: ../NAME-deploy]"
)
@click.option(
    "-e",
    "--environment",
    "environments",
    metavar="ENV",
    multiple=True,
    shell_complete=complete_environment,
    help="Only these; several may be given.  [default: all that are verified]",
)
@click.option("--dry-run", is_flag=True, help="Print what would change as a unified diff, and write nothing.")
@click.option("--push", is_flag=True, help="Push the branch, and propose it where a token is known.")
@request_option
@output_option
def handoff(
    *, to: str, environments: tuple[str, ...], dry_run: bool, push: bool, request: bool | None, output: str
) -> None:
    """Write what Terraform knows of each environment into the deploy repository, as a branch with one commit.

    Names of clusters, endpoints, registries, zones: every output becomes a variable in
    clusters/<environment>/cluster-vars.yaml there. Outputs that are marked sensitive are never handed over,
    nor is an environment that the evidence does not call verified. The branch of an earlier handoff is
    replaced; where the deploy repository has it all, nothing is done.

    \b
    Examples:
      kubestack handoff --dry-run
      kubestack handoff --to ../acme-deploy
      kubestack handoff --to ssh://git@github.com/acme/deploy.git -e ops --push
      kubestack handoff --to https://github.com/acme/deploy.git --push --request -o json
    """
    from kubestack_py.report.handoff import handoff_json
    from kubestack_py.runner.handoff import gather, open_deploy_repository

    if request and (dry_run or not push):
        raise click.UsageError("--request belongs to --push.")
    with open_session() as session:
        console = session.console
        repository = open_deploy_repository(session, to)
        if not (dry_run or push) and to and not (session.place.start / to).is_dir():
            raise UsageError(f"{to} is no clone on this disk", hint="Add --push, or --dry-run.")
        origin = Origin(git=repository.git, remote=repository.remote, kind=repository.host)
        tell = console.say if output == "json" else console.data
        desk = open_desk(console, origin, request=request if push and not dry_run else False, tell=tell)
        handed = gather(session, environments)
        _say(console, handed)
        done = _hand_over(session.platform.name, repository, handed, desk, write=not dry_run, push=push)
        if output == "json":
            console.data(handoff_json(done))
        elif dry_run and done.diff:
            console.data(done.diff)


def _hand_over(
    platform: str,
    repository: DeployRepository,
    handed: tuple[Handed, ...],
    desk: Desk,
    *,
    write: bool,
    push: bool,
) -> Handoff:
    """Write and push what changes, with its pull request; one of which nothing is left is closed."""
    from kubestack_py.delivery.cluster_vars import BRANCH, commit_message
    from kubestack_py.report.pull_requests import handoff_request

    ready = {item.environment: item for item in handed if not item.reason}
    commits = {key: item.commit for key, item in ready.items()}
    proposal = repository.propose(platform, {key: item.variables for key, item in ready.items()})
    files = tuple(proposal.files)
    wanted = handoff_request(platform, BRANCH, repository.default_branch, commits, files)
    done = Handoff(
        repository=repository.name, branch=BRANCH, environments=handed, files=files, diff=_diff(proposal)
    )
    if not files:
        desk.console.say(f"There is nothing to do: {repository.name} has it all.")
        left_over = write and push and proposal.previous
        return replace(done, request=desk.hand_in(wanted, proposed=False) if left_over else None)
    if not write:
        return done
    commit = proposal.standing or repository.commit(proposal, commit_message(platform, commits))
    if push:
        repository.push(commit)
    said = "is on" if proposal.standing else "was committed to"
    desk.tell(f"{commit[:8]} {said} {BRANCH}{', pushed' if push else ''}")
    return replace(done, commit=commit, pushed=push, request=desk.hand_in(wanted, proposed=True))


def _say(console: Console, handed: Sequence[Handed]) -> None:
    for item in handed:
        if item.reason:
            console.warn(f"{item.environment} is left out: {item.reason}")
        else:
            console.say(f"{item.environment}: {len(item.variables)} variables, verified at {item.commit[:8]}")
        for name in item.sensitive:
            console.warn(f"{item.environment}: the output {name} is sensitive and is not handed over")


def _diff(proposal: Proposal) -> str:
    from kubestack_py.scaffold.edits import Edits, FileEdit, unified_diff

    edits = (FileEdit(PurePosixPath(path), *sides) for path, sides in proposal.files.items())
    return unified_diff(Edits(tuple(edits))).removesuffix("\n")

"""`kubestack handoff`."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.options import complete_environment
from kubestack_py.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.delivery.cluster_vars import Proposal
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
@click.option("--push", is_flag=True, help="Push the branch, ready for a pull request.")
def handoff(*, to: str, environments: tuple[str, ...], dry_run: bool, push: bool) -> None:
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
    """
    from kubestack_py.delivery.cluster_vars import BRANCH, commit_message
    from kubestack_py.runner.handoff import gather, open_deploy_repository

    with open_session() as session:
        console = session.console
        repository = open_deploy_repository(session, to)
        if not (dry_run or push) and to and not (session.place.start / to).is_dir():
            raise UsageError(f"{to} is no clone on this disk", hint="Add --push, or --dry-run.")
        handed = gather(session, environments)
        _say(console, handed)
        ready = {item.environment: item for item in handed if not item.reason}
        name = session.platform.name
        proposal = repository.propose(name, {key: item.variables for key, item in ready.items()})
        if not proposal.files:
            console.say(f"There is nothing to do: {repository.name} has it all.")
        elif dry_run:
            console.data(_diff(proposal))
        else:
            message = commit_message(name, {key: item.commit for key, item in ready.items()})
            commit = proposal.standing or repository.commit(proposal, message)
            if push:
                repository.push(commit)
            done = "is on" if proposal.standing else "was committed to"
            console.data(f"{commit[:8]} {done} {BRANCH}{', pushed' if push else ''}")
            console.say("Open a pull request for it in the deploy repository.")


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

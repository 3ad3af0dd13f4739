"""What `kubestack image set` and `promote` share: where a change goes, and what is said about it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kubestack_py.cli.editing import carry_out, dry_run_option
from kubestack_py.cli.requesting import Origin, open_desk, request_option

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kubestack_py.cli.requesting import Desk
    from kubestack_py.model.platform import Platform
    from kubestack_py.runner.image_commits import ImageBranch, Proposal
    from kubestack_py.runner.session import Session
    from kubestack_py.scaffold.images import ImageChange

ROUNDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a change goes: the work tree, unless it is shown only, or committed.

    `request` says whether a pull request is opened; None opens one where there is a token for it.
    """

    dry_run: bool
    commit: bool
    branch: bool
    push: bool
    pin: bool = False
    request: bool | None = None


def docker_config() -> Path:
    """Where `docker login` keeps what it was told."""
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"


def destination_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--pin`, `--dry-run`, `--commit`, `--branch`, `--push` and `--request`."""
    for option in (
        request_option,
        click.option(
            "--pin", is_flag=True, help="Ask the registry for the digest of the tag, and write it too."
        ),
        click.option("--push", is_flag=True, help="With --commit or --branch: at the remote, with retries."),
        click.option("--branch", is_flag=True, help="Commit to the application's branch, to be merged."),
        click.option("--commit", is_flag=True, help="Commit to the default branch."),
        dry_run_option,
    ):
        function = option(function)
    return function


def destination(
    *, dry_run: bool, commit: bool, branch: bool, push: bool, pin: bool, request: bool | None
) -> Destination:
    """The options, once they fit each other."""
    if sum((dry_run, commit, branch)) > 1:
        raise click.UsageError("--dry-run, --commit and --branch exclude each other.")
    if push and not (commit or branch):
        raise click.UsageError("--push belongs to --commit or --branch.")
    if request and not (branch and push):
        raise click.UsageError("--request belongs to --branch with --push.")
    return Destination(dry_run=dry_run, commit=commit, branch=branch, push=push, pin=pin, request=request)


def deliver(session: Session, changes: Sequence[ImageChange], where: Destination) -> None:
    """Show, write or commit the changes, and say what came of it."""
    if where.pin:
        from kubestack_py.runner.image_checking import Registries

        registries = Registries(docker_config())
        changes = [replace(change, image=registries.pinned(change.image)) for change in changes]
    if where.commit or where.branch:
        _commit(session, changes, where)
        return
    from kubestack_py.runner.content import WorkTreeContent
    from kubestack_py.scaffold.images import combined_edits

    edits = combined_edits(WorkTreeContent(session.git), changes)
    carry_out(session.console, session.root, edits, dry_run=where.dry_run)


def _commit(session: Session, changes: Sequence[ImageChange], where: Destination) -> None:
    from kubestack_py.runner.image_commits import ImageBranch, branch_of

    stack, default = changes[0].stack, session.platform.default_branch
    branch = branch_of(stack) if where.branch else default
    if not where.push and session.git.current_branch() == branch:
        raise click.UsageError(
            f"{branch} is checked out: leave out --commit to edit its files, or add --push, or take --branch."
        )
    kind = session.platform.ci.repository_host if session.platform.ci else None
    wish = where.request if where.branch and where.push else False
    origin = Origin(git=session.git, remote=session.remote, kind=kind)
    desk = open_desk(session.console, origin, request=wish)
    images = ImageBranch(session, branch, push=where.push)
    proposal = images.commit(changes)
    _tell(session, proposal, where)
    if where.branch:
        _propose(desk, images, proposal, session.platform, stack)


def _propose(desk: Desk, images: ImageBranch, proposal: Proposal, platform: Platform, stack: str) -> None:
    """Have the branch proposed, with a text that is about its newest commit, whoever made that meanwhile."""
    from kubestack_py.ci.lighthouse import update_labels
    from kubestack_py.model.ci import CiHost
    from kubestack_py.report.pull_requests import image_request

    told = ""
    for _ in range(ROUNDS):
        newest = images.tip() if desk.requests else proposal.commit
        if newest in {None, told}:
            return
        told = newest or ""
        standing = [(change.environment, change.image) for change in images.standing(told)]
        wanted = image_request(stack, proposal.branch, platform.default_branch, standing)
        if platform.ci and platform.ci.host is CiHost.LIGHTHOUSE:
            chain = [environment.name for environment in platform.environments]
            labels, unwanted = update_labels(chain, {environment for environment, _ in standing})
            wanted = replace(wanted, labels=labels, unwanted=unwanted)
        desk.hand_in(wanted, proposed=bool(standing))


def _tell(session: Session, proposal: Proposal, where: Destination) -> None:
    console, branch, commit = session.console, proposal.branch, proposal.commit[:8]
    place = f"{session.remote}/{branch}" if where.push else branch
    for note in (
        *proposal.edits.notes,
        *(f"left to the default branch: {text}" for text in proposal.dropped),
    ):
        console.say(note)
    for edit in proposal.edits.changed:
        console.data(f"changed {edit.path}")
    if proposal.made:
        console.data(f"{place} is {commit}")
    else:
        console.say(f"There is nothing to do: {place} has it, at {commit}.")

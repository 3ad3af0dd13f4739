"""What `kubestack image set` and `promote` share: where a change goes, and what is said about it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kubestack_py.cli.editing import carry_out, dry_run_option

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kubestack_py.runner.image_commits import Proposal
    from kubestack_py.runner.session import Session
    from kubestack_py.scaffold.images import ImageChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a change goes: the work tree, unless it is shown only, or committed."""

    dry_run: bool
    commit: bool
    branch: bool
    push: bool
    pin: bool = False


def docker_config() -> Path:
    """Where `docker login` keeps what it was told."""
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"


def destination_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--pin`, `--dry-run`, `--commit`, `--branch` and `--push`."""
    for option in (
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


def destination(*, dry_run: bool, commit: bool, branch: bool, push: bool, pin: bool) -> Destination:
    """The options, once they fit each other."""
    if sum((dry_run, commit, branch)) > 1:
        raise click.UsageError("--dry-run, --commit and --branch exclude each other.")
    if push and not (commit or branch):
        raise click.UsageError("--push belongs to --commit or --branch.")
    return Destination(dry_run=dry_run, commit=commit, branch=branch, push=push, pin=pin)


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

    default = session.platform.default_branch
    branch = branch_of(changes[0].stack) if where.branch else default
    if not where.push and session.git.current_branch() == branch:
        raise click.UsageError(
            f"{branch} is checked out: leave out --commit to edit its files, or add --push, or take --branch."
        )
    proposal = ImageBranch(session, branch, push=where.push).commit(changes)
    _tell(session, proposal, where)


def _tell(session: Session, proposal: Proposal, where: Destination) -> None:
    from kubestack_py.ci.request_links import request_link

    console, branch, commit = session.console, proposal.branch, proposal.commit[:8]
    place = f"{session.remote}/{branch}" if where.push else branch
    for note in (
        *proposal.edits.notes,
        *(f"left to the default branch: {text}" for text in proposal.dropped),
    ):
        console.say(note)
    for edit in proposal.edits.changed:
        console.data(f"changed {edit.path}")
    if not proposal.made:
        console.say(f"There is nothing to do: {place} has it, at {commit}.")
        return
    console.data(f"{place} is {commit}")
    if where.branch:
        default = session.platform.default_branch
        url = session.git.call("remote", "get-url", session.remote).text.strip() if session.remote else ""
        link = request_link(url, branch, default)
        console.say(f"Open a pull request from {branch} to {default}{f': {link}' if link else '.'}")

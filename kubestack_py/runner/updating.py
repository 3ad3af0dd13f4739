"""`kubestack update`: take a platform to newer templates, and look at what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.errors import ConflictError, UsageError, ValidationError
from kubestack_py.model.finding import Severity
from kubestack_py.runner.validate import examine
from kubestack_py.scaffold.update import committed_record, prepare, target_version
from kubestack_py.system.merging import in_the_way, take
from kubestack_py.system.tools import GIT, find_tool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kubestack_py.runner.session import Session
    from kubestack_py.scaffold.record import Record
    from kubestack_py.scaffold.update import Update
    from kubestack_py.system.git import Git
    from kubestack_py.system.merging import Conflict

SHOWN_PATHS = 5
_WORDS = {
    "contents": "both changed the same lines",
    "modify/delete": "you changed it, and the templates no longer have it",
    "rename/delete": "you renamed it, and the templates no longer have it",
}


def prepare_update(
    session: Session, version: str | None, answers: Callable[[Record], Mapping[str, object]]
) -> Update | None:
    """What an update would do; None where the platform is up to date.

    `answers` gets the record and returns answers in place of recorded ones. Raises `UsageError` where the
    work tree is not exactly the commit, or the version is not to be had.
    """
    find_tool(GIT, session.place.cache)
    git = session.git
    git.head()
    _refuse_unfinished(git)
    record = committed_record(git)
    return prepare(git, record, target_version(record, version), answers(record))


def accept(session: Session, update: Update) -> None:
    """Bring a prepared update into the work tree and the index, conflicts marked as Git does.

    Raises `UsageError` when files that Git does not know are in the way; those are never written over.
    """
    git = session.git
    blocked = in_the_way(git.root, [path for path, kind in update.changed.items() if kind == "A"])
    if blocked:
        raise UsageError(
            f"files that Git ignores are where the update would put its own: {_few(blocked)}",
            hint="Nothing was changed. Move them away, then run this again.",
        )
    take(git, update.theirs, update.tree, conflicts=bool(update.conflicts))


def prove_valid(session: Session) -> None:
    """Look at the updated work tree as `kubestack validate` does; raises `ValidationError`."""
    errors = [finding for finding in examine(session).findings if finding.severity is Severity.ERROR]
    if errors:
        raise ValidationError(
            "the updated platform is not valid",
            findings=errors,
            hint="The update is staged: correct it and commit both, or give it up with git reset --hard.",
        )


def refuse_conflicts(update: Update, where: str) -> None:
    """Raise `ConflictError` with every conflict of an update, if it has any."""
    if update.conflicts:
        lines = [f"  {_said(conflict)}" for conflict in update.conflicts]
        number = len(update.conflicts)
        raise ConflictError(
            f"{number} conflict{'s' if number > 1 else ''} with what you changed; {where}",
            detail="\n".join(lines),
            hint="`git status` lists them. Edit each file, `git add` it, run `kubestack validate`, then "
            "`git commit`. To give up the update instead: git reset --hard",
        )


def _said(conflict: Conflict) -> str:
    """A conflict in words; Git's own for the rare kinds."""
    if conflict.kind in _WORDS:
        return f"{conflict.paths[0]}: {_WORDS[conflict.kind]}"
    return f"{', '.join(dict.fromkeys(conflict.paths))}: {conflict.kind}: {conflict.message}"


def _refuse_unfinished(git: Git) -> None:
    """Only a clean work tree can be taken back to what it was, so no other is updated."""
    dirty = git.dirty_paths()
    if dirty:
        raise UsageError(
            f"the work tree has changes that are not committed: {_few(dirty)}",
            hint="Commit or stash them first, so that an update can be looked at and taken back by itself.",
        )
    for name in ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD"):
        if git.resolve(name):
            raise UsageError(
                f"another operation of Git is not finished ({name})",
                hint="Finish or abort it first; `git status` says how.",
            )


def _few(paths: tuple[str, ...]) -> str:
    shown = ", ".join(paths[:SHOWN_PATHS])
    return f"{shown} and {len(paths) - SHOWN_PATHS} more" if len(paths) > SHOWN_PATHS else shown

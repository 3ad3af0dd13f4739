"""Merge two histories that only the object store knows, and take the result into the work tree.

Nothing is written to the work tree or the index before `take`; what it then writes, Git writes.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from kubestack_py.errors import GitError
from kubestack_py.system.commits import data, make_commit, quoted
from kubestack_py.system.interrupts import interrupts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kubestack_py.system.git import Git

# As the merge does it that is looked at first, whatever the user has set: edits follow files and
# directories that were renamed, and nothing is resolved from memory.
_MERGE = (
    "-c", "merge.renames=true", "-c", "merge.directoryRenames=true", "-c", "merge.renameLimit=0",
    "-c", "rerere.enabled=false",
)  # fmt: skip
_OURS = "2"
_REGULAR = b"100644"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """What Git could not merge: the kind (`contents`, `modify/delete`), the paths, Git's own words.

    `ours` says whether our side still has one of the paths.
    """

    kind: str
    paths: tuple[str, ...]
    message: str
    ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The tree that a merge ends in, with conflicts marked in its files, and the conflicts."""

    tree: str
    conflicts: tuple[Conflict, ...]


def files_commit(git: Git, files: Mapping[str, bytes], message: str, parent: str | None = None) -> str:
    """A commit of exactly these files, in the object store alone; returns its id."""
    changes = [
        b"M %s inline %s\n%s" % (_REGULAR, quoted(path), data(content)) for path, content in files.items()
    ]
    return make_commit(git, [b"deleteall\n", *changes], parent=parent, message=message, seconds=_now())


def same_tree_commit(git: Git, commit: str, message: str, parent: str) -> str:
    """A commit with the files of another one, on top of `parent`; returns its id."""
    tree = git.call("rev-parse", "--verify", f"{commit}^{{tree}}").text.strip()
    change = f'M 040000 {tree} ""\n'.encode()
    return make_commit(git, [change], parent=parent, message=message, seconds=_now())


def merge(git: Git, ours: str, theirs: str) -> Merged:
    """Merge two commits that have one parent in common. Needs git 2.38."""
    done = git.call(*_MERGE, "merge-tree", "--write-tree", "-z", ours, theirs, ok=(0, 1))
    listed, _, told = done.out.partition(b"\0\0")
    tree, *entries = listed.decode("utf-8", "surrogateescape").rstrip("\0").split("\0")
    stages: dict[str, set[str]] = {}
    for entry in entries:
        meta, path = entry.split("\t", 1)
        stages.setdefault(path, set()).add(meta.split()[2])
    fields = told.decode("utf-8", "surrogateescape").split("\0")
    conflicts = _conflicts(fields, stages) if done.code else ()
    names = {ours: "your side", theirs: "the other side"}
    return Merged(tree=tree, conflicts=tuple(_named(conflict, names) for conflict in conflicts))


def _named(conflict: Conflict, names: Mapping[str, str]) -> Conflict:
    """The conflict with names for commits that nobody has seen; what it says of the tree left out."""
    message = conflict.message.partition(": ")[2].partition(".  Version ")[0].rstrip(".")
    for commit, name in names.items():
        message = message.replace(commit, name)
    return replace(conflict, message=message)


def _conflicts(fields: Sequence[str], stages: Mapping[str, set[str]]) -> tuple[Conflict, ...]:
    """The messages about conflicts: number of paths, paths, kind, text."""
    found, at = [], 0
    while at + 1 < len(fields):
        number = int(fields[at])
        paths = tuple(fields[at + 1 : at + 1 + number])
        kind, message = fields[at + 1 + number : at + 3 + number]
        at += 3 + number
        if kind.startswith("CONFLICT"):
            found.append(
                Conflict(
                    kind=kind.partition("(")[2].rstrip(")"),
                    paths=paths,
                    message=message.strip(),
                    ours=any(_OURS in stages.get(path, ()) for path in paths),
                )
            )
    return tuple(found)


def changed_paths(git: Git, old: str, new: str) -> dict[str, str]:
    """What differs between two commits or trees: `A`, `D` or `M` by path, in the order of paths."""
    out = git.call("diff-tree", "-r", "-z", "--no-renames", "--name-status", old, new).out
    fields = out.decode("utf-8", "surrogateescape").split("\0")
    return {path: "M" if kind == "T" else kind for kind, path in zip(fields[::2], fields[1::2], strict=False)}


def in_the_way(root: Path, paths: Sequence[str]) -> tuple[str, ...]:
    """Those of `paths` whose place is taken, by files that Git ignores and would write over."""
    taken = []
    for path in paths:
        places = [root / path, *(root / parent for parent in PurePosixPath(path).parents)]
        if _there(places[0]) or any(_there(place) and not place.is_dir() for place in places[1:]):
            taken.append(path)
    return tuple(taken)


def _there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def take(git: Git, theirs: str, tree: str, *, conflicts: bool) -> None:
    """Bring what a commit changes into a clean work tree and its index, conflicts marked as Git does.

    `tree` is what `merge` made of it, and `conflicts` whether it found any. What fails is undone, and
    an interrupt waits until the files are in place. Raises `GitError`.
    """
    before = {path: _Kept.of(git.root / path) for path in changed_paths(git, git.head(), tree)}
    with interrupts.deferred():
        try:
            _pick(git, theirs, conflicts=conflicts)
        except GitError as error:
            _undo(git, before)
            raise GitError(
                f"the files could not be written; {_state(git)}", detail=error.detail, hint=error.hint
            ) from error


def _pick(git: Git, theirs: str, *, conflicts: bool) -> None:
    done = git.call(*_MERGE, "cherry-pick", "--no-commit", "--strategy=ort", theirs, ok=(0, 1))
    if done.code and not (conflicts and git.call("ls-files", "--unmerged").out):
        raise GitError("Git could not write the merge", detail=done.err.strip())


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is at a place of the work tree: bytes and mode, the target of a link, or nothing.

    Kept by us, since what hinders Git from writing may hinder it from undoing as well: a filter whose
    program is missing, for one.
    """

    content: bytes | str | None
    mode: int = 0

    @classmethod
    def of(cls, path: Path) -> _Kept:
        if path.is_symlink():
            return cls(str(path.readlink()))
        return cls(path.read_bytes(), path.stat().st_mode & 0o777) if path.is_file() else cls(None)

    def put_back(self, path: Path) -> None:
        if _Kept.of(path) == self:
            return
        path.unlink(missing_ok=True)
        if self.content is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(self.content, str):
            path.symlink_to(self.content)
        elif self.content is not None:
            path.write_bytes(self.content)
            path.chmod(self.mode)


def _undo(git: Git, before: Mapping[str, _Kept]) -> None:
    """Put back what was there, and take away the directories that came with new files."""
    for path, kept in before.items():
        with suppress(OSError):
            kept.put_back(git.root / path)
    for path in before:
        with suppress(OSError):
            for parent in PurePosixPath(path).parents[:-1]:
                (git.root / parent).rmdir()
    with suppress(GitError):
        git.call("read-tree", "HEAD")


def _state(git: Git) -> str:
    with suppress(GitError):
        if not git.dirty_paths():
            return "nothing was changed"
    return "look at `git status`; `git reset --hard` brings back the commit"


def _now() -> int:
    return int(time.time())

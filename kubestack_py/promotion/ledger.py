"""The ledger: records of evidence in a Git notes ref, shared through the remote.

A note holds one record a line, on the commit it is about. Two writers never lose anything: a push
that loses the race fetches, takes the union of both, and pushes again. The same holds for two
processes in one clone: a ref is moved only from where it was read.
"""

from __future__ import annotations

import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from kubestack_py.errors import EvidenceError, GitError
from kubestack_py.promotion.records import from_line, to_line
from kubestack_py.system.commits import data, make_commit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kubestack_py.model.evidence import Record
    from kubestack_py.system.git import Git

    Notes = Mapping[str, frozenset[str]]  # the lines of each file of the notes tree, by path

ATTEMPTS = 12
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 2.0


class Ledger:
    """The notes ref `ref` of a repository, and its copy on `remote` (None: this repository alone)."""

    def __init__(self, git: Git, ref: str, remote: str | None) -> None:
        self._git = git
        self._ref = ref
        self._remote = remote
        self._tracking = f"refs/kubestack/{remote}/{ref.removeprefix('refs/')}"
        self._read: tuple[str | None, Notes] = (None, {})

    @property
    def refspec(self) -> str:
        """What to fetch to see what others wrote; a pattern, as the ref may not exist there yet."""
        return f"+{self._ref}*:{self._tracking}*"

    def refresh(self) -> None:
        """Fetch what others wrote and join it with what is here."""
        if self._remote:
            self._git.fetch(self._remote, self.refspec)
            self.join()

    def join(self) -> None:
        """Bring the local ref up to what was fetched: forward where possible, else the union."""
        for _ in range(ATTEMPTS):
            local, fetched = self._tip(), self._tip(self._tracking)
            if fetched is None or fetched == local or (local and self._git.is_ancestor(fetched, local)):
                return
            forward = local is None or self._git.is_ancestor(local, fetched)
            if self._move(fetched if forward else self._union(str(local), fetched), local):
                return
        raise self._restless()

    def records(self) -> tuple[Record, ...]:
        """Every record there is, oldest first."""
        notes = self._notes(self._tip())
        placed = {(line, path.replace("/", "")) for path, note in notes.items() for line in note}
        return tuple(replace(from_line(line), noted_on=commit) for line, commit in sorted(placed))

    def append(self, records: Sequence[Record], *, keep_when_refused: bool) -> None:
        """Write records and share them.

        When the remote cannot be written to, raises `EvidenceError`; with `keep_when_refused` the
        records then stay in the local ref and travel with the next successful push.
        """
        try:
            self._share(records)
        except GitError as error:
            kept = keep_when_refused and self._remote is not None
            if kept:
                self._keep(records)
            raise self._refused(error, kept=kept) from error

    def share(self) -> None:
        """Push what an earlier run of this clone had to keep to itself; call it after `join`."""
        tip = self._tip()
        if tip is None or not self._remote or tip == self._tip(self._tracking):
            return
        try:
            if self._push(tip):
                self._follow(tip, tip)
        except GitError as error:
            raise self._refused(error, kept=True) from error

    def newest(self) -> str | None:
        """The time of the newest record, as it is written; None when there is none."""
        lines = (line for note in self._notes(self._tip()).values() for line in note)
        return max((from_line(line).at for line in sorted(lines)[-1:]), default=None)

    def _share(self, records: Sequence[Record]) -> None:
        for attempt in range(ATTEMPTS):
            base = self._tip()
            tip = self._commit(base, records)
            if self._push(tip):
                self._follow(tip, base)
                return
            if self._remote is None and self._move(tip, base):
                return
            _pause(attempt)
            self.refresh()
        raise self._restless()

    def _keep(self, records: Sequence[Record]) -> None:
        for _ in range(ATTEMPTS):
            base = self._tip()
            if self._move(self._commit(base, records), base):
                return
        raise self._restless()

    def _push(self, tip: str) -> bool:
        return self._remote is not None and self._git.push(self._remote, f"{tip}:{self._ref}") is None

    def _tip(self, ref: str = "") -> str | None:
        name = ref or self._ref
        return self._git.refs(name).get(name)

    def _follow(self, tip: str, base: str | None) -> None:
        """Bring the local ref up to what was pushed, also where another process moved it meanwhile."""
        self._git.update_ref(self._tracking, tip)
        if not self._move(tip, base):
            self.join()

    def _move(self, tip: str, base: str | None) -> bool:
        """Point the local ref at `tip`; False when another process moved it away from `base` meanwhile."""
        try:
            self._git.update_ref(self._ref, tip, base or "")
        except GitError:
            if self._tip() == base:
                raise
            return False
        return True

    def _commit(self, base: str | None, records: Sequence[Record]) -> str:
        """A commit on top of `base` in which the records are added to the notes of their commits."""
        known = self._notes(base)
        changed = _changed(known, ((record.commit, frozenset([to_line(record)])) for record in records))
        tip = self._make(base, map(_file, changed.items()))
        self._read = tip, {**known, **changed}
        return tip

    def _union(self, local: str, fetched: str) -> str:
        """A commit on top of both in which no line of either is missing."""
        theirs = ((_about(path), lines) for path, lines in self._load(fetched).items())
        changed = _changed(self._notes(local), theirs)
        return self._make(local, [f"merge {fetched}\n".encode(), *map(_file, changed.items())])

    def _make(self, base: str | None, changes: Iterable[bytes]) -> str:
        return make_commit(
            self._git, changes, parent=base, message="kubestack evidence\n", seconds=int(time.time())
        )

    def _notes(self, tip: str | None) -> Notes:
        if self._read[0] != tip:
            self._read = tip, self._load(tip) if tip else {}
        return self._read[1]

    def _load(self, tip: str) -> Notes:
        entries = self._git.list_tree(tip).values()
        contents = self._git.read_blobs(entry.blob for entry in entries)
        return {entry.path: _lines(contents[entry.blob]) for entry in entries}

    def _restless(self) -> GitError:
        return GitError(f"{self._ref} moved {ATTEMPTS} times in a row")

    def _refused(self, error: GitError, *, kept: bool) -> EvidenceError:
        what, then = "written", "Nothing was applied. Check permissions and free space of this repository."
        if self._remote:
            what = f"shared through {self._remote}"
            rest = (
                "It is kept in this repository and goes along with the next push."
                if kept
                else "Nothing was applied."
            )
            then = f"{rest} The token of the pipeline needs the right to push {self._ref}."
        return EvidenceError(
            f"the evidence could not be {what}: {error.message}", detail=error.detail, hint=then
        )


def _pause(attempt: int) -> None:
    """Wait a while, longer each time, and never as long as those who wait as well."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt)
    time.sleep(longest * random.uniform(0.2, 1.0))  # noqa: S311 - jitter, not a secret


def _about(path: str) -> str:
    """The commit that a file of the notes tree is about: its id, divided by slashes anywhere."""
    return path.replace("/", "")


def _changed(known: Notes, additions: Iterable[tuple[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    """The files that have to be written so that the lines of `additions` stand on their commits.

    A note that is there keeps its path. The commands of Git for notes are of no use here: they guess
    the paths from the number of notes, and refuse notes on commits that this clone has not.
    """
    paths = {_about(path): path for path in known}
    changed: dict[str, frozenset[str]] = {}
    for commit, lines in additions:
        path = paths.get(commit, f"{commit[:2]}/{commit[2:]}")
        before = changed.get(path, known.get(path, frozenset()))
        if not lines <= before:
            changed[path] = before | lines
    return changed


def _lines(note: bytes) -> frozenset[str]:
    # Not splitlines: it also divides at characters that JSON leaves as they are (U+2028).
    return frozenset(line for line in note.decode("utf-8", "surrogateescape").split("\n") if line.strip())


def _file(note: tuple[str, frozenset[str]]) -> bytes:
    """The command of `git fast-import` that writes a note."""
    path, lines = note
    text = "".join(f"{line}\n" for line in sorted(lines))
    return b"M 100644 inline %s\n%s" % (path.encode(), data(text.encode("utf-8", "surrogateescape")))

"""The ledger: records of evidence in a Git notes ref, shared through the remote.

A note holds one record a line, on the commit it is about. Two writers never lose anything: a push
that loses the race fetches, takes the union of both, and pushes again. The same holds for two
processes in one clone: a ref is moved only from where it was read.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kubestack_py.errors import EvidenceError, GitError
from kubestack_py.model.evidence import Loss, LossKind
from kubestack_py.promotion.notes import about, additions, descending, in_order, lines_of, missing, written
from kubestack_py.promotion.records import from_line, is_record, to_line
from kubestack_py.promotion.seen import Seen
from kubestack_py.system.backoff import pause
from kubestack_py.system.commits import changed_files, make_commit
from kubestack_py.system.memory import many_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from kubestack_py.model.evidence import Record
    from kubestack_py.promotion.notes import Notes
    from kubestack_py.system.git import Git

    Check = Callable[[Sequence[Record]], None]

ATTEMPTS = 100
LONGEST_PAUSE = 0.5


def _pass(_news: Sequence[Record]) -> None:
    """Nothing that others write is a reason not to write."""


class Ledger:
    """The notes ref `ref` of a repository, and its copy on `remote` (None: this repository alone)."""

    def __init__(self, git: Git, ref: str, remote: str | None) -> None:
        self._git = git
        self._ref = ref
        self._remote = remote
        self._tracking = f"refs/kubestack/{remote}/{ref.removeprefix('refs/')}"
        memory = f"refs/kubestack/seen/{remote}/{ref.removeprefix('refs/')}"
        self._seen = Seen(git=git, tracking=self._tracking, memory=memory)
        self._read: tuple[str | None, Notes] = (None, {})  # the notes at the tip that was read last
        self._told: Notes | None = None  # what `records` returned last, to tell what is new since
        self._dropped = False  # the remote lost a record although its ref only went forward

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
            if local and forward and self._drops(local, fetched):
                forward, self._dropped = False, True
            if self._move(fetched if forward else self._union(str(local), fetched), local):
                return
        raise self._restless()

    def lines(self) -> list[tuple[str, str]]:
        """Every line there is with the commit whose note holds it, oldest first; not all need be records."""
        return in_order(self._notes(self._tip()))

    def records(self) -> tuple[Record, ...]:
        """Every record there is, oldest first. Raises `EvidenceError` for a line that is none."""
        self._told = self._notes(self._tip())
        with many_values():
            return tuple(from_line(line, commit) for line, commit in in_order(self._told))

    def append(self, records: Sequence[Record], *, keep_when_refused: bool, check: Check = _pass) -> None:
        """Write records and share them.

        `check` is shown what others have written since `records` was asked, before each attempt to
        write, and may raise: then nothing is written. When the remote cannot be written to, raises
        `EvidenceError`; with `keep_when_refused` the records then stay in the local ref and travel
        with the next successful push.
        """
        try:
            self._share(records, check)
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

    def newest(self, counts: Callable[[Record], bool] = lambda _: True) -> str | None:
        """The time of the newest record that counts, as it is written; None when there is none."""
        placed = ((line, about(path)) for path, note in self._notes(self._tip()).items() for line in note)
        records = (from_line(line, commit) for line, commit in descending(placed))
        return next((record.at for record in records if counts(record)), None)

    def loss(self) -> Loss | None:
        """What the remote no longer has of what this clone saw there; None when nothing is missing.

        Call it after `join`. The records are still in the local ref, and the next push brings them back.
        """
        how = self._seen.look() if self._remote else None
        if how is None and self._dropped:
            how = LossKind.REWRITTEN
        if how is None:
            return None
        there = self._tip(self._tracking)
        lines = {line for note in (self._load(there) if there else {}).values() for line in note}
        return Loss(how=how, missing=sum(line not in lines for line, _ in self.lines()))

    def _share(self, records: Sequence[Record], check: Check) -> None:
        for attempt in range(ATTEMPTS):
            base = self._tip()
            check(self._news(base))
            tip = self._commit(base, records)
            if self._push(tip):
                self._follow(tip, base)
                return
            if self._remote is None and self._move(tip, base):
                return
            pause(attempt, longest=LONGEST_PAUSE)
            self.refresh()
        raise self._restless()

    def _news(self, tip: str | None) -> tuple[Record, ...]:
        """The records at `tip` that `records` did not return."""
        now = self._notes(tip)
        if self._told is None or now is self._told:
            return ()
        before = {about(path): lines for path, lines in self._told.items()}
        added = ((about(path), lines - before.get(about(path), frozenset())) for path, lines in now.items())
        return tuple(from_line(line, commit) for commit, lines in added for line in sorted(lines))

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
        self._git.update_refs({self._tracking: tip, self._seen.memory: tip})
        self._dropped = False
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
        changed = additions(known, ((record.commit, frozenset([to_line(record)])) for record in records))
        tip = self._make(base, map(written, changed.items()))
        self._read = tip, {**known, **changed}
        return tip

    def _union(self, local: str, fetched: str) -> str:
        """A commit on top of both in which no line of either is missing."""
        theirs = ((about(path), lines) for path, lines in self._load(fetched).items())
        changed = additions(self._notes(local), theirs)
        return self._make(local, [f"merge {fetched}\n".encode(), *map(written, changed.items())])

    def _drops(self, older: str, newer: str) -> bool:
        """Whether a commit that follows another lacks a record of it, as after `git notes remove`.

        What is no record may be taken out: that is how a note is mended.
        """
        gone = missing(*changed_files(self._git, older, newer))
        return any(is_record(line) for line in gone)

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
        return {entry.path: lines_of(contents[entry.blob]) for entry in entries}

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

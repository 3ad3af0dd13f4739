"""The ledger: records of evidence in a Git notes ref, shared through the remote.

A note holds one record a line, on the commit it is about. Two writers never lose anything: a push
that loses the race fetches, takes the union of both, and pushes again.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from kubestack_py.errors import EvidenceError, GitError
from kubestack_py.promotion.records import from_line, to_line
from kubestack_py.system.commits import data, make_commit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kubestack_py.model.evidence import Record
    from kubestack_py.system.git import Git

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
        self._read_tip: str | None = None
        self._read: dict[str, set[str]] = {}

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
        tips = self._git.refs(self._ref, self._tracking)
        local, fetched = tips.get(self._ref), tips.get(self._tracking)
        if fetched is None or fetched == local:
            return
        if local is None or self._git.is_ancestor(local, fetched):
            self._git.update_ref(self._ref, fetched, local or "")
        elif not self._git.is_ancestor(fetched, local):
            name, email = self._git.identity
            self._git.call(
                "-c", f"user.name={name}", "-c", f"user.email={email}",
                "notes", f"--ref={self._ref}", "merge", "--quiet", "--strategy=cat_sort_uniq", self._tracking,
            )  # fmt: skip

    def records(self) -> tuple[Record, ...]:
        """Every record there is, oldest first."""
        notes = self._notes(self._tip())
        lines = {line for note in notes.values() for line in note}
        return tuple(from_line(line) for line in sorted(lines))

    def append(self, records: Sequence[Record], *, keep_when_refused: bool) -> None:
        """Write records and share them.

        When the remote cannot be written to, raises `EvidenceError`; with `keep_when_refused` the
        records then stay in the local ref and travel with the next successful push.
        """
        for attempt in range(ATTEMPTS):
            base = self._tip()
            tip = self._commit(base, records)
            try:
                lost = self._git.push(self._remote, f"{tip}:{self._ref}") if self._remote else None
            except GitError as error:
                if keep_when_refused:
                    self._git.update_ref(self._ref, tip, base or "")
                raise self._refused(error, kept=keep_when_refused) from error
            if lost is None and self._move(tip, base):
                return
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt)
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
            self.refresh()
        raise EvidenceError(
            f"{self._ref} on {self._remote} moved {ATTEMPTS} times in a row; the evidence was not shared",
            hint="Run the command again; nothing of the evidence of others was touched.",
        )

    def _tip(self) -> str | None:
        return self._git.refs(self._ref).get(self._ref)

    def _move(self, tip: str, base: str | None) -> bool:
        """Point the local ref at what was written; False when another process moved it meanwhile."""
        try:
            self._git.update_ref(self._ref, tip, base or "0" * 40)
        except GitError:
            if not self._remote:
                return False
            self._git.update_ref(self._tracking, tip)
            self.join()
        return True

    def _commit(self, base: str | None, records: Sequence[Record]) -> str:
        """A commit on top of `base` in which the records are added to the notes of their commits."""
        notes = {**self._notes(base)}
        about = {record.commit for record in records}
        for commit in about:
            added = {to_line(record) for record in records if record.commit == commit}
            notes[commit] = notes.get(commit, set()) | added
        changes = (_note(commit, notes[commit]) for commit in sorted(about))
        tip = make_commit(
            self._git, changes, parent=base, message="kubestack evidence\n", seconds=int(time.time())
        )
        self._read_tip, self._read = tip, notes
        return tip

    def _notes(self, tip: str | None) -> dict[str, set[str]]:
        """The lines of every note, by the commit that it is about; read once for each tip of the ref."""
        if self._read_tip != tip:
            self._read_tip, self._read = tip, self._load(tip) if tip else {}
        return self._read

    def _load(self, tip: str) -> dict[str, set[str]]:
        entries = self._git.list_tree(tip).values()
        contents = self._git.read_blobs(entry.blob for entry in entries)
        return {entry.path.replace("/", ""): _lines(contents[entry.blob]) for entry in entries}

    def _refused(self, error: GitError, *, kept: bool) -> EvidenceError:
        rest = (
            "It is kept in this repository and goes along with the next push."
            if kept
            else "Nothing was applied."
        )
        return EvidenceError(
            f"the evidence could not be shared through {self._remote}: {error.message}",
            detail=error.detail,
            hint=f"{rest} The token of the pipeline needs the right to push {self._ref}.",
        )


def _lines(note: bytes) -> set[str]:
    return {line for line in note.decode("utf-8", "replace").splitlines() if line.strip()}


def _note(commit: str, lines: Iterable[str]) -> bytes:
    text = "".join(f"{line}\n" for line in sorted(lines))
    return b"N inline %s\n%s" % (commit.encode(), data(text.encode()))

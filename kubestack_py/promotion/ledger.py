"""The ledger: records of evidence in a Git notes ref, shared through the remote.

A note holds one record a line, on the commit it is about. Two writers never lose anything: a push
that loses the race fetches, takes the union of both, and pushes again.
"""

from __future__ import annotations

import random
import secrets
import time
from typing import TYPE_CHECKING

from kubestack_py.errors import EvidenceError, GitError
from kubestack_py.promotion.records import from_line, to_line

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
            name, email = self._git.identity()
            self._git.call(
                "-c", f"user.name={name}", "-c", f"user.email={email}",
                "notes", f"--ref={self._ref}", "merge", "--quiet", "--strategy=cat_sort_uniq", self._tracking,
            )  # fmt: skip

    def records(self) -> tuple[Record, ...]:
        """Every record there is, oldest first."""
        tip = self._git.refs(self._ref).get(self._ref)
        if tip is None:
            return ()
        notes = self._git.read_blobs(entry.blob for entry in self._git.list_tree(tip).values())
        lines = {line for note in notes.values() for line in note.decode("utf-8", "replace").splitlines()}
        return tuple(from_line(line) for line in sorted(lines) if line.strip())

    def append(self, records: Sequence[Record], *, keep_when_refused: bool) -> None:
        """Write records and share them.

        When the remote cannot be written to, raises `EvidenceError`; with `keep_when_refused` the
        records then stay in the local ref and travel with the next successful push.
        """
        for attempt in range(ATTEMPTS):
            base = self._git.refs(self._ref).get(self._ref)
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

    def _move(self, tip: str, base: str | None) -> bool:
        """Point the local ref at what was written; False when another process moved it meanwhile."""
        if self._remote:
            self._git.update_ref(self._tracking, tip)
        try:
            self._git.update_ref(self._ref, tip, base or "0" * 40)
        except GitError:
            if not self._remote:
                return False
            self.join()
        return True

    def _commit(self, base: str | None, records: Sequence[Record]) -> str:
        """A commit on top of `base` in which the records are added to the notes of their commits."""
        by_commit: dict[str, list[str]] = {}
        for record in records:
            by_commit.setdefault(record.commit, []).append(to_line(record))
        known = self._notes(base, by_commit) if base else {}
        name, email = self._git.identity()
        scratch = f"refs/kubestack/scratch/{secrets.token_hex(8)}"
        stream = [
            f"commit {scratch}\ncommitter {name} <{email}> {int(time.time())} +0000\n",
            _data("kubestack evidence\n"),
        ]
        if base:
            stream.append(f"from {base}\n")
        for commit, lines in by_commit.items():
            text = "".join(f"{line}\n" for line in sorted({*known.get(commit, ()), *lines}))
            stream.append(f"N inline {commit}\n{_data(text)}")
        self._git.fast_import("".join(stream).encode())
        tip = self._git.refs(scratch)[scratch]
        self._git.delete_ref(scratch)
        return tip

    def _notes(self, tip: str, commits: Iterable[str]) -> dict[str, list[str]]:
        """The lines that the notes of some commits hold now."""
        wanted = set(commits)
        blobs = {
            entry.blob: path.replace("/", "")
            for path, entry in self._git.list_tree(tip).items()
            if path.replace("/", "") in wanted
        }
        contents = self._git.read_blobs(blobs)
        return {blobs[blob]: note.decode("utf-8", "replace").splitlines() for blob, note in contents.items()}

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


def _data(text: str) -> str:
    return f"data {len(text.encode())}\n{text}\n"

"""The way back to what an environment ran before."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kubestack_py.model.evidence import RecordStatus


class FileChange(StrEnum):
    """What a rollback does to a file of the default branch."""

    CHANGED = "changed"
    RESTORED = "restored"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredFile:
    """A file and what becomes of it; `path` is relative to the repository."""

    path: str
    change: FileChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The newest record of an environment about the older content; `at` is UTC.

    `whole` tells whether the files of that environment alone were the same as well.
    """

    environment: str
    status: RecordStatus
    at: str
    commit: str
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredStack:
    """A stack that goes back to what it was, and what the evidence knows of that content."""

    stack: str
    files: tuple[RestoredFile, ...]
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """A branch with one commit on top of the default branch that restores stacks to `target`.

    `deployed` is the commit that the environment was last touched with. `absent` are stacks that
    `target` did not have: they stay as they are. `delivered` tells whether the environment ever ran
    `target`. `remote` is where the branch was pushed to, empty where it was not.
    """

    environment: str
    deployed: str
    target: str
    subject: str
    default_branch: str
    tip: str
    branch: str
    commit: str
    stacks: tuple[RestoredStack, ...]
    absent: tuple[str, ...]
    delivered: bool
    remote: str = ""

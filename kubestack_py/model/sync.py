"""What an operator on a cluster has made of a rendered branch, joined to the evidence in Git."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SyncState(StrEnum):
    """Where a stack is between Git and the cluster, worst last.

    `SYNCED` alone proves something: the operator has applied the delivery and says that it is healthy.
    """

    SYNCED = "synced"
    PROGRESSING = "progressing"
    SUSPENDED = "suspended"
    OLDER = "older"
    UNKNOWN = "unknown"
    UNHEALTHY = "unhealthy"
    MISSING = "missing"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """An object of an operator that follows a rendered branch.

    `name` is `Kind/namespace/name`; `path` a directory of the branch, empty for its top; `revision` the
    commit of the branch that is applied, empty for none. `reason` is the operator's word where it is not
    healthy, `message` its sentence.
    """

    name: str
    path: str
    revision: str
    state: SyncState
    reason: str = ""
    message: str = ""

    def covers(self, stack: str) -> bool:
        """Whether it applies files of a stack."""
        return not self.path or any(
            one == other or one.startswith(f"{other}/")
            for one, other in ((stack, self.path), (self.path, stack))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSync:
    """One stack: what was delivered, what the operator applied, and what the evidence says.

    `delivered` and `applied` are commits of the rendered branch, `source` is the commit of the sources that
    `delivered` carries. `evidence` is the status of the newest record, empty for none.
    """

    stack: str
    state: SyncState
    delivered: str
    source: str
    applied: str
    followers: tuple[str, ...]
    evidence: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentSync:
    """One environment; `problem` says why its cluster could not be asked, and is empty otherwise."""

    environment: str
    context: str
    stacks: tuple[StackSync, ...]
    problem: str = ""

    @property
    def verified(self) -> bool:
        """Whether the operator has applied everything that was delivered, and all of it is healthy."""
        return (
            not self.problem
            and bool(self.stacks)
            and all(item.state is SyncState.SYNCED for item in self.stacks)
        )

"""What CI, the command line or the checkout says happened."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

BRANCH_PREFIX = "refs/heads/"
TAG_PREFIX = "refs/tags/"


class EventKind(StrEnum):
    """The kinds of events that have a meaning; whatever else a host knows is `OTHER`."""

    PUSH = "push"
    PULL_REQUEST = "pull_request"
    SCHEDULE = "schedule"
    MANUAL = "manual"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event.

    `ref` is the full name (`refs/heads/main`); for a pull request, the contributor's branch where
    the host tells it. `target` is the short name of the branch a pull request wants to reach.
    `source` says in words who told (`GitHub Actions`, `the checkout`). `name` is the host's own
    word for an event of kind `OTHER`. `borrowed` is set where a contributor's code would run with rights
    that are not the contributor's.
    """

    kind: EventKind
    ref: str = ""
    target: str = ""
    fork: bool = False
    deleted: bool = False
    borrowed: bool = False
    commit: str = ""
    source: str = "the command line"
    name: str = ""
    actor: str = ""
    url: str = ""

    @property
    def branch(self) -> str:
        """The short branch name, or empty when the ref is no branch."""
        return self.ref.removeprefix(BRANCH_PREFIX) if self.ref.startswith(BRANCH_PREFIX) else ""

    @property
    def tag(self) -> str:
        """The short tag name, or empty when the ref is no tag."""
        return self.ref.removeprefix(TAG_PREFIX) if self.ref.startswith(TAG_PREFIX) else ""

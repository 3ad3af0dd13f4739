"""Where every environment stands."""

from __future__ import annotations

from dataclasses import dataclass

from kubestack_py.model.evidence import RecordStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """A stack whose newest record is anything but verified."""

    stack: str
    status: RecordStatus
    at: str
    commit: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentStatus:
    """One environment: what it runs, what waits for it, and what needs attention.

    `deployed` is a commit id, empty while nothing was applied; `since` is UTC. `behind` counts the
    commits of the default branch that came after it; `waiting` are the stacks whose content on the
    default branch differs from what the environment runs. `proved` tells whether the environment
    before has verified the content of all stacks; None for the first one, which has none before it.
    """

    name: str
    applies_on: str
    deployed: str
    since: str
    subject: str
    behind: int
    waiting: tuple[str, ...]
    proved: bool | None
    concerns: tuple[Concern, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformStatus:
    """Every environment in the order of the chain, seen from the newest commit of the default branch."""

    platform: str
    branch: str
    tip: str
    environments: tuple[EnvironmentStatus, ...]

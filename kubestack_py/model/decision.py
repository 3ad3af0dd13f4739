"""What an event means: which environments to do something in, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What to do in an environment."""

    PLAN = "plan"
    APPLY = "apply"
    DRIFT = "drift"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One environment, what to do there, and the reason in words."""

    environment: str
    action: Action
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """All decisions of one event, in the order in which they are carried out.

    `reason` explains the event as a whole; where `decisions` is empty it says why nothing is done.
    """

    decisions: tuple[Decision, ...]
    reason: str

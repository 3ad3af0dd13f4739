"""How a change compares with what the environment before has lived through."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.outline import ChangeOutline


class ParityClass(StrEnum):
    """`MISSING` are changes that the environment before went through and this one would not."""

    EXERCISED = "exercised"
    PARTLY = "partly"
    UNEXERCISED = "unexercised"
    MISSING = "missing"


class Level(StrEnum):
    """What a policy makes of something."""

    ALLOW = "allow"
    WARN = "warn"
    BLOCK = "block"


DESTRUCTIVE = frozenset({ChangeAction.DELETE, ChangeAction.REPLACE, ChangeAction.FORGET})


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityRule:
    """What a policy makes of one class of changes, for one action or (None) for all of them."""

    parity: ParityClass
    action: ChangeAction | None
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityPolicy:
    """What becomes of changes that were not lived through.

    A rule for the action wins over a rule for the whole class. Without a rule, an unexercised
    deletion, replacement or forgetting blocks, and everything else warns.
    """

    rules: tuple[ParityRule, ...] = ()

    def level(self, parity: ParityClass, action: ChangeAction) -> Level:
        """What becomes of a change; an exercised one is always allowed."""
        if parity is ParityClass.EXERCISED:
            return Level.ALLOW
        for wanted in (action, None):
            for rule in self.rules:
                if rule.parity is parity and rule.action is wanted:
                    return rule.level
        destructive = parity is ParityClass.UNEXERCISED and action in DESTRUCTIVE
        return Level.BLOCK if destructive else Level.WARN


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityLine:
    """One change with its class. `why` says in words how it came to it; `level` what follows from it.

    `other_paths` are the attributes that the environment before never changed in this way.
    """

    stack: str
    change: ChangeOutline
    parity: ParityClass
    why: str
    level: Level
    other_paths: tuple[str, ...] = ()

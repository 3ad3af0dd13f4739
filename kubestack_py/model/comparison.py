"""What a commit would do to an environment, as far as it is known, compared with what was lived through."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kubestack_py.model.changes import count_actions, in_words
from kubestack_py.model.outline import ChangeOutline
from kubestack_py.model.parity import Level, ParityLine


class PlanSource(StrEnum):
    """How it is known what would happen to a stack. `CURRENT`: its content is in place already."""

    CURRENT = "current"
    PREVIEW = "preview"
    PLAN = "plan"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackPlan:
    """What would happen to one stack; nothing for a current one, and not known for an unknown one.

    A preview was recorded `at` (UTC) when `commit` was applied to the environment before; both are
    empty otherwise.
    """

    stack: str
    source: PlanSource
    changes: tuple[ChangeOutline, ...] = ()
    at: str = ""
    commit: str = ""

    @property
    def waits(self) -> bool:
        """True when there is something to apply, or may be."""
        return self.source is not PlanSource.CURRENT

    def summary(self) -> str:
        """The changes in words: `2 to create, 1 to delete`."""
        return in_words(count_actions(change.action for change in self.changes)) or "no changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The changes that a commit would make in an environment, each with its class.

    `ref` is what was asked for, `previous` the environment that lived through the changes before.
    """

    ref: str
    commit: str
    subject: str
    environment: str
    previous: str
    stacks: tuple[StackPlan, ...]
    lines: tuple[ParityLine, ...]

    @property
    def blocked(self) -> bool:
        """True when the policy keeps at least one change out."""
        return any(line.level is Level.BLOCK for line in self.lines)

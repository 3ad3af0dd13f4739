"""A promotion: which commit, what comes with it, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kubestack_py.model.commit import CommitLine
from kubestack_py.model.comparison import StackPlan
from kubestack_py.model.evidence import Override
from kubestack_py.model.parity import ParityLine
from kubestack_py.model.verdict import Verdict


class PromotionState(StrEnum):
    """How far a promotion came.

    `READY` was only looked for, `TAGGED` has its tag in this clone, `PUSHED` on the remote as well;
    for `STANDING` somebody had pushed one before.
    """

    NOTHING = "nothing"
    REFUSED = "refused"
    READY = "ready"
    TAGGED = "tagged"
    PUSHED = "pushed"
    STANDING = "standing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A commit that cannot be promoted, the first reason against it, and what to do about that."""

    commit: CommitLine
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the gate says of a commit, from recorded previews: nothing was planned for it.

    `verdict` holds every check; `stacks` all stacks of the platform, `parity` every change.
    """

    verdict: Verdict
    stacks: tuple[StackPlan, ...] = ()
    parity: tuple[ParityLine, ...] = ()

    @property
    def waits(self) -> bool:
        """True when the environment does not run all of this content yet."""
        return any(stack.waits for stack in self.stacks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What would be promoted, or was.

    `deployed` is the commit that the environment runs, empty for none; `commits` are those that come
    with `commit`, newest first, and `more` counts the ones that the list leaves out. `skipped` are
    newer commits. `commit` and `assessment` are None where no commit may be promoted.
    """

    environment: str
    pattern: str
    state: PromotionState
    deployed: str = ""
    commit: CommitLine | None = None
    assessment: Assessment | None = None
    commits: tuple[CommitLine, ...] = ()
    more: int = 0
    skipped: tuple[Skipped, ...] = ()
    overrides: tuple[Override, ...] = ()
    tag: str = ""

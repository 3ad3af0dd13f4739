"""What happened in an environment, run by run."""

from __future__ import annotations

from dataclasses import dataclass

from kubestack_py.model.evidence import DELIVERED, Override, RecordStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PastStack:
    """How far a stack came in one run."""

    stack: str
    status: RecordStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """Everything that one command did to one environment at one commit.

    `at` and `ended` are UTC, `ended` is empty for a run that never reported. `applied` is false for
    one that only looked again at what was applied before (`kubestack verify`), or failed before it
    applied anything.
    """

    run: str
    environment: str
    commit: str
    at: str
    ended: str
    applied: bool
    stacks: tuple[PastStack, ...]
    overrides: tuple[Override, ...] = ()
    actor: str = ""
    url: str = ""

    @property
    def result(self) -> RecordStatus:
        """How it ended, as its worst stack did; `started` for a run that never reported all of them."""
        return min((item.status for item in self.stacks), key=_WORST_FIRST.index)

    @property
    def delivered(self) -> bool:
        """True when every stack of it was applied, verified or not."""
        return self.result in DELIVERED


_WORST_FIRST = (
    RecordStatus.FAILED,
    RecordStatus.INTERRUPTED,
    RecordStatus.STARTED,
    RecordStatus.APPLIED,
    RecordStatus.VERIFIED,
    RecordStatus.PREVIEWED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDelivery:
    """A run with what its commit is about; `subject` is empty for a commit that is not in this clone."""

    run: PastRun
    subject: str

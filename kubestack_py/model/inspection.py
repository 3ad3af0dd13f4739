"""Evidence as people look at it: records with what is wrong with them, and the state of all of it."""

from __future__ import annotations

from dataclasses import dataclass

from kubestack_py.model.evidence import Loss, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A record, and why it does not count; `problem` is empty for one that does."""

    record: Record
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """A line of the evidence that proves nothing. `commit` is the one whose note holds it.

    `about` says what the line claims to be (`verified of infra in ops, 2026-01-31T12:00:00Z`), or
    begins it as it is written where it is no record.
    """

    commit: str
    about: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What `kubestack evidence verify` found.

    `records` counts the lines, `signed` tells whether signatures were asked for. `loss` says what
    the remote no longer has.
    """

    ref: str
    records: int
    signed: bool
    flaws: tuple[Flaw, ...] = ()
    loss: Loss | None = None

    @property
    def in_order(self) -> bool:
        """True when every record counts and the remote has all that it ever had."""
        return not self.flaws and self.loss is None

"""Evidence: a record that content was applied to an environment, and what verification found."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from kubestack_py.model.changes import ContentDigest
from kubestack_py.model.outline import ChangeOutline

RECORD_VERSION = 1


class RecordStatus(StrEnum):
    """The life of an apply: `started` is written before it, one of the next four after it.

    `previewed` belongs to no apply: it keeps what a plan would have done at that moment.
    """

    STARTED = "started"
    APPLIED = "applied"
    VERIFIED = "verified"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    PREVIEWED = "previewed"


DELIVERED = frozenset({RecordStatus.APPLIED, RecordStatus.VERIFIED})


class LossKind(StrEnum):
    """What somebody did to the evidence on the remote."""

    DELETED = "deleted"
    REWRITTEN = "rewritten"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """The remote has less than this clone saw there: `missing` lines are here alone."""

    how: LossKind
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationResult:
    """One thing that verification looked at: `converged`, `checks`, or a command of the platform."""

    name: str
    passed: bool
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A check of the gate that somebody let pass, and why; `check` is its name."""

    check: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of evidence. Holds no values and no secrets; `at` is UTC, `2026-01-31T12:00:00.000000Z`.

    `run` joins the records that one command wrote. `changes` counts by action, `outlines` says what
    was planned, `changes_digest` is `ChangeSet.digest()`. `signature` is base64, empty when unsigned.
    `noted_on` is the commit whose note holds the record; it is no part of the line.
    """

    at: str
    run: str
    environment: str
    stack: str
    status: RecordStatus
    commit: str
    digest: ContentDigest
    changes: dict[str, int] = field(default_factory=dict)
    changes_digest: str = ""
    outlines: tuple[ChangeOutline, ...] = ()
    overrides: tuple[Override, ...] = ()
    verification: tuple[VerificationResult, ...] = ()
    tools: dict[str, str] = field(default_factory=dict)
    actor: str = ""
    url: str = ""
    message: str = ""
    signature: str = ""
    noted_on: str = field(default="", compare=False)

"""Evidence: a record that content was applied to an environment, and what verification found."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from kubestack_py.model.changes import ContentDigest

RECORD_VERSION = 1


class RecordStatus(StrEnum):
    """The life of an apply: `started` is written before it, one of the others after it."""

    STARTED = "started"
    APPLIED = "applied"
    VERIFIED = "verified"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationResult:
    """One thing that verification looked at: `converged`, `checks`, or a command of the platform."""

    name: str
    passed: bool
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of evidence. Holds no values and no secrets; `at` is UTC, `2026-01-31T12:00:00.000000Z`.

    `run` joins the records that one command wrote. `changes` counts by action, `changes_digest` is
    `ChangeSet.digest()`.
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
    verification: tuple[VerificationResult, ...] = ()
    tools: dict[str, str] = field(default_factory=dict)
    actor: str = ""
    url: str = ""
    message: str = ""

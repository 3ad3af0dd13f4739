"""What a command did: per stack, per environment, and for a whole run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kubestack_py.model.changes import ChangeSet
from kubestack_py.model.decision import Action, Resolution
from kubestack_py.model.event import Event
from kubestack_py.model.evidence import VerificationResult
from kubestack_py.model.parity import ParityLine
from kubestack_py.model.policy import PolicyFinding
from kubestack_py.model.settings import SettingsNews
from kubestack_py.model.verdict import Verdict


class Phase(StrEnum):
    """How far a stack came. `CURRENT` was left alone: its content is in place already."""

    CURRENT = "current"
    PLANNED = "planned"
    APPLIED = "applied"
    VERIFIED = "verified"
    FAILED = "failed"
    SKIPPED = "skipped"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedDrift:
    """A change behind the platform's back that the settings expect, with their reason."""

    address: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOutcome:
    """What happened to one stack in one environment. `error` is set for failed and skipped ones.

    `expected` is the drift that was passed over.
    """

    stack: str
    phase: Phase
    changes: ChangeSet | None = None
    verification: tuple[VerificationResult, ...] = ()
    error: str = ""
    expected: tuple[ExpectedDrift, ...] = ()

    @property
    def failed(self) -> bool:
        """True unless the stack came as far as it was meant to."""
        return self.phase in {Phase.FAILED, Phase.SKIPPED, Phase.INTERRUPTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentOutcome:
    """What happened in one environment at one commit.

    `verdict` is the gate's, None where nothing passes a gate; `parity` is what it compared, `policies`
    what the policies say of the plans. `commands` are the results of the platform's own verification.
    """

    environment: str
    action: Action
    commit: str
    stacks: tuple[StackOutcome, ...] = ()
    verdict: Verdict | None = None
    parity: tuple[ParityLine, ...] = ()
    policies: tuple[PolicyFinding, ...] = ()
    commands: tuple[VerificationResult, ...] = ()

    @property
    def refused(self) -> bool:
        """True when the gate said no."""
        return self.verdict is not None and not self.verdict.allowed

    @property
    def failed(self) -> bool:
        """True when any stack or verification command failed."""
        return any(stack.failed for stack in self.stacks) or not all(item.passed for item in self.commands)

    @property
    def pending(self) -> bool:
        """True when a plan found something to do."""
        return any(
            stack.phase is Phase.PLANNED and stack.changes is not None and not stack.changes.is_empty
            for stack in self.stacks
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """Everything that `kubestack run` did for one event.

    `settings` tells of a pull request that changes kubestack.yaml. `refusal` says of one why nothing of
    it may be planned, in lines.
    """

    event: Event
    resolution: Resolution
    environments: tuple[EnvironmentOutcome, ...] = ()
    settings: SettingsNews | None = None
    refusal: str = ""

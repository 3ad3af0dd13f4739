"""The gate's answer: whether an environment may be applied to now, with every reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GateCheck:
    """One condition of the gate. `message` says what was found, `hint` what to do when it failed."""

    name: str
    passed: bool
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All conditions for one environment at one commit."""

    environment: str
    commit: str
    checks: tuple[GateCheck, ...]

    @property
    def allowed(self) -> bool:
        """True when every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def refusals(self) -> tuple[GateCheck, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if not check.passed)

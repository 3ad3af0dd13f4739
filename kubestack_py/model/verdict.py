"""The gate's answer: whether an environment may be applied to now, with every reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GateCheck:
    """One condition of the gate. `message` says what was found, `hint` what to do when it failed.

    `warning` marks one that passed but should be looked at. `override` is the reason for which
    somebody let it pass though it failed.
    """

    name: str
    passed: bool
    message: str
    hint: str = ""
    warning: bool = False
    override: str = ""

    @property
    def refuses(self) -> bool:
        """True when this check keeps the commit out."""
        return not self.passed and not self.override

    @property
    def is_plain(self) -> bool:
        """True when it passed, and nobody has to look at it."""
        return self.passed and not self.warning and not self.override


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All conditions for one environment at one commit."""

    environment: str
    commit: str
    checks: tuple[GateCheck, ...]

    @property
    def allowed(self) -> bool:
        """True when no check refuses."""
        return not self.refusals

    @property
    def refusals(self) -> tuple[GateCheck, ...]:
        """The checks that keep the commit out."""
        return tuple(check for check in self.checks if check.refuses)

"""What `kubestack validate` found."""

from __future__ import annotations

from dataclasses import dataclass

from kubestack_py.model.finding import Finding, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A finding that the settings accept, with their reason."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Findings in the order of their files; `stacks` and `objects` say how much was looked at.

    `base` is the commit that a validation of changes compares with, empty for one of everything.
    """

    findings: tuple[Finding, ...]
    ignored: tuple[Ignored, ...] = ()
    stacks: tuple[str, ...] = ()
    objects: int = 0
    base: str = ""

    def count(self, severity: Severity) -> int:
        """How many findings there are of one severity."""
        return sum(finding.severity is severity for finding in self.findings)

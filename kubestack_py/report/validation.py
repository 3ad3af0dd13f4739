"""What `kubestack validate` found, as lines for people and editors: `severity: file:line:column: …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.finding import Severity
from kubestack_py.report.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kubestack_py.model.finding import Finding
    from kubestack_py.model.validation import Validation

    Paint = Callable[..., str]

_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}


def validation_text(validation: Validation, paint: Paint) -> str:
    """Findings grouped by file, each with the next step below it.

    No line begins with a text of the repository, so that none of them is a command to CI.
    """
    return "\n".join(_lines(validation, paint))


def summary(validation: Validation) -> str:
    """How many findings of which severity: `2 errors, 1 warning`; empty for none."""
    counts = [(severity, validation.count(severity)) for severity in Severity]
    parts = [f"{count} {severity}{'s' if count != 1 else ''}" for severity, count in counts if count]
    if validation.ignored:
        parts.append(f"{len(validation.ignored)} ignored")
    return ", ".join(parts)


def _lines(validation: Validation, paint: Paint) -> Iterator[str]:
    last: str | None = None
    for finding in validation.findings:
        path = finding.where.path if finding.where else ""
        if last is not None and path != last:
            yield ""
        last = path
        yield f"{paint(finding.severity.value, _STYLES[finding.severity], 'bold')}: {headline(finding)}"
        more = "; ".join(filter(None, (_about(finding), one_line(finding.hint))))
        if more:
            yield f"  {more}"


def headline(finding: Finding) -> str:
    """Place, key, message and check in one line."""
    place = f"{finding.where}: " if finding.where else ""
    key = f"{finding.key}: " if finding.key else ""
    return one_line(f"{place}{key}{finding.message} [{finding.check}]")


def _about(finding: Finding) -> str:
    where = f" ({finding.environment})" if finding.environment else ""
    return one_line(f"{finding.object}{where}") if finding.object else ""

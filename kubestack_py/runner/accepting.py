"""Findings that the settings accept, set apart with their reasons."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from kubestack_py.checks.registry import CHECKS
from kubestack_py.model.finding import Finding, Severity
from kubestack_py.model.validation import Ignored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kubestack_py.config.source import SettingsSource
    from kubestack_py.model.platform import Ignore


def accept(
    findings: Iterable[Finding], entries: Sequence[Ignore]
) -> tuple[tuple[Finding, ...], tuple[Ignored, ...]]:
    """What remains, and what is accepted by the first entry that fits."""
    kept, ignored = [], []
    for finding in findings:
        entry = next((item for item in entries if _fits(finding, item)), None)
        if entry is None:
            kept.append(finding)
        else:
            ignored.append(Ignored(finding=finding, reason=entry.reason))
    return tuple(kept), tuple(ignored)


def idle(entries: Sequence[Ignore], ignored: Iterable[Ignored], source: SettingsSource) -> Iterator[Finding]:
    """Entries that name no check, or that accept nothing any more."""
    accepted = [item.finding for item in ignored]
    for number, entry in enumerate(entries):
        key: list[str | int] = ["validate", "ignore", number]
        if entry.check not in CHECKS:
            yield source.finding(
                f"there is no check {entry.check}",
                [*key, "check"],
                check="ignore",
                hint="see docs/validation.md",
            )
        elif not any(_fits(finding, entry) for finding in accepted):
            yield Finding(
                check="ignore",
                severity=Severity.WARNING,
                where=source.finding("", key, check="ignore").where,
                message="this entry accepts no finding",
                hint="take it out",
            )


def _fits(finding: Finding, entry: Ignore) -> bool:
    path = finding.where.path if finding.where else ""
    return (
        finding.check == entry.check
        and fnmatchcase(path, entry.path)
        and fnmatchcase(finding.object, entry.object)
    )

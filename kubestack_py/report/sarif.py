"""Findings as SARIF 2.1.0, as code scanning of GitHub, Azure DevOps and editors read it.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/ and GitHub's page on its support for SARIF.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from kubestack_py.model.finding import Severity
from kubestack_py.report.plain import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kubestack_py.model.check import Check
    from kubestack_py.model.finding import Finding
    from kubestack_py.model.validation import Validation

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_ROOT = "SRCROOT"


def sarif(validation: Validation, checks: Iterable[Check], version: str) -> dict[str, Any]:
    """One run; findings that the settings accept are there as suppressed, with the reason."""
    rules = list(checks)
    numbers = {check.id: number for number, check in enumerate(rules)}
    results = [_result(finding, numbers) for finding in validation.findings]
    for item in validation.ignored:
        accepted = {"kind": "external", "status": "accepted", "justification": one_line(item.reason)}
        results.append({**_result(item.finding, numbers), "suppressions": [accepted]})
    driver = {"name": "kubestack", "version": version, "rules": [_rule(check) for check in rules]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(check: Check) -> dict[str, Any]:
    name = "".join(part.capitalize() for part in check.id.split("-"))
    # A name has to say more than the id (3.49.7 of the standard).
    named = {"name": name} if name.lower() != check.id else {}
    return {
        "id": check.id,
        **named,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.finds},
        "help": {"text": f"{check.finds} {check.fix}"},
        "defaultConfiguration": {"level": "error"},
    }


def _result(finding: Finding, numbers: dict[str, int]) -> dict[str, Any]:
    key = f"{finding.key}: " if finding.key else ""
    hint = f" ({finding.hint})" if finding.hint else ""
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "level": _LEVELS[finding.severity],
        "message": {"text": one_line(f"{key}{finding.message}{hint}")},
        "locations": [_location(finding)],
        "partialFingerprints": {"kubestack/v1": _fingerprint(finding)},
    }
    if finding.check in numbers:
        result["ruleIndex"] = numbers[finding.check]
    return result


def _location(finding: Finding) -> dict[str, Any]:
    """GitHub refuses results without a place, so what is about the whole platform points at its settings."""
    path, line, column = "kubestack.yaml", 1, 1
    if finding.where:
        path, line, column = finding.where.path, finding.where.line, finding.where.column
    uri = quote(path.encode("utf-8", "surrogateescape"))
    region = {"startLine": max(1, line), "startColumn": max(1, column)}
    place: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": uri, "uriBaseId": _ROOT}, "region": region}
    }
    if finding.object:
        place["logicalLocations"] = [{"fullyQualifiedName": one_line(finding.object), "kind": "resource"}]
    return place


def _fingerprint(finding: Finding) -> str:
    """The same for the same finding after lines moved."""
    path = finding.where.path if finding.where else ""
    parts = (finding.check, path, finding.key, finding.object, finding.message)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]

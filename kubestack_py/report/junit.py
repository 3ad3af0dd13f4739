"""Findings as JUnit XML, which every CI system shows: a suite for each check, a case for each finding."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from kubestack_py.model.finding import Severity
from kubestack_py.report.plain import one_line
from kubestack_py.report.validation import headline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kubestack_py.model.check import Check
    from kubestack_py.model.finding import Finding
    from kubestack_py.model.validation import Validation


def junit(validation: Validation, checks: Iterable[Check]) -> str:
    """The document: errors fail, warnings and notes pass with their text, ignored ones are skipped."""
    failures = validation.count(Severity.ERROR)
    suites = [line for check in checks for line in _suite(check, validation)]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f"<testsuites{_given(failures=failures)}>",
            *suites,
            "</testsuites>",
        ]
    )


def _suite(check: Check, validation: Validation) -> Iterator[str]:
    """A check without findings is one case that passes."""
    findings = [item for item in validation.findings if item.check == check.id]
    ignored = [item for item in validation.ignored if item.finding.check == check.id]
    cases = [line for item in findings for line in _case(item)]
    cases += [
        line for item in ignored for line in _with(item.finding, f"<skipped{_given(message=item.reason)}/>")
    ]
    if not cases:
        cases = [f"    <testcase{_given(classname=check.id, name=check.title)}/>"]
    counts = _counts(findings, len(ignored))
    yield f"  <testsuite{_given(name=check.id, **counts)}>"
    yield from cases
    yield "  </testsuite>"


def _counts(findings: Sequence[Finding], ignored: int) -> dict[str, int]:
    failures = sum(item.severity is Severity.ERROR for item in findings)
    return {"tests": max(1, len(findings) + ignored), "failures": failures, "skipped": ignored}


def _case(finding: Finding) -> Iterator[str]:
    text = headline(finding) + (f"\n{one_line(finding.hint)}" if finding.hint else "")
    if finding.severity is Severity.ERROR:
        return _with(
            finding, f"<failure{_given(message=finding.message, type=finding.check)}>{_text(text)}</failure>"
        )
    return _with(finding, f"<system-out>{_text(text)}</system-out>")


def _with(finding: Finding, inner: str) -> Iterator[str]:
    place = str(finding.where) if finding.where else "platform"
    name = " ".join(filter(None, (place, finding.key, finding.object)))
    file = {"file": finding.where.path} if finding.where else {}
    yield f"    <testcase{_given(classname=finding.check, name=name, **file)}>"
    yield f"      {inner}"
    yield "    </testcase>"


def _given(**attributes: str | int) -> str:
    return "".join(f' {name}="{_text(one_line(str(value)))}"' for name, value in attributes.items())


def _text(text: str) -> str:
    """XML knows no control characters and no lone surrogates, however they are written."""
    allowed = "".join(char for char in text if char == "\n" or char.isprintable())
    return escape(allowed, quote=True)

"""Findings as annotations of GitHub Actions: workflow commands, with everything from outside escaped.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.finding import Severity
from kubestack_py.report.plain import one_line

if TYPE_CHECKING:
    from kubestack_py.model.finding import Finding
    from kubestack_py.model.validation import Validation

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def github_annotations(validation: Validation) -> str:
    """A command on a line for each finding."""
    return "\n".join(_command(finding) for finding in validation.findings)


def _command(finding: Finding) -> str:
    properties = {"title": f"kubestack {finding.check}"}
    if finding.where:
        properties = {"file": finding.where.path, **properties}
        if finding.where.line:
            properties["line"] = str(finding.where.line)
        if finding.where.column:
            properties["col"] = str(finding.where.column)
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    key = f"{finding.key}: " if finding.key else ""
    hint = f" ({finding.hint})" if finding.hint else ""
    about = f" [{finding.object}]" if finding.object else ""
    message = one_line(f"{key}{finding.message}{hint}{about}")
    return f"::{_COMMANDS[finding.severity]} {given}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")

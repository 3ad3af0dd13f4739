"""Problems of rendered objects as findings in the files that they come from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kubestack_py.kustomize.sources import Sources
from kubestack_py.model.finding import Finding
from kubestack_py.model.paths import dotted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kubestack_py.model.examined import Problem


def located(
    problems: Iterable[Problem], files: Mapping[str, Iterable[str]], read: Callable[[str], bytes | None]
) -> list[Finding]:
    """A finding for each problem; one that several environments inherit from the same place is one finding.

    `files` are those of each stack, by its path.
    """
    sources: dict[str, Sources] = {}
    found: dict[Finding, list[str]] = {}
    for problem in problems:
        stack = problem.about.stack
        if stack not in sources:
            sources[stack] = Sources(stack, files.get(stack, ()), read)
        finding = Finding(
            check=problem.check,
            severity=problem.severity,
            where=sources[stack].place(problem.about, problem.path),
            key=dotted(problem.path),
            message=problem.message,
            hint=problem.hint,
            object=problem.about.label,
        )
        found.setdefault(finding, []).append(problem.about.environment)
    return [
        replace(finding, environment=", ".join(dict.fromkeys(environments)))
        for finding, environments in found.items()
    ]

"""What workflows of GitHub must not ask for: all rights, or those of the target for a contributor's code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kubestack_py.model.finding import Finding, Location
from kubestack_py.system.yaml import YamlError, load_documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kubestack_py.model.examined import TextFile
    from kubestack_py.system.yaml import Document

_WORKFLOW = re.compile(r"\.github/workflows/[^/]+\.ya?ml")
_BORROWED, _ALL = "pull_request_target", "write-all"
_ON = ("true", "on")  # YAML 1.1 makes a boolean of `on` where it has no quotes


def check_workflows(files: Iterable[TextFile]) -> Iterator[Finding]:
    """Findings of every workflow that can be read; GitHub itself refuses the others."""
    for file in files:
        if _WORKFLOW.fullmatch(file.path):
            try:
                documents = load_documents(file.text, file.path)
            except YamlError:
                continue
            for document in documents:
                yield from _triggers(file.path, document)
                yield from _permissions(file.path, document)


def _triggers(path: str, document: Document) -> Iterator[Finding]:
    value = document.value if isinstance(document.value, dict) else {}
    asked = next((value[name] for name in _ON if name in value), None)
    match asked:
        case str() if asked == _BORROWED:
            step: list[str | int] = ["on"]
        case dict() if _BORROWED in asked:
            step = ["on", _BORROWED]
        case list() if _BORROWED in asked:
            step = ["on", asked.index(_BORROWED)]
        case _:
            return
    yield Finding(
        check="workflow-trigger",
        where=_where(path, document, step),
        message=f"{_BORROWED} has the secrets and the token of the target, for whoever opens a pull request",
        hint="use `pull_request`: it has neither for forks",
    )


def _permissions(path: str, document: Document) -> Iterator[Finding]:
    value = document.value if isinstance(document.value, dict) else {}
    jobs = value.get("jobs")
    holders: list[tuple[list[str | int], object]] = [([], value)]
    holders += [(["jobs", name], job) for name, job in jobs.items()] if isinstance(jobs, dict) else []
    for steps, holder in holders:
        if isinstance(holder, dict) and holder.get("permissions") == _ALL:
            yield Finding(
                check="workflow-permissions",
                where=_where(path, document, [*steps, "permissions"]),
                message=f"{_ALL} lets every step write to everything in the repository",
                hint="`permissions: {}` for the workflow, and for each job what it needs",
            )


def _where(path: str, document: Document, steps: list[str | int]) -> Location:
    line, column, _ = document.place(steps)
    return Location(path=path, line=line, column=column)

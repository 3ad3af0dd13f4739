"""Charts against `versions.lock.yaml`: the lock is what people review, so every chart has to be as it says.

What helm renders is named by generators of Kustomize, in files of their own or in `helmCharts`.
https://kubectl.docs.kubernetes.io/references/kustomize/builtins/#_helmchartinflationgenerator_
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kubestack_py.model.finding import Finding, Location
from kubestack_py.model.service import VERSIONS_LOCK
from kubestack_py.system.yaml import Document, YamlError, load_documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kubestack_py.model.examined import FieldPath, TextFile

_GENERATOR = "HelmChartInflationGenerator"
_MARKS = (_GENERATOR.encode(), b"helmCharts:")
# What the lock calls a field, and what Kustomize does.
_FIELDS = {"chart": "name", "repository": "repo", "version": "version", "namespace": "namespace"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chart:
    """A chart as a file names it; a patch in an overlay states a part of its fields only."""

    path: str
    document: Document
    at: FieldPath
    fields: Mapping[str, Any]

    @property
    def release(self) -> str:
        return str(self.fields.get("releaseName") or self.fields.get("name"))

    def finding(self, message: str, hint: str, field: str = "") -> Finding:
        line, column, _ = self.document.place((*self.at, field) if field else self.at)
        where = Location(path=self.path, line=line, column=column)
        return Finding(check="versions-lock", where=where, message=message, hint=hint)


def names_charts(text: bytes) -> bool:
    """Whether a file may name charts, without reading it as YAML."""
    return any(mark in text for mark in _MARKS)


def check_versions_lock(lock: bytes, files: Iterable[TextFile], stacks: Iterable[str]) -> Iterator[Finding]:
    """Findings of charts that are not as the lock says, of those it lacks, and of those it alone has.

    `files` are those that may name charts. A service goes by the last name of the stack that it lies in.
    """
    read = _read_lock(lock)
    if isinstance(read, Finding):
        yield read
        return
    document, locked = read
    used: set[tuple[str, str]] = set()
    tops = sorted(stacks, key=len, reverse=True)
    for file in files:
        top = next((it for it in tops if file.path.startswith(f"{it}/")), posixpath.dirname(file.path))
        for chart in _charts(file):
            key = (posixpath.basename(top), chart.release)
            used.add(key)
            yield from _compared(chart, key, locked.get(key))
    for service, release in locked.keys() - used:
        line, column, _ = document.place(("services", service, "charts", release))
        yield Finding(
            check="versions-lock",
            where=Location(path=VERSIONS_LOCK, line=line, column=column),
            message=f"{release} of {service} is locked, and no file names this chart",
            hint=f"take it out of the lock; where it should be: kubestack add service {service}",
        )


def _compared(chart: _Chart, key: tuple[str, str], locked: Mapping[str, Any] | None) -> Iterator[Finding]:
    service, release = key
    if locked is None:
        yield chart.finding(
            f"{release} of {service} is not in {VERSIONS_LOCK}",
            f"write it there: services.{service}.charts.{release} with {', '.join(_FIELDS)}",
        )
        return
    for name, field in _FIELDS.items():
        if field in chart.fields and chart.fields[field] != locked.get(name):
            there = locked.get(name, "no value")
            yield chart.finding(
                f"the {name} of {release} is {chart.fields[field]}, and {there} in {VERSIONS_LOCK}",
                f"kubestack catalog upgrade {service} --version … changes both",
                field,
            )


def _read_lock(lock: bytes) -> tuple[Document, dict[tuple[str, str], Mapping[str, Any]]] | Finding:
    """The lock's document, and its charts by service and release; or what is wrong with it."""
    line, column, problem = 1, 1, "the lock has to be `services:` with `charts:` for each"
    try:
        [document] = load_documents(lock, VERSIONS_LOCK)
        services: Any = document.value["services"]  # type: ignore[index]
        return document, {
            (service, release): dict(chart)
            for service, entry in services.items()
            for release, chart in entry["charts"].items()
        }
    except YamlError as error:
        line, column, problem = error.line, error.column, error.problem
    except (AttributeError, KeyError, TypeError, ValueError):
        pass  # it is YAML of another shape
    where = Location(path=VERSIONS_LOCK, line=line, column=column)
    return Finding(check="versions-lock", where=where, message=problem, hint=f"git log -- {VERSIONS_LOCK}")


def _charts(file: TextFile) -> Iterator[_Chart]:
    """The charts that a file names; what is no YAML is somebody else's finding."""
    try:
        documents = load_documents(file.text, file.path)
    except YamlError:
        return
    for document in documents:
        value = document.value
        if not isinstance(value, dict):
            continue
        if value.get("kind") == _GENERATOR:
            metadata = value.get("metadata")
            name = metadata.get("name") if isinstance(metadata, dict) else None
            yield _Chart(path=file.path, document=document, at=(), fields={"releaseName": name, **value})
        listed = value.get("helmCharts")
        for index, item in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(item, dict):
                yield _Chart(path=file.path, document=document, at=("helmCharts", index), fields=item)

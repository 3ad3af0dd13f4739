"""`versions.lock.yaml`: the charts of a cluster repository with their versions, in one place to review.

A repository has one or it has none; where it has one, every command that changes a service changes its entry.
"""

from __future__ import annotations

import textwrap
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from kubestack_py.errors import ScaffoldError
from kubestack_py.model.service import VERSIONS_LOCK
from kubestack_py.scaffold.edits import FileEdit, content_of
from kubestack_py.system.yaml import YamlError, dump, spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from kubestack_py.model.service import Chart, Service
    from kubestack_py.scaffold.services.placed import PlacedService
    from kubestack_py.system.yaml import Span

_SERVICES = "services"
_PATH = PurePosixPath(VERSIONS_LOCK)


def lock_edits(root: Path, entries: Mapping[str, PlacedService | None]) -> Iterator[FileEdit]:
    """The edit of the lock for services by name, None for those that leave; nothing without a lock.

    Other entries and comments stay as they are. Raises `ScaffoldError` for a lock that cannot be read.
    """
    before = content_of(root / _PATH)
    if before is None:
        return
    text = before.decode("utf-8", "replace")
    for name, placed in entries.items():
        text = _with(text, name, _entry(placed) if placed else None)
    if text.encode() != before:
        yield FileEdit(path=_PATH, before=before, after=text.encode())


def _with(text: str, name: str, entry: Mapping[str, Any] | None) -> str:
    """The text with one entry written, replaced or taken out."""
    services = _services(text)
    block = textwrap.indent(dump({name: entry}), "  ") if entry else ""
    pair = next((pair for pair in services.pairs if pair[0].value == name), None)
    if pair is not None:
        start = text.rindex("\n", 0, pair[0].start) + 1
        end = text.find("\n", pair[1].end) + 1 or len(text)
        kept = f"{text[:start]}{block}{text[end:]}"
        return kept if block or len(services.pairs) > 1 else f"{kept.rstrip()} {{}}\n"
    if not block:
        return text
    if services.flow:  # `services: {}`, before the first one
        return f"{text[: services.start].rstrip(' ')}\n{block}{text[services.end :].lstrip()}"
    end = text.find("\n", services.end) + 1 or len(text)
    return f"{text[:end].rstrip()}\n{block}{text[end:]}"


def _services(text: str) -> Span:
    try:
        top = spans(text, VERSIONS_LOCK)
    except YamlError as error:
        raise ScaffoldError(
            f"{error}; nothing was changed", hint="Correct it, then run this again."
        ) from error
    found = top.get(_SERVICES) if top else None
    if found is None or found.kind != "mapping" or (found.flow and found.pairs):
        raise ScaffoldError(
            f"{VERSIONS_LOCK} has no block `services:` with an entry for each; nothing was changed",
            hint=f"Take it back from Git: git log -- {VERSIONS_LOCK}",
        )
    return found


def _entry(placed: PlacedService) -> dict[str, Any]:
    charts = [item.chart for item in placed.charts]
    return {
        "charts": {chart.release: _locked(chart) for chart in charts},
        "source": _source(placed.service, charts),
    }


def _locked(chart: Chart) -> dict[str, str]:
    return {
        "chart": chart.chart,
        "repository": chart.repository,
        "version": chart.version,
        "namespace": chart.namespace,
    }


def _source(service: Service, charts: list[Chart]) -> str:
    """Where the versions are from: the catalog's source, or the choice of whoever added it."""
    if [chart.version for chart in charts] != [chart.version for chart in service.charts]:
        return "chosen with --version"
    return f"{service.sources[0].what} ({service.sources[0].date})"

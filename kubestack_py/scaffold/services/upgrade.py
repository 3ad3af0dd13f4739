"""`kubestack catalog upgrade`: the versions of services that are there, raised to the catalog's.

Files are not written anew, for people edit them. A service is rendered with marks in place of versions, and
what stands in its files where such a mark would be is replaced; so this works for every delivery.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from kubestack_py.errors import ScaffoldError, UsageError
from kubestack_py.registry.semver import parse_version
from kubestack_py.scaffold.edits import Edits, FileEdit, content_of
from kubestack_py.scaffold.record import RECORD, record_edits
from kubestack_py.scaffold.services.installed import (
    KIND,
    every_service,
    installed,
    recorded_in,
    surroundings,
)
from kubestack_py.scaffold.services.lock import lock_edits
from kubestack_py.scaffold.services.rendering import place_service, service_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path, PurePosixPath

    from kubestack_py.model.platform import Platform
    from kubestack_py.scaffold.catalog import Catalog
    from kubestack_py.scaffold.record import Addition, Record
    from kubestack_py.scaffold.services.placed import PlacedService, ServiceOptions
    from kubestack_py.scaffold.services.rendering import Surroundings

_MARK = re.compile(r"0\.0\.0-kubestack-(\d+)")
_VERSION = r"""["']?(?P<version>[^\s"'#]+)["']?"""


def upgrade_services(
    root: Path, platform: Platform, catalog: Catalog, names: Sequence[str], version: str = ""
) -> Edits:
    """The edits that raise services to the catalog's versions: those named, or all that the catalog knows.

    `version` is another one, higher or lower, for the only service named. Raises `UsageError` for a service
    that is not there, `ScaffoldError` where a file was edited so much that its version is not found.
    """
    if version and len(names) != 1:
        raise UsageError("--version belongs to one service", hint="Name it: kubestack catalog upgrade NAME")
    around = surroundings(root, platform, catalog)
    files: list[FileEdit] = []
    notes: list[str] = []
    locked: dict[str, PlacedService] = {}
    kept: dict[str, str] = {}
    for options in _services(root, platform, catalog, names):
        here = replace(around, installed=installed(root, platform, around.clusters, options))
        target = place_service(replace(options, version=version), here)
        now = _versions(root, target, options, here)
        wanted = _wanted(target, now, lower=bool(version))
        placed = _with_versions(target, wanted)
        files += _edits(root, placed, options, here)
        notes += _notes(target, now, wanted)
        locked[options.name] = placed
        main = next(item.chart for item in placed.charts if item.chart.release == target.service.main.release)
        kept[options.name] = "" if main.version == target.service.main.version else main.version
    files += lock_edits(root, locked)
    files += record_edits(root, lambda record: _with_kept(record, kept))
    return Edits(files=tuple(edit for edit in files if edit.before != edit.after), notes=tuple(notes))


def _services(
    root: Path, platform: Platform, catalog: Catalog, names: Sequence[str]
) -> Iterator[ServiceOptions]:
    """The services to raise, as they were added; on several clusters each is one."""
    known = {service.name for service in catalog.services}
    if (root / RECORD).is_file():  # an application may have the name of a service
        known &= {options.name for options in recorded_in(root)}
    there = {(it.name, it.cluster): it for it in every_service(root, platform) if it.name in known}
    for name in names:
        catalog.find(name)
        if name not in {there_name for there_name, _ in there}:
            raise UsageError(
                f"there is no service {name} in this platform", hint="`kubestack list services` shows them."
            )
    yield from (options for (name, _), options in there.items() if not names or name in names)


def _versions(
    root: Path, target: PlacedService, options: ServiceOptions, around: Surroundings
) -> dict[int, str]:
    """The version that each chart has in the files, by the chart's number."""
    found: dict[int, str] = {}
    for path, marked in _marked(target, options, around).items():
        for number, match in _matches(path, marked, _text(root, path)):
            found.setdefault(number, match["version"])
    return found


def _wanted(target: PlacedService, now: Mapping[int, str], *, lower: bool) -> dict[int, str]:
    """The version that each chart is to have: the target's, unless that is lower and nobody said so."""
    wanted = {}
    for number, item in enumerate(target.charts):
        here, there = now.get(number, ""), item.chart.version
        old, new = parse_version(here), parse_version(there)
        keep = not lower and old is not None and new is not None and old > new
        wanted[number] = here if keep else there
    return wanted


def _notes(target: PlacedService, now: Mapping[int, str], wanted: Mapping[int, str]) -> Iterator[str]:
    for number, item in enumerate(target.charts):
        here, there, release = now.get(number, ""), wanted[number], item.chart.release
        if here and here != there:
            yield f"{release}: {here} → {there}"
        elif there != item.chart.version:
            yield f"{release} has {there}, which is newer than the catalog's {item.chart.version}; it stays."


def _edits(
    root: Path, placed: PlacedService, options: ServiceOptions, around: Surroundings
) -> Iterator[FileEdit]:
    """The files of a service with the versions of `placed` where their versions stand."""
    for path, marked in _marked(placed, options, around).items():
        text = _text(root, path)
        changed = text
        for number, match in reversed(list(_matches(path, marked, text))):
            start, end = match.span("version")
            changed = f"{changed[:start]}{placed.charts[number].chart.version}{changed[end:]}"
        yield FileEdit(path=path, before=text.encode(), after=changed.encode())


def _marked(
    placed: PlacedService, options: ServiceOptions, around: Surroundings
) -> dict[PurePosixPath, list[str]]:
    """The lines with versions of each file that has any, rendered with marks in their place."""
    marks = {number: f"0.0.0-kubestack-{number}" for number in range(len(placed.charts))}
    files = service_files(_with_versions(placed, marks), options, around)
    lines = {
        path: [line for line in content.decode().splitlines() if _MARK.search(line)]
        for path, content in files.items()
    }
    return {path: found for path, found in lines.items() if found}


def _with_versions(placed: PlacedService, versions: Mapping[int, str]) -> PlacedService:
    charts = (
        replace(item, chart=replace(item.chart, version=versions[number]))
        for number, item in enumerate(placed.charts)
    )
    return replace(placed, charts=tuple(charts))


def _matches(path: PurePosixPath, marked: Sequence[str], text: str) -> Iterator[tuple[int, re.Match[str]]]:
    """Where the marked lines are in a file, in order, with the numbers of their charts."""
    patterns: dict[str, list[int]] = {}
    for line in marked:
        before, number, after = _MARK.split(line, maxsplit=1)
        quoted = re.escape(before.rstrip("\"'")) + _VERSION + re.escape(after.lstrip("\"'"))
        patterns.setdefault(quoted, []).append(int(number))
    found: list[tuple[int, re.Match[str]]] = []
    for pattern, numbers in patterns.items():
        matches = list(re.finditer(rf"^{pattern}[ \t]*(?:#.*)?$", text, re.MULTILINE))
        if len(matches) != len(numbers):
            raise ScaffoldError(
                f"{path} was edited so much that the version of a chart is not found; nothing was changed",
                hint=f"Write it there by hand; as it was written, the line was: {marked[0].strip()}",
            )
        found += zip(numbers, matches, strict=True)
    yield from sorted(found, key=lambda item: item[1].start())


def _text(root: Path, path: PurePosixPath) -> str:
    content = content_of(root / path)
    if content is None:
        raise ScaffoldError(
            f"{path} is missing; nothing was changed", hint=f"Take it back from Git: git log -- {path}"
        )
    return content.decode("utf-8", "surrogateescape")


def _with_kept(record: Record, versions: Mapping[str, str]) -> Record:
    """The record with the version of each service that is not the catalog's own."""
    return replace(record, added=tuple(_kept(entry, versions) for entry in record.added))


def _kept(entry: Addition, versions: Mapping[str, str]) -> Addition:
    name = str(entry.options.get("name"))
    if entry.kind != KIND or name not in versions:
        return entry
    others = {key: value for key, value in entry.options.items() if key != "version"}
    return replace(entry, options={**others, **({"version": versions[name]} if versions[name] else {})})

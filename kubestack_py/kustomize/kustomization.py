"""One kustomization file: which fields it uses, and what it refers to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from kubestack_py.model.file_names import KUSTOMIZATIONS
from kubestack_py.system import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DEFAULT_CHART_HOME = "charts"


class Target(Enum):
    """What a reference may lead to."""

    ANY = "a file or a directory with a kustomization"
    FILE = "a file"
    TREE = "a directory with all that is below it, which may be filled later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A path as the kustomization writes it, relative to its directory, and the field that does."""

    path: str
    target: Target
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kustomization:
    """A kustomization that could be read. `file` is its path, `text` its content."""

    file: str
    text: bytes
    fields: frozenset[str]
    references: tuple[Reference, ...]


def find(directory: str, read: Callable[[str], bytes | None]) -> tuple[str, bytes] | None:
    """Path and content of the kustomization of a directory (empty for the top), or None."""
    for name in KUSTOMIZATIONS:
        path = f"{directory}/{name}" if directory else name
        content = read(path)
        if content is not None:
            return path, content
    return None


def parse(file: str, text: bytes) -> Kustomization | None:
    """The kustomization of a file, or None when it cannot be read: then Kustomize says why."""
    try:
        document = yaml.load(text, file)
    except yaml.YamlError:
        return None
    if not isinstance(document, dict):
        return None
    references = tuple(dict.fromkeys(_references(document)))
    return Kustomization(file=file, text=text, fields=frozenset(document), references=references)


def line_of(text: bytes, path: str) -> int:
    """The first line of a kustomization that mentions a path, or 0 (it is written with escapes)."""
    found = re.search(rb"(?<![\w./-])" + re.escape(path.encode()) + rb"(?![\w./-])", text)
    return text.count(b"\n", 0, found.start()) + 1 if found else 0


def _references(document: dict[str, Any]) -> Iterator[Reference]:
    for field, target, paths in (*_paths_of_lists(document), *_paths_of_objects(document)):
        for path in paths:
            if isinstance(path, str) and path:
                yield Reference(path=path, target=target, field=field)


def _paths_of_lists(document: dict[str, Any]) -> Iterator[tuple[str, Target, list[object]]]:
    for field in ("resources", "bases", "components"):
        yield field, Target.ANY, _list(document.get(field))
    for field in ("generators", "transformers", "validators"):
        yield field, Target.ANY, _not_inline(document.get(field))
    for field in ("crds", "configurations"):
        yield field, Target.FILE, _list(document.get(field))
    yield "patchesStrategicMerge", Target.FILE, _not_inline(document.get("patchesStrategicMerge"))


def _paths_of_objects(document: dict[str, Any]) -> Iterator[tuple[str, Target, list[object]]]:
    for field in ("patches", "patchesJson6902", "replacements"):
        yield field, Target.FILE, [item.get("path") for item in _mappings(document, field)]
    for field in ("configMapGenerator", "secretGenerator"):
        for item in _mappings(document, field):
            yield field, Target.FILE, _generator_files(item)
    yield "openapi", Target.FILE, [_mapping(document, "openapi").get("path")]
    yield from _charts(document)


def _generator_files(generator: dict[str, Any]) -> list[object]:
    """`files` may give the key first (`key=path`); `envs` and the older `env` are plain paths."""
    files = [str(entry).split("=", 1)[-1] for entry in _list(generator.get("files"))]
    return [*files, *_list(generator.get("envs")), generator.get("env")]


def _charts(document: dict[str, Any]) -> Iterator[tuple[str, Target, list[object]]]:
    for chart in _mappings(document, "helmCharts"):
        yield "helmCharts", Target.FILE, [chart.get("valuesFile"), *_list(chart.get("additionalValuesFiles"))]
        home = _mapping(document, "helmGlobals").get("chartHome")
        yield "helmGlobals", Target.TREE, [home or DEFAULT_CHART_HOME]
    for chart in _mappings(document, "helmChartInflationGenerator"):
        yield "helmChartInflationGenerator", Target.FILE, [chart.get("values")]
        yield "helmChartInflationGenerator", Target.TREE, [chart.get("chartHome")]


def _not_inline(entries: object) -> list[object]:
    """Entries of a field that takes both paths and inline YAML: an object has more than one line."""
    return [entry for entry in _list(entries) if isinstance(entry, str) and not _is_inline(entry)]


def _is_inline(entry: str) -> bool:
    return "\n" in entry or entry.lstrip().startswith(("{", "["))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _mapping(document: dict[str, Any], field: str) -> dict[str, Any]:
    value = document.get(field)
    return value if isinstance(value, dict) else {}


def _mappings(document: dict[str, Any], field: str) -> list[dict[str, Any]]:
    return [item for item in _list(document.get(field)) if isinstance(item, dict)]

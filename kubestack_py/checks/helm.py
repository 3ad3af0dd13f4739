"""Values of Helm releases against the schema of the chart, where the chart is in the repository."""

from __future__ import annotations

import json
import posixpath
from typing import TYPE_CHECKING, Any

from kubestack_py.checks.manifests import explained
from kubestack_py.checks.schemas import Validator
from kubestack_py.checks.workloads import at
from kubestack_py.model.examined import Problem
from kubestack_py.system.yaml import YamlError, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from kubestack_py.model.examined import Built, FieldPath

    Read = Callable[[str], bytes | None]


def check_values(objects: Iterable[Built], read: Read) -> Iterator[Problem]:
    """Problems of values that the values.schema.json of a local chart refuses; `read` gives files."""
    for item in objects:
        for chart, path in _releases(item):
            schema = read(f"{chart}/values.schema.json")
            values = at(item.document, path)
            if schema is not None and isinstance(values, dict | None):
                merged = _merged(_defaults(chart, read), values or {})
                yield from _check(item, path, merged, schema, chart)


def _releases(item: Built) -> Iterator[tuple[str, FieldPath]]:
    """The directory of a local chart, and where the values for it stand."""
    kind = item.manifest.kind
    if kind == "HelmRelease":
        source = at(item.document, ("spec", "chart", "spec", "sourceRef", "kind"))
        chart = at(item.document, ("spec", "chart", "spec", "chart"))
        if isinstance(chart, str) and source in ("GitRepository", "Bucket"):
            yield posixpath.normpath(chart), ("spec", "values")
    elif kind == "Application":
        chart = at(item.document, ("spec", "source", "path"))
        if isinstance(chart, str):
            yield posixpath.normpath(chart), ("spec", "source", "helm", "valuesObject")


def _check(
    item: Built, path: FieldPath, values: dict[str, Any], schema: bytes, chart: str
) -> Iterator[Problem]:
    file = f"{chart}/values.schema.json"
    try:
        validator = Validator(json.loads(schema))
    except ValueError as error:
        yield Problem(check="helm-values", about=item, path=path, message=f"{file} is not JSON: {error}")
        return
    if validator.trouble:
        yield Problem(
            check="helm-values", about=item, path=path, message=f"{file} cannot be used: {validator.trouble}"
        )
        return
    for misfit in validator.compiled.iter_errors(values):
        for inner, message, hint in explained(misfit, validator.schema):
            yield Problem(
                check="helm-values",
                about=item,
                path=(*path, *inner),
                message=message,
                hint=hint or f"by {file}",
            )


def _defaults(chart: str, read: Read) -> dict[str, Any]:
    try:
        value = load(read(f"{chart}/values.yaml") or b"", f"{chart}/values.yaml")
    except YamlError:
        return {}
    return value if isinstance(value, dict) else {}


def _merged(defaults: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """As Helm does: mappings are joined, anything else is replaced, and null takes a default out."""
    merged = {**defaults, **values}
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(defaults.get(key), dict):
            merged[key] = _merged(defaults[key], value)
    return {key: value for key, value in merged.items() if value is not None}

"""The schemas that objects are held to: those of Kubernetes, of the platform's own CRDs, and shipped ones.

Kubernetes' own come from the files of the package kubernetes-validate, one of 1.8 MB for each version, of
which only what a kind needs is compiled. Nothing is ever fetched: a reference that leads out of a schema
is an error.
"""

from __future__ import annotations

import importlib.util
import json
import re
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from kubestack_py.checks.structural import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema_rs import Draft202012Validator

_POINTER = "#/$defs/"
_VERSION = re.compile(r"v(\d+)\.(\d+)\.0-local-strict")


class Schemas:
    """Validators by API version and kind; compiled when first asked for."""

    def __init__(self, version: str, crds: Iterable[Mapping[str, Any]], shipped: Path | None = None) -> None:
        self.version = version
        self._own = dict(_custom(crds))
        self._shipped = shipped
        self._validators: dict[tuple[str, str], Validator | None] = {}

    def find(self, api_version: str, kind: str) -> Validator | None:
        """What objects of a kind have to fit; None where nobody here knows the kind."""
        key = (api_version, kind)
        if key not in self._validators:
            schema = self._own.get(key) or self._builtin(key) or self._packaged.get(key)
            self._validators[key] = Validator(schema) if schema else None
        return self._validators[key]

    def served(self, api_version: str, kind: str) -> tuple[str, ...]:
        """The API versions of the same group in which this Kubernetes serves the kind, if any."""
        group = api_version.rpartition("/")[0]
        return tuple(
            version
            for version, known in sorted(self._names)
            if known == kind and version.rpartition("/")[0] == group
        )

    def moved(self, kind: str) -> tuple[str, ...]:
        """Every API version in which this Kubernetes serves a kind of that name."""
        return tuple(sorted(version for version, known in self._names if known == kind))

    def is_builtin_group(self, api_version: str) -> bool:
        """Whether the group belongs to Kubernetes itself."""
        group = api_version.rpartition("/")[0]
        return group in {version.rpartition("/")[0] for version, _ in self._names}

    @cached_property
    def _definitions(self) -> dict[str, Any]:
        path = _bundle() / f"v{self.version}.0-local-strict" / "_definitions.json"
        text = path.read_text(encoding="utf-8")
        # A quantity is text or a number, and null is both: exactly one of them cannot be asked for.
        definitions: dict[str, Any] = json.loads(text.replace('"oneOf"', '"anyOf"'))["$defs"]
        return definitions

    @cached_property
    def _names(self) -> dict[tuple[str, str], str]:
        """The definition of every kind."""
        names: dict[tuple[str, str], str] = {}
        for name, definition in self._definitions.items():
            for item in definition.get("x-kubernetes-group-version-kind", ()):
                version = f"{item['group']}/{item['version']}" if item["group"] else item["version"]
                names.setdefault((version, item["kind"]), name)
        return names

    def _builtin(self, key: tuple[str, str]) -> dict[str, Any] | None:
        name = self._names.get(key)
        if name is None or not {"kind", "metadata"} <= self._definitions[name].get("properties", {}).keys():
            return None
        return {"$ref": _POINTER + name, "$defs": self._closure(name)}

    def _closure(self, name: str) -> dict[str, Any]:
        """A definition and all that it refers to."""
        found: dict[str, Any] = {}
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found[current] = self._definitions[current]
                waiting += _references(self._definitions[current])
        return found

    @cached_property
    def _packaged(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Schemas of custom kinds that come with this program, a file each."""
        if self._shipped is None or not self._shipped.is_dir():
            return {}
        documents = (json.loads(path.read_text(encoding="utf-8")) for path in self._shipped.glob("*.json"))
        return {key: document for document in documents for key in _packaged_keys(document)}


class Validator:
    """A compiled schema; `schema` explains what it refuses."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema

    @cached_property
    def compiled(self) -> Draft202012Validator:
        """The validator itself."""
        import jsonschema_rs

        return jsonschema_rs.Draft202012Validator(self.schema, retriever=_refuse)

    @cached_property
    def trouble(self) -> str:
        """Why it cannot be compiled (a pattern that only Go understands); empty where it can."""
        import jsonschema_rs

        try:
            _ = self.compiled
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            return str(error).splitlines()[0]
        return ""


def known_versions() -> tuple[str, ...]:
    """The versions of Kubernetes whose schemas are here, oldest first (`1.25`)."""
    found = (_VERSION.fullmatch(path.name) for path in _bundle().iterdir())
    return tuple(
        f"{major}.{minor}"
        for major, minor in sorted((int(match[1]), int(match[2])) for match in found if match)
    )


def _bundle() -> Path:
    """The files of kubernetes-validate, without importing it: that costs 150 ms and is not needed."""
    spec = importlib.util.find_spec("kubernetes_validate")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("kubernetes-validate")
    return Path(spec.submodule_search_locations[0]) / "kubernetes-json-schema"


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(_POINTER)
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _custom(crds: Iterable[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """The schema of every version of every CustomResourceDefinition (apiextensions.k8s.io/v1)."""
    for crd in crds:
        spec = _mapping(crd.get("spec"))
        kind = str(_mapping(spec.get("names")).get("kind") or "")
        versions = spec.get("versions")
        for version in versions if isinstance(versions, list) else ():
            schema = _mapping(_mapping(_mapping(version).get("schema")).get("openAPIV3Schema"))
            if kind and schema:
                yield (f"{spec.get('group')}/{version.get('name')}", kind), json_schema(schema)


def _packaged_keys(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for item in document.get("x-kubernetes-group-version-kind", ()):
        yield f"{item['group']}/{item['version']}", item["kind"]


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is outside of the schema")

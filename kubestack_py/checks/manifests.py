"""Every object against the schema of its kind: unknown and missing fields, wrong types, gone API versions."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

from kubestack_py.model.examined import Problem
from kubestack_py.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jsonschema_rs import ValidationError

    from kubestack_py.checks.schemas import Schemas, Validator
    from kubestack_py.model.examined import Built, FieldPath

_SHOWN = 60
_ENOUGH_CHOICES = 12


def check_manifests(objects: Iterable[Built], schemas: Schemas) -> Iterator[Problem]:
    """Problems of objects that do not fit; a note for each kind that no schema here describes."""
    unknown: set[tuple[str, str]] = set()
    for item in objects:
        api_version, kind = item.manifest.api_version, item.manifest.kind
        validator = schemas.find(api_version, kind)
        if validator is not None and not validator.trouble:
            if not validator.compiled.is_valid(item.document):
                yield from _misfits(item, validator, encrypted="sops" in item.document)
        elif validator is None and schemas.is_builtin_group(api_version):
            yield _not_served(item, schemas)
        elif (api_version, kind) not in unknown:
            unknown.add((api_version, kind))
            yield Problem(
                check="manifest-kind",
                about=item,
                path=("kind",),
                severity=Severity.NOTE,
                message=_unusable(item, validator),
                hint="add its CustomResourceDefinition to a stack of the platform" if not validator else "",
            )


def _unusable(item: Built, validator: Validator | None) -> str:
    what = f"{item.manifest.kind} in {item.manifest.api_version}"
    if validator:
        return f"the schema for {what} cannot be used: {validator.trouble}"
    return f"no schema for {what}, so its fields are not checked"


def _not_served(item: Built, schemas: Schemas) -> Problem:
    manifest = item.manifest
    others = schemas.served(manifest.api_version, manifest.kind) or schemas.moved(manifest.kind)
    return Problem(
        check="manifest-api",
        about=item,
        path=("apiVersion",),
        message=f"Kubernetes {schemas.version} does not serve {manifest.kind} in {manifest.api_version}",
        hint=f"it serves {' and '.join(others)}" if others else "the kind is not known to it at all",
    )


def _misfits(item: Built, validator: Validator, *, encrypted: bool) -> Iterator[Problem]:
    """What does not fit. What SOPS adds or has encrypted is taken out before an object reaches a cluster."""
    document = {key: value for key, value in item.document.items() if not (encrypted and key == "sops")}
    for error in validator.compiled.iter_errors(document):
        if encrypted and str(error.instance).startswith("ENC["):
            continue
        for path, message, hint in explained(error, validator.schema):
            yield Problem(check="manifest-schema", about=item, path=path, message=message, hint=hint)


def explained(error: ValidationError, schema: object) -> Iterator[tuple[FieldPath, str, str]]:
    """Path, message and hint for one error of the validator."""
    path: FieldPath = tuple(error.instance_path)
    kind: Any = error.kind
    match kind.name:
        case "additionalProperties":
            known = list(_rule(schema, error.schema_path[:-1]).get("properties", ()))
            for field in kind.unexpected:
                yield (*path, field), f"unknown field `{field}`", _suggestion(field, known)
        case "required":
            yield path, f"`{_unquoted(kind.property)}` is missing", ""
        case "type":
            yield path, f"must be {_words(kind.types)}, not {_shown(error.instance)}", ""
        case "enum" | "const":
            allowed = _rule(schema, error.schema_path[:-1]).get(kind.name)
            choices = allowed if isinstance(allowed, list) else [allowed]
            yield path, f"{_shown(error.instance)} is not allowed here", f"allowed: {_listed(choices)}"
        case "pattern":
            yield path, f"{_shown(error.instance)} is not allowed here", f"allowed: {kind.pattern}"
        case "anyOf" | "oneOf":
            yield path, _alternatives(kind, error), ""
        case _:
            yield path, error.message, ""


def _alternatives(kind: Any, error: ValidationError) -> str:
    """What none of several alternatives takes; in words where they differ by type."""
    inner = [item for branch in getattr(kind, "context", ()) for item in branch]
    if inner and all(item.kind.name == "type" for item in inner):
        types = [name for item in inner for name in item.kind.types]
        return f"must be {_words(types)}, not {_shown(error.instance)}"
    said = dict.fromkeys(item.message for item in inner)
    return f"fits none of the alternatives: {'; '.join(said)}" if said else error.message


def _rule(schema: object, path: Iterable[str | int]) -> dict[str, Any]:
    """The part of a schema that a path leads to; empty where it leads nowhere."""
    for step in path:
        if isinstance(schema, dict):
            schema = schema.get(str(step))
        elif isinstance(schema, list) and isinstance(step, int) and step < len(schema):
            schema = schema[step]
    return schema if isinstance(schema, dict) else {}


def _suggestion(field: str, known: list[str]) -> str:
    near = difflib.get_close_matches(field, known, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"allowed: {_listed(sorted(known))}" if known else "no fields are allowed here"


def _listed(choices: list[Any]) -> str:
    shown = [str(choice) for choice in choices[:_ENOUGH_CHOICES]]
    more = len(choices) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


def _words(types: Iterable[str]) -> str:
    words = dict.fromkeys(_TYPES[name] for name in types if name in _TYPES)
    return " or ".join(words) or "null"


def _unquoted(name: str) -> str:
    return name.strip('"')


def _shown(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"

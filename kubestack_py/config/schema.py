"""Explain what is wrong with a value by its JSON Schema, in words.

jsonschema costs more to import than the whole of `kubestack resolve`, so this module is imported
only when there is something to explain, and by `kubestack validate`.
"""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from kubestack_py.system.files import resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema.exceptions import ValidationError

    from kubestack_py.config.source import SettingsSource
    from kubestack_py.model.finding import Finding

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
}
_OTHERS = {"uniqueItems": "lists the same entry twice"}


def load_schema(name: str) -> dict[str, Any]:
    """A shipped schema by its name (`kubestack`)."""
    schema: dict[str, Any] = json.loads(resource(f"schemas/{name}.schema.json").read_text(encoding="utf-8"))
    return schema


def findings(source: SettingsSource, value: object, schema: str = "kubestack") -> list[Finding]:
    """Everything the schema has to say about a parsed file, in the order of its lines."""
    found = [
        source.finding(message, [*error.absolute_path, *extra], check="schema", hint=hint)
        for error in Draft202012Validator(load_schema(schema)).iter_errors(value)
        for message, extra, hint in _explained(error)
    ]
    return sorted(found, key=_place)


def _place(finding: Finding) -> tuple[int, int]:
    return (finding.where.line, finding.where.column) if finding.where else (0, 0)


def _explained(error: ValidationError) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Message, further key path and hint for one error of the validator."""
    rule: Any = error.validator
    wanted: Any = error.validator_value
    schema: Any = error.schema
    value: Any = error.instance
    if rule == "additionalProperties":
        known = list(schema["properties"])
        for key in value:
            if key not in known:
                near = difflib.get_close_matches(str(key), known, n=1)
                hint = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(known)}"
                yield f"unknown key `{key}`", (str(key),), hint
    elif rule == "required":
        missing = [key for key in wanted if key not in value]
        # One error of the validator names one key; the message says which.
        name = next(key for key in missing if f"'{key}'" in error.message)
        yield f"`{name}` is missing", (), schema["properties"][name].get("description", "")
    elif rule == "type":
        yield f"must be {_TYPES.get(wanted, wanted)}, not {_shown(value)}", (), ""
    elif rule in {"pattern", "not"}:
        yield (
            f"{_shown(value)} is not allowed here",
            (),
            f"allowed: {schema.get('x-pattern', wanted)}",
        )
    elif rule in {"minItems", "minProperties"}:
        yield f"must have at least {wanted} entry", (), schema.get("description", "")
    elif rule == "maxProperties":
        yield f"must have exactly one of {' and '.join(map(str, value))}", (), ""
    elif rule in {"enum", "const"}:
        choices = wanted if rule == "enum" else [wanted]
        words = (str(item) for item in choices if item is not False)  # `off`, as YAML 1.1 reads it
        yield f"{_shown(value)} is not known", (), f"use {' or '.join(words)}"
    else:
        yield _OTHERS.get(rule, error.message), (), ""


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "…"

"""docs/kubestack-yaml.md from schemas/kubestack.schema.json."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubestack_py.config.schema import load_schema
from kubestack_py.model.platform import SETTINGS_FILE
from kubestack_py.scaffold.answers import check
from kubestack_py.scaffold.render import render_platform
from scripts.markdown import anchor, choice, document, fence, table

if TYPE_CHECKING:
    from collections.abc import Iterator

Rule = dict[str, Any]

_WORDS = {"string": "text", "boolean": "`true` or `false`", "integer": "whole number"}


def settings_reference() -> str:
    """Every key of the settings file: what it means, what it may hold, what holds without it."""
    schema = load_schema("kubestack")
    return document(
        f"# {SETTINGS_FILE}",
        "<!-- Written by `make docs` from schemas/kubestack.schema.json. -->",
        f"{schema['description']} The file stands at the top of the repository. Unknown keys are refused; "
        "`kubestack validate` says what is wrong, with line and key.",
        "What `kubestack new platform acme` writes:",
        fence("yaml", _scaffolded_settings().rstrip("\n")),
        *_sections(schema, schema["$defs"], ""),
    )


def _scaffolded_settings() -> str:
    with tempfile.TemporaryDirectory() as scratch:
        platform = render_platform(check({"name": "acme"}), Path(scratch))
        return (platform / SETTINGS_FILE).read_text(encoding="utf-8")


def _sections(rule: Rule, definitions: Rule, path: str) -> Iterator[str]:
    """A table for a mapping, then the same for each mapping inside it."""
    properties = {key: _resolved(value, definitions) for key, value in rule["properties"].items()}
    required = rule.get("required", ())
    if path:
        yield f"## {path}"
        yield rule.get("description", "")
    yield table(
        ["key", "value", "default", "meaning"],
        [
            (
                f"`{key}`",
                _value(value, definitions, _inside(path, key, value)),
                "required" if key in required else _default(value),
                value.get("description", ""),
            )
            for key, value in properties.items()
        ],
    )
    for key, value in properties.items():
        inner = _resolved(value.get("items", value), definitions)
        if "properties" in inner:
            described = {"description": value.get("description", ""), **inner}
            yield from _sections(described, definitions, _inside(path, key, value))


def _inside(path: str, key: str, rule: Rule) -> str:
    """The path of a key: `environments[].apply_on`."""
    return f"{path}.{key}".lstrip(".") + ("[]" if "items" in rule else "")


def _resolved(rule: Rule, definitions: Rule) -> Rule:
    """A rule with what it refers to."""
    reference = rule.get("$ref", "").removeprefix("#/$defs/")
    return {**definitions[reference], **rule} if reference else rule


def _value(rule: Rule, definitions: Rule, path: str) -> str:
    """What may be written, in words; a mapping is a link to its own table."""
    if "const" in rule:
        return f"`{rule['const']}`"
    if "enum" in rule:
        return choice(rule["enum"])
    if "properties" in rule:
        return f"[mapping]({anchor(path)})"
    if "x-any" in rule:
        return str(rule["x-any"])
    if rule["type"] == "object":
        return f"mapping of names to {_value(rule['additionalProperties'], definitions, path)}"
    if rule["type"] == "array":
        return f"list of {_value(_resolved(rule['items'], definitions), definitions, path)}"
    words = _WORDS[rule["type"]]
    if "maximum" in rule:
        words += f" from {rule['minimum']} to {rule['maximum']}"
    return f"{words}: {rule['x-pattern']}" if "x-pattern" in rule else words


def _default(rule: Rule) -> str:
    value = rule.get("default")
    if value is None:
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"

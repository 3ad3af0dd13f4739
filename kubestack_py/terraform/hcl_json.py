"""What a Terraform file in JSON syntax says, as `hcl` tells it of all others.

Source: https://developer.hashicorp.com/terraform/language/syntax/json.
Strings in them are templates: each is parsed as one.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kubestack_py.terraform import syntax
from kubestack_py.terraform.hcl import CONFIGURATION, ConfigurationMap, ModuleCall
from kubestack_py.terraform.references import FileReference, references_in

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKER = "KUBESTACK_TEMPLATE"


def syntax_error(source: bytes) -> tuple[int, int] | None:
    """Line and column of the first syntax error, or None."""
    try:
        json.loads(source.removeprefix(syntax.BOM))
    except json.JSONDecodeError as error:
        return error.lineno, error.colno
    except UnicodeDecodeError:
        return 1, 1
    return None


def module_calls(source: bytes) -> tuple[ModuleCall, ...]:
    """The modules of a file."""
    return tuple(
        ModuleCall(name=name, source=_text(body.get("source")), version=_text(body.get("version")))
        for name, body in labelled(load(source), "module")
    )


def file_references(source: bytes) -> tuple[FileReference, ...]:
    """The files and directories that the templates of a file name; without lines."""
    found: list[FileReference] = []
    for template in _strings(load(source)):
        if "${" in template or "%{" in template:
            root = syntax.parse(f"x = <<{_MARKER}\n{template}\n{_MARKER}\n".encode())
            found.extend(references_in(root))
    return tuple(replace(item, line=0) for item in found)


def configuration_keys(source: bytes) -> tuple[ConfigurationMap, ...]:
    """The inherited configurations of a file; without lines."""
    document = load(source)
    places = [
        *((f"module.{name}", body.get(CONFIGURATION)) for name, body in labelled(document, "module")),
        *((f"local.{CONFIGURATION}", body.get(CONFIGURATION)) for body in objects(document.get("locals"))),
        *(
            (f"var.{name}", body.get("default"))
            for name, body in labelled(document, "variable")
            if name == CONFIGURATION
        ),
    ]
    return tuple(
        ConfigurationMap(where=where, line=0, keys=tuple((key, 0) for key in value))
        for where, value in places
        if isinstance(value, dict)
    )


def load(source: bytes) -> dict[str, Any]:
    """The document; an empty one for what is no JSON object."""
    try:
        document = json.loads(source.removeprefix(syntax.BOM))
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def is_unambiguous(source: bytes) -> bool:
    """Whether Terraform reads the same as `load`: it takes a key that is there twice for two blocks."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError
        return dict(pairs)

    try:
        return isinstance(json.loads(source.removeprefix(syntax.BOM), object_pairs_hook=once), dict)
    except ValueError:
        return False


def labelled(document: dict[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The blocks of a kind with their label: JSON may hold one object, or a list of them, at each level."""
    for group in objects(document.get(kind)):
        for name, bodies in group.items():
            for body in objects(bodies):
                yield name, body


def objects(value: object) -> list[dict[str, Any]]:
    """One object, or those of a list: JSON takes both for blocks."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""

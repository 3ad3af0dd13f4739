"""Values to YAML that people read: keys in their order, comments, blocks for scripts, room between jobs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN = re.compile(r"[A-Za-z/$.~_]([A-Za-z0-9 _./:@+=,()$-]*[A-Za-z0-9_./@+=,()$-])?")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", "~"}
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Noted:
    """A text with a comment behind it."""

    value: str
    comment: str


class Apart(dict[str, Any]):
    """A mapping whose entries stand apart, with an empty line between them."""


def yaml_text(value: dict[str, Any]) -> str:
    """The document."""
    return "\n".join(_mapping(value, 0)) + "\n"


def _mapping(value: dict[str, Any], depth: int) -> Iterator[str]:
    space = "  " * depth
    for index, (key, item) in enumerate(value.items()):
        if index and isinstance(value, Apart):
            yield ""
        plain = _KEY.fullmatch(key) and key.lower() not in _WORDS - {"on"}  # the `on` of GitHub's workflows
        name = key if plain else json.dumps(key, ensure_ascii=False)
        if isinstance(item, dict | list) and item:
            yield f"{space}{name}:"
            yield from _mapping(item, depth + 1) if isinstance(item, dict) else _sequence(item, depth + 1)
        elif isinstance(item, str) and "\n" in item:
            yield f"{space}{name}: |"
            yield from _block(item, depth + 1)
        else:
            yield f"{space}{name}: {_scalar(item)}"


def _sequence(value: list[Any], depth: int) -> Iterator[str]:
    space = "  " * depth
    for item in value:
        if isinstance(item, dict) and item:
            first, *rest = _mapping(item, depth + 1)
            yield f"{space}- {first.lstrip()}"
            yield from rest
        elif isinstance(item, str) and "\n" in item:
            yield f"{space}- |"
            yield from _block(item, depth + 1)
        else:
            yield f"{space}- {_scalar(item)}"


def _block(text: str, depth: int) -> Iterator[str]:
    for line in text.rstrip("\n").split("\n"):
        yield f"{'  ' * depth}{line}" if line else ""


def _scalar(value: object) -> str:
    match value:
        case Noted():
            return f"{_scalar(value.value)} # {value.comment}"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str() if _PLAIN.fullmatch(value) and value.lower() not in _WORDS and ": " not in value:
            return value
        case str() if '"' in value or "\\" in value:
            return "'" + value.replace("'", "''") + "'"
        case _:  # text that needs quotes, an empty mapping or an empty list: JSON is YAML too
            return json.dumps(value, ensure_ascii=False)

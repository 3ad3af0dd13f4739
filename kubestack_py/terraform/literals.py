"""Values as Terraform writes them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_WORDS = frozenset({"true", "false", "null", "for", "if", "in"})


def literal(value: object, indent: int = 0) -> str:
    """A JSON value as an expression, formatted as `terraform fmt` does; later lines are indented.

    Text stays text: `${` and `%{` in it are escaped.
    """
    if isinstance(value, dict):
        return _object(value, indent)
    if isinstance(value, list):
        return f"[{', '.join(literal(item, indent) for item in value)}]"
    if isinstance(value, str):
        return text(value)
    return json.dumps(value)


def text(value: str) -> str:
    """Text in quotes."""
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def _object(value: Mapping[str, Any], indent: int) -> str:
    """An object with a line for each key; signs of equality are aligned within runs of short values."""
    if not value:
        return "{}"
    inner = " " * (indent + 2)
    lines: list[str] = []
    run: list[tuple[str, str]] = []
    for key, item in value.items():
        written = literal(item, indent + 2)
        if "\n" in written:
            lines += _aligned(run)
            lines.append(f"{_key(key)} = {written}")
            run = []
        else:
            run.append((_key(key), written))
    lines += _aligned(run)
    return "\n".join(["{", *(inner + line for line in lines), " " * indent + "}"])


def _aligned(run: list[tuple[str, str]]) -> list[str]:
    width = max((len(key) for key, _ in run), default=0)
    return [f"{key.ljust(width)} = {written}" for key, written in run]


def _key(key: str) -> str:
    return key if _NAME.fullmatch(key) and key not in _WORDS else text(key)

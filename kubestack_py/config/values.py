"""The few forms that values of a settings file can have; what is none of them is `MalformedError`."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, TypeVar

Choice = TypeVar("Choice", bound=StrEnum)
IDENTIFIER = re.compile(r"[a-z]+(-[a-z0-9]+)*")  # of a check or a rule
ENVIRONMENT = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")  # as other settings refer to it
FILE = re.compile(r"(?!.*\.\.)[A-Za-z0-9_.][A-Za-z0-9._/-]*")  # inside the repository
GLOB = re.compile(r"[^\s\0]+")
REASON = re.compile(r"[^\n\0]*[^\s\0][^\n\0]*")


class MalformedError(Exception):
    """The value is not what the schema allows; `config.schema` says why."""


def mapping(value: object, known: set[str], required: set[str] | None = None) -> dict[str, Any]:
    """A mapping that has no other keys than the known ones, and all that are required."""
    if not isinstance(value, dict) or not set(value) <= known or not (required or set()) <= set(value):
        raise MalformedError
    return value


def entries(value: object, at_least: int = 0) -> list[object]:
    """A list of at least so many entries."""
    if not isinstance(value, list) or len(value) < at_least:
        raise MalformedError
    return value


def text(value: object, allowed: re.Pattern[str]) -> str:
    """Text that fits a pattern as a whole."""
    if not isinstance(value, str) or not allowed.fullmatch(value):
        raise MalformedError
    return value


def unique(value: object, allowed: re.Pattern[str]) -> tuple[str, ...]:
    """A list of texts that fit a pattern, none of them twice."""
    found = tuple(text(item, allowed) for item in entries(value))
    if len(set(found)) != len(found):
        raise MalformedError
    return found


def globs(value: object) -> tuple[str, ...]:
    """A list of globs."""
    return tuple(text(item, GLOB) for item in entries(value))


def boolean(value: object) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise MalformedError
    return value


def number(value: object, least: int, most: int) -> int:
    """A whole number between two bounds; 1.0 is one too, as in JSON."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise MalformedError
    if value != int(value):
        raise MalformedError
    return int(value)


def choice(value: object, choices: type[Choice]) -> Choice:
    """One of the words of an enumeration."""
    if not isinstance(value, str) or value not in [item.value for item in choices]:
        raise MalformedError
    return choices(value)

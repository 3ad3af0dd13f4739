"""Which tags are newer than another one: by version, by number, by letters, or by a part of the tag. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kubestack_py.errors import UsageError
from kubestack_py.registry.semver import parse_range, parse_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Key = Callable[[str], object]

_WAYS = "semver:RANGE, numerical, alphabetical or regex:PATTERN"


def newer_tags(tags: Iterable[str], current: str, way: str) -> tuple[str, ...]:
    """The tags that come after `current`, newest first, by a `way` such as `semver:>=1.2 <2`.

    Tags that the way has no order for are left out. All that fit are newer than a current tag that does
    not. Raises `UsageError` for a way that cannot be read.
    """
    key = _key(way)
    here = key(current) if current else None
    found = [(order, tag) for tag in tags if (order := key(tag)) is not None and tag != current]
    later = [item for item in found if here is None or item[0] > here]  # type: ignore[operator]
    return tuple(tag for _, tag in sorted(later, reverse=True))


def usual_way(current: str) -> str:
    """How tags like the current one are ordered where nobody says; empty where only a person can know."""
    return "semver:*" if parse_version(current) else ""


def _key(way: str) -> Key:
    kind, _, rest = way.partition(":")
    if kind == "semver":
        return _by_version(rest or "*")
    if kind == "numerical" and not rest:
        return lambda tag: float(tag) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", tag) else None
    if kind == "alphabetical" and not rest:
        return lambda tag: tag
    if kind == "regex" and rest:
        return _by_part(rest)
    raise UsageError(f"{way!r} is no order of tags", hint=f"Give --newer one of {_WAYS}.")


def _by_version(text: str) -> Key:
    fits = parse_range(text)
    if fits is None:
        raise UsageError(f"{text!r} is no range of versions", hint="Examples: >=1.2 <2, 1.x, ~1.4, ^2")

    def key(tag: str) -> object:
        version = parse_version(tag)
        return version if version and fits(version) else None

    return key


def _by_part(text: str) -> Key:
    """By the group of a pattern; numbers of any length as numbers: `^main-[0-9a-f]+-(?P<ts>[0-9]+)$`."""
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise UsageError(f"{text!r} is no regular expression: {error}") from error
    if pattern.groups > 1:
        raise UsageError(
            f"{text!r} has {pattern.groups} groups", hint="Put one group around what orders tags."
        )

    def key(tag: str) -> object:
        found = pattern.search(tag)
        part = found[pattern.groups] if found else None
        if part is None:
            return None
        return (len(part.lstrip("0")), part.lstrip("0")) if part.isdigit() else (0, part)

    return key

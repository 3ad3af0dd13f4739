"""Which tags are newer than another one: by version, by number, by letters, or by a part of the tag. Pure."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from kubestack_py.errors import UsageError
from kubestack_py.registry.semver import parse_range, parse_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Key = Callable[[str], object]

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_LONG_NUMBER = re.compile(r"v?[0-9]{5,}")
_TIME = re.compile(
    r"20[0-9]{2}[.-]?[01][0-9][.-]?[0-3][0-9]"
    r"(?:[T._-]?[0-2][0-9][.-]?[0-5][0-9](?:[.-]?[0-5][0-9])?Z?)?"
)
_BUILT = re.compile(r"(?P<branch>[A-Za-z0-9_][A-Za-z0-9_.-]*)-[0-9a-f]{7,40}-[0-9]{9,}")
_ATTACHED = re.compile(r"sha256-[0-9a-f]{64}(?:\.[a-z]+)?")  # signatures and the like, as cosign names them
_WAYS = "semver:RANGE, numerical, alphabetical or regex:PATTERN"


def newer_tags(tags: Iterable[str], current: str, way: str) -> tuple[str, ...]:
    """The tags that come after `current`, newest first, by a `way` such as `semver:>=1.2 <2`.

    Tags that the way has no order for are left out, and so are those that stand for signatures. All that fit
    are newer than a current tag without an order; a current version outside of the range has one.
    Raises `UsageError` for a way that cannot be read.
    """
    order = _order(way)
    here = order.key(current) if current else None
    ordered = [(key, tag) for tag in tags if (key := order.key(tag)) is not None and order.fits(key)]
    found = [(key, tag) for key, tag in ordered if tag != current and not _ATTACHED.fullmatch(tag)]
    later = [item for item in found if here is None or item[0] > here]  # type: ignore[operator]
    return tuple(tag for _, tag in sorted(later, reverse=True))


def usual_way(current: str) -> str:
    """How tags like the current one are ordered where nobody says; empty where only a person can know.

    Numbers, times and the tags of our own pipelines (`main-0a1b2c3d-20260101120000`) are told from versions.
    """
    built = _BUILT.fullmatch(current)
    if current.isascii() and current.isdigit():
        return "numerical"
    if _TIME.fullmatch(current):
        return "regex:^" + re.sub("[0-9]", "[0-9]", re.escape(current)) + "$"
    if built:
        return f"regex:^{re.escape(built['branch'])}-[0-9a-f]+-([0-9]+)$"
    return "semver:*" if parse_version(current) else ""


class _Order(NamedTuple):
    """What tags are compared by (None for a tag that has no place in it), and which of them are asked for."""

    key: Key
    fits: Callable[[Any], bool] = lambda _: True


def _order(way: str) -> _Order:
    kind, _, rest = way.partition(":")
    if kind == "semver":
        return _by_version(rest or "*")
    if kind == "numerical" and not rest:
        return _Order(lambda tag: Decimal(tag) if _NUMBER.fullmatch(tag) else None)
    if kind == "alphabetical" and not rest:
        return _Order(lambda tag: tag)
    if kind == "regex" and rest:
        return _Order(_by_part(rest))
    raise UsageError(f"{way!r} is no order of tags", hint=f"Give --newer one of {_WAYS}.")


def _by_version(text: str) -> _Order:
    """By version; a long number alone is a date or a build among versions, and none itself."""
    fits = parse_range(text)
    if fits is None:
        raise UsageError(f"{text!r} is no range of versions", hint="Examples: >=1.2 <2, 1.x, ~1.4, ^2")
    return _Order(lambda tag: None if _LONG_NUMBER.fullmatch(tag) else parse_version(tag), fits)


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
        return (len(part.lstrip("0")), part.lstrip("0")) if part.isascii() and part.isdigit() else (0, part)

    return key

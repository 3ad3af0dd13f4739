"""Versions and ranges as Flux' ImagePolicy reads them (semver.org; ranges of Masterminds/semver)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBER = r"(?:0|[1-9][0-9]*)"
_VERSION = re.compile(  # `_` is what Helm writes for `+`, which no tag can hold
    rf"v?(?P<major>{_NUMBER})(?:\.(?P<minor>{_NUMBER}))?(?:\.(?P<patch>{_NUMBER}))?"
    r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:[+_][0-9A-Za-z.-]+)?"
)
_PART = re.compile(
    rf"(?P<sign>!=|>=|=>|<=|=<|=|>|<|~>|~|\^)?\s*v?(?P<major>{_NUMBER}|[xX*])(?:\.(?P<minor>{_NUMBER}|[xX*]))?"
    rf"(?:\.(?P<patch>{_NUMBER}|[xX*]))?(?:-(?P<pre>[0-9A-Za-z.-]+))?\s*,?\s*"
)
_HYPHEN = re.compile(r"(\S+)\s+-\s+(\S+)")


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A version; `pre` is what makes it come before the release of its numbers (`rc.1`)."""

    numbers: tuple[int, int, int]
    pre: str = ""

    def __lt__(self, other: Version) -> bool:
        return self._key < other._key

    @property
    def _key(self) -> tuple[object, ...]:
        parts = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.pre.split("."))
        return (self.numbers, not self.pre, parts)


def parse_version(text: str) -> Version | None:
    """The version that a tag is, `v` in front or not; None for a tag that is none."""
    found = _VERSION.fullmatch(text)
    if found is None:
        return None
    numbers = (int(found["major"]), int(found["minor"] or 0), int(found["patch"] or 0))
    return Version(numbers, found["pre"] or "")


def parse_range(text: str) -> Callable[[Version], bool] | None:
    """Whether a version is in a range (`>=1.2 <2`, `1.x`, `~1.4`, `^2 || 3.1 - 3.4`); None for no range.

    A version before a release is in a range only where that part of the range names one itself.
    """
    alternatives = [_parts(part) for part in text.split("||")]
    if any(part is None for part in alternatives):
        return None
    known = [part for part in alternatives if part]
    return lambda version: any(all(fits(version) for fits in part) for part in known)


def _parts(text: str) -> list[Callable[[Version], bool]] | None:
    text, at, found = _HYPHEN.sub(r">=\1 <=\2", text).strip(), 0, []
    while at < len(text):
        match = _PART.match(text, at)
        if match is None or match.end() == at:
            return None
        found.append(_part(match))
        at = match.end()
    return found or None


def _part(match: re.Match[str]) -> Callable[[Version], bool]:
    given = [
        int(match[name]) for name in ("major", "minor", "patch") if match[name] and match[name].isdigit()
    ]
    low = Version((*given, 0, 0, 0)[:3], match["pre"] or "")  # type: ignore[arg-type]
    sign = match["sign"] or "="
    high = _above(given, sign)
    exact = len(given) == 3 and sign not in {"~", "~>", "^"}
    tests: dict[str, Callable[[Version], bool]] = {
        "=": lambda v: v == low if exact else low <= v < high,
        "!=": lambda v: v != low if exact else not low <= v < high,
        ">": lambda v: v > low if exact else v >= high,
        ">=": lambda v: v >= low,
        "<": lambda v: v < low,
        "<=": lambda v: v <= low if exact else v < high,
    }
    usual = {"=>": ">=", "=<": "<=", "~": "=", "~>": "=", "^": "="}
    fits = tests[usual.get(sign, sign)]
    return lambda version: (not version.pre or bool(low.pre)) and fits(version)


def _above(given: list[int], sign: str) -> Version:
    """The first version above those that a part with these numbers means."""
    if not given:
        return Version((2**63, 0, 0))
    fixed = min(len(given), 2) if sign in {"~", "~>"} else len(given)
    if sign == "^":
        fixed = next((index + 1 for index, number in enumerate(given) if number), len(given))
    numbers = [*given[: fixed - 1], given[fixed - 1] + 1, 0, 0, 0]
    return Version(tuple(numbers[:3]))  # type: ignore[arg-type]

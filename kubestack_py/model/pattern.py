"""Globs over branch and tag names, and whether two of them can match the same name.

`*` stands for any characters but `/`, `**` for any characters, `?` for one that is not `/`; every
other character stands for itself. `*` and `**` are those of GitHub's branch and tag filters.

Both questions walk from place to place between the tokens of a pattern. The work grows with the
product of the lengths and no faster: a pattern can come from a contributor, and so can a name.
"""

from __future__ import annotations

import re
from collections import deque
from itertools import product

_TOKEN = re.compile(r"\*\*|.", re.DOTALL)
_WIDE, _NARROW, _ONE = "**", "*", "?"
_STARS = (_WIDE, _NARROW)


def matches(pattern: str, name: str) -> bool:
    """Whether the whole name fits the pattern."""
    tokens = _TOKEN.findall(pattern)
    places = _reached(tokens, 0)
    for character in name:
        places = {after for place in places for after in _step(tokens, place, character)}
    return len(tokens) in places


def common_name(left: str, right: str) -> str | None:
    """The shortest name that both patterns match, or None when there is none.

    Walks both patterns at once, breadth first, over the characters that occur in either; any other
    character behaves like the one letter `x`.
    """
    first, second = _TOKEN.findall(left), _TOKEN.findall(right)
    plain = (token for token in first + second if token not in {*_STARS, _ONE})
    alphabet = dict.fromkeys(["x", *plain, "/"])
    queue = deque((places, "") for places in product(_reached(first, 0), _reached(second, 0)))
    seen = {places for places, _ in queue}
    while queue:
        places, name = queue.popleft()
        if places == (len(first), len(second)):
            return name
        for character in alphabet:
            for after in product(_step(first, places[0], character), _step(second, places[1], character)):
                if after not in seen:
                    seen.add(after)
                    queue.append((after, name + character))
    return None


def _reached(tokens: list[str], place: int) -> set[int]:
    """A place together with those behind the stars that follow it, which may stand for nothing."""
    reached = {place}
    while place < len(tokens) and tokens[place] in _STARS:
        place += 1
        reached.add(place)
    return reached


def _step(tokens: list[str], place: int, character: str) -> set[int]:
    """The places that one character of a name leads to."""
    token = tokens[place] if place < len(tokens) else ""
    if token == _WIDE or (token == _NARROW and character != "/"):
        return _reached(tokens, place)
    if token == character or (token == _ONE and character != "/"):
        return _reached(tokens, place + 1)
    return set()

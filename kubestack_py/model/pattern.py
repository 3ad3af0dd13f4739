"""Globs over branch and tag names, and whether two of them can match the same name.

`*` stands for any characters but `/`, `**` for any characters, `?` for one that is not `/`: the
rules of GitHub's and GitLab's branch and tag filters, without character classes.
"""

from __future__ import annotations

import re
from collections import deque

_TOKEN = re.compile(r"\*\*|\*|\?|.", re.DOTALL)
_REGEX = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
_WIDE, _NARROW, _ONE = "**", "*", "?"


def matches(pattern: str, name: str) -> bool:
    """Whether the whole name fits the pattern."""
    regex = "".join(_REGEX.get(token) or re.escape(token) for token in _TOKEN.findall(pattern))
    return re.fullmatch(regex, name, re.DOTALL) is not None


def common_name(left: str, right: str) -> str | None:
    """The shortest name that both patterns match, or None when there is none.

    Walks both patterns at once, breadth first, over the characters that occur in either; any other
    character behaves like the one letter `x`.
    """
    first, second = _TOKEN.findall(left), _TOKEN.findall(right)
    alphabet = ["x", *dict.fromkeys(t for t in first + second if t not in _REGEX), "/"]
    start = (_open(first, {0}), _open(second, {0}))
    queue, seen = deque([(start, "")]), {start}
    while queue:
        (at_first, at_second), name = queue.popleft()
        if len(first) in at_first and len(second) in at_second:
            return name
        for character in alphabet:
            step = (_advance(first, at_first, character), _advance(second, at_second, character))
            if all(step) and step not in seen:
                seen.add(step)
                queue.append((step, name + character))
    return None


def _open(tokens: list[str], positions: set[int]) -> frozenset[int]:
    """Positions together with those behind stars, which may stand for nothing."""
    reached = set(positions)
    for position in sorted(positions):
        index = position
        while index < len(tokens) and tokens[index] in (_WIDE, _NARROW):
            index += 1
            reached.add(index)
    return frozenset(reached)


def _advance(tokens: list[str], positions: frozenset[int], character: str) -> frozenset[int]:
    following: set[int] = set()
    for position in positions:
        if position == len(tokens):
            continue
        token = tokens[position]
        if token == _WIDE or (token == _NARROW and character != "/"):
            following.add(position)
        elif token == character or (token == _ONE and character != "/"):
            following.add(position + 1)
    return _open(tokens, following)

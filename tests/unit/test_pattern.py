"""Globs over refs: what they match, and whether two of them can meet."""

from __future__ import annotations

import re
import time
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.model.pattern import common_name, matches

PATTERNS = st.lists(st.sampled_from(["a", "b", "/", "-", "*", "**", "?"]), min_size=1, max_size=7).map(
    "".join
)
NAMES = st.text(alphabet="ab/-x?*.", max_size=7)
SHORT_NAMES = ["".join(letters) for length in range(5) for letters in product("ab/", repeat=length)]
SHORT_PATTERNS = [
    "".join(tokens)
    for length in (1, 2, 3)
    for tokens in product(["a", "b", "/", "*", "**", "?"], repeat=length)
]


def by_regex(pattern: str, name: str) -> bool:
    """The meaning of a pattern written down a second time, as a regular expression."""
    said = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    tokens = re.findall(r"\*\*|.", pattern, re.DOTALL)
    regex = "".join(said.get(token) or re.escape(token) for token in tokens)
    return re.fullmatch(regex, name, re.DOTALL) is not None


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("main", "main", True),
        ("main", "mainline", False),
        ("main", "Main", False),
        ("apps-deploy-*", "apps-deploy-2026-01-31-1", True),
        ("apps-deploy-*", "apps-deploy-", True),
        ("apps-deploy-*", "apps-deploy-a/b", False),
        ("release/**", "release/1/2", True),
        ("release/*", "release/1/2", False),
        ("**", "any/thing", True),
        ("*", "any/thing", False),
        ("v?", "v1", True),
        ("v?", "v", False),
        ("v?", "v/", False),
        ("v1.0", "v1x0", False),
        ("v1+", "v11", False),
        ("v1+", "v1+", True),
        ("***", "a/b", True),
        ("main", "main\n", False),
        ("*", "a\nb", True),
        ("*", "$(touch x)", True),
        ("*", "ünï ☃", True),
    ],
)
def test_matches_case(pattern: str, name: str, expected: bool) -> None:
    assert matches(pattern, name) is expected


@given(PATTERNS, NAMES)
def test_matches_agrees_with_a_regular_expression(pattern: str, name: str) -> None:
    assert matches(pattern, name) == by_regex(pattern, name)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("main", "main", "main"),
        ("main", "master", None),
        ("apps-deploy-*", "apps-*", "apps-deploy-"),
        ("apps-deploy-*", "ops-deploy-*", None),
        ("*-prod", "apps-*", "apps-prod"),
        ("*", "*/*", None),
        ("**", "*/*", "/"),
        ("a?", "?b", "ab"),
        ("*", "**", ""),
        ("release/*", "release/**/x", None),
        ("release/**", "release/*/x", "release//x"),
        ("apps/*", "apps-*", None),
    ],
)
def test_common_name_case(left: str, right: str, expected: str | None) -> None:
    assert common_name(left, right) == expected
    assert (common_name(right, left) is None) == (expected is None)


@given(PATTERNS, PATTERNS)
def test_common_name_is_matched_by_both(left: str, right: str) -> None:
    found = common_name(left, right)
    if found is not None:
        assert by_regex(left, found)
        assert by_regex(right, found)


@given(PATTERNS, PATTERNS, NAMES)
def test_common_name_exists_where_any_name_is_shared(left: str, right: str, name: str) -> None:
    if by_regex(left, name) and by_regex(right, name):
        found = common_name(left, right)
        assert found is not None
        assert len(found) <= len(name), "a shorter name would have been a clearer example"


def test_common_name_agrees_with_brute_force() -> None:
    matched = {
        pattern: {name for name in SHORT_NAMES if by_regex(pattern, name)} for pattern in SHORT_PATTERNS
    }
    wrong = []
    for left, right in product(SHORT_PATTERNS[:120], SHORT_PATTERNS):
        found, shared = common_name(left, right), matched[left] & matched[right]
        # A common name of up to four characters over a, b and / has to be seen by both ways.
        if bool(shared) != (found is not None and len(found) <= 4):
            wrong.append((left, right, found))
    assert not wrong


@pytest.mark.parametrize(
    ("left", "right"), [("*a" + "?" * 40, "*b" + "?" * 40), ("*a" * 40 + "x", "*b" * 40 + "y")]
)
def test_common_name_takes_no_exponential_time(left: str, right: str) -> None:
    begun = time.process_time()
    assert common_name(left, right) is None
    assert time.process_time() - begun < 5


def test_matches_takes_no_exponential_time() -> None:
    begun = time.process_time()
    assert not matches("*a" * 20 + "b", "a" * 240)
    assert time.process_time() - begun < 2

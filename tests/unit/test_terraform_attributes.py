from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.model.changes import AttributeChange
from kubestack_py.terraform.attributes import Sides, differences, dotted, same, unknown_paths
from kubestack_py.terraform.masks import Secrets

NONE = Secrets()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab.[", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.[", max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)


def diff(before: object, after: object, **masks: Any) -> list[tuple[str, str | None, str | None]]:
    found = differences(Sides(before=before, after=after, **masks), NONE)
    return [(item.path, item.before, item.after) for item in found]


def test_differences_name_the_changed_leaf_only() -> None:
    before = {"spec": {"ports": [{"port": 80}, {"port": 443}]}, "name": "a"}
    after = {"spec": {"ports": [{"port": 80}, {"port": 8443}]}, "name": "a"}
    assert diff(before, after) == [("spec.ports[1].port", "443", "8443")]


def test_differences_quote_keys_that_are_no_names() -> None:
    assert diff({"tags": {"a.b/c": "1"}}, {"tags": {"a.b/c": "2"}}) == [('tags["a.b/c"]', '"1"', '"2"')]


def test_differences_of_a_creation_leave_out_null() -> None:
    assert diff(None, {"a": 1, "b": None, "c": {}}) == [("a", None, "1"), ("c", None, "{}")]


def test_differences_of_a_deletion_have_no_after() -> None:
    assert diff({"a": [1, 2]}, None) == [("a[0]", "1", None), ("a[1]", "2", None)]


def test_differences_show_unknown_values_as_such() -> None:
    after = diff({"id": "x"}, {}, unknown={"id": True, "arn": True})
    assert after == [("arn", None, "(known after apply)"), ("id", '"x"', "(known after apply)")]


def test_differences_of_another_kind_of_value_show_both_whole() -> None:
    assert diff({"a": [1]}, {"a": {"b": 1}}) == [("a", "[1]", '{"b":1}')]


def test_differences_tell_true_from_one() -> None:
    assert diff({"a": True}, {"a": 1}) == [("a", "true", "1")]


def test_differences_hide_a_value_that_either_side_masks() -> None:
    assert diff({"a": "old"}, {"a": "new"}, before_sensitive={"a": True}) == [
        ("a", "(sensitive)", "(sensitive)")
    ]


def test_differences_hide_a_masked_part_of_a_value_shown_whole() -> None:
    shown = diff({"a": {"pin": 1234, "b": 1}}, {"a": "x"}, before_sensitive={"a": {"pin": True}})
    assert shown == [("a", '{"pin":"(sensitive)","b":1}', '"x"')]


def test_differences_of_a_masked_creation_have_no_before() -> None:
    assert diff(None, {"a": "secret"}, after_sensitive={"a": True}) == [("a", None, "(sensitive)")]


def test_differences_escape_what_could_steer_a_terminal() -> None:
    assert diff(None, {"a": "\x1b[2J\u202e"}) == [("a", None, '"\\u001b[2J\\u202e"')]


def test_unknown_paths_are_dotted() -> None:
    assert unknown_paths({"id": True, "a": [False, {"b": True}], "c": {}}) == ("id", "a[1].b")


@pytest.mark.parametrize(
    ("steps", "path"), [(["a", 0, "b"], "a[0].b"), (["a b"], '["a b"]'), ([], ""), (["x", "é"], 'x["é"]')]
)
def test_dotted_paths(steps: list[str | int], path: str) -> None:
    assert dotted(steps) == path


@given(JSON)
def test_differences_of_equal_values_are_empty(value: object) -> None:
    assert differences(Sides(before=value, after=value), NONE) == ()


@given(st.dictionaries(st.text("ab.[", max_size=2), JSON), st.dictionaries(st.text("ab.[", max_size=2), JSON))
def test_differences_are_symmetric(left: object, right: object) -> None:
    forth = differences(Sides(before=left, after=right), NONE)
    back = differences(Sides(before=right, after=left), NONE)
    assert forth == tuple(AttributeChange(path=c.path, before=c.after, after=c.before) for c in back)


@given(st.dictionaries(st.text("ab.[", max_size=2), JSON), st.dictionaries(st.text("ab.[", max_size=2), JSON))
def test_differences_have_unique_paths_and_say_something(left: object, right: object) -> None:
    found = differences(Sides(before=left, after=right), NONE)
    assert len({item.path for item in found}) == len(found)
    assert all(item.before != item.after for item in found)


@given(JSON, JSON)
def test_same_is_equality_of_json(left: object, right: object) -> None:
    import json

    assert same(left, right) == (json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True))

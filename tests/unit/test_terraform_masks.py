from __future__ import annotations

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.model.changes import SENSITIVE
from kubestack_py.terraform.masks import Secrets, cover, covers, leaves

SECRET = st.text(st.characters(codec="utf-8"), min_size=6, max_size=20)


def test_leaves_are_the_scalars_under_the_mask() -> None:
    value = {"a": {"user": "ada", "password": "hunter2"}, "b": ["x", "secret-b"], "c": "open"}
    assert sorted(leaves(value, {"a": True, "b": [False, True]})) == ["ada", "hunter2", "secret-b"]


def test_leaves_leave_out_what_is_no_secret() -> None:
    assert list(leaves([True, None, "", 42, 1.5], mask=True)) == []


def test_leaves_take_long_numbers() -> None:
    assert list(leaves({"pin": 12345678}, {"pin": True})) == ["12345678"]


def test_leaves_survive_a_mask_of_another_shape() -> None:
    assert list(leaves("text", {"a": True})) == []
    assert list(leaves({"a": 1}, [True])) == []


def test_cover_hides_only_what_the_mask_names() -> None:
    value = {"a": 1, "b": [1, 2], "c": None}
    assert cover(value, {"a": True, "b": [False, True], "c": True}) == {
        "a": SENSITIVE,
        "b": [1, SENSITIVE],
        "c": None,
    }


def test_covers_looks_at_every_depth() -> None:
    assert covers(True)
    assert covers({"a": [{"b": True}]})
    assert not covers({"a": [{"b": False}], "c": {}})
    assert not covers(None)


def test_shown_hides_a_copy_inside_other_text() -> None:
    assert Secrets.of(["hunter2"]).shown("postgres://ada:hunter2@db") == '"postgres://ada:(sensitive)@db"'


def test_shown_hides_a_copy_in_base64_and_in_nested_json() -> None:
    secret = 'a"b<c&d'
    nested = json.dumps({"password": secret}).replace("<", "\\u003c").replace("&", "\\u0026")
    secrets = Secrets.of([secret])
    assert secrets.shown(nested) == '"{\\"password\\": \\"(sensitive)\\"}"'
    assert secrets.shown(base64.b64encode(secret.encode()).decode()) == SENSITIVE


def test_shown_hides_a_short_secret_only_as_a_whole_value() -> None:
    secrets = Secrets.of(["abc"])
    assert secrets.shown({"a": "abc", "b": "abcdef"}) == '{"a":"(sensitive)","b":"abcdef"}'


def test_shown_hides_keys_and_numbers() -> None:
    secrets = Secrets.of(["secret-key", "12345678"])
    assert secrets.shown({"secret-key": 12345678}) == '{"(sensitive)":"(sensitive)"}'


def test_long_secrets_are_sorted_and_without_short_ones() -> None:
    assert Secrets.of(["zzzzzz", "abc", "aaaaaa"]).long == ("aaaaaa", "zzzzzz")


@given(SECRET, st.text(max_size=10), st.text(max_size=10))
def test_shown_never_contains_a_long_secret(secret: str, before: str, after: str) -> None:
    shown = Secrets.of([secret]).shown({"copy": [before + secret + after]})
    assert shown is not None
    assert secret not in json.loads(shown).get("copy")[0].replace(SENSITIVE, "")


@given(st.lists(SECRET, min_size=1, max_size=4))
def test_masked_hides_the_longest_of_overlapping_secrets(secrets: list[str]) -> None:
    longest = max(secrets, key=len)
    assert longest not in Secrets.of(secrets).masked(longest) or longest in SENSITIVE

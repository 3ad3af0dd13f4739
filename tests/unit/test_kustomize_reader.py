"""The YAML reader: what it refuses and where it says that things are."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.system.yaml import YamlError, load, load_all, locate, syntax_error
from kubestack_py.system.yaml_limits import MAX_DEPTH

SETTINGS = b"""\
version: 1
environments:
  - name: ops
    apply_on: {branch: main}
  - name: apps
stacks: []
"""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0644", 420), ("0o644", 420), ("08", 8), ("1_000", 1000), ("0b11", 3), ("-0x10", -16), ("1e3", 1000),
        ("1.10", 1.1), ("yes", True), ("off", False), ("y", True), ("N", False), ("yEs", "yEs"),
        ("12:30:45", "12:30:45"), ("2020-01-01", "2020-01-01"), ("=", "="), ("<<", "<<"), ("~", None),
        ("1.2.3", "1.2.3"), ("100m", "100m"), ("1e400", "1e400"), ("9223372036854775807", 2**63 - 1),
    ],
)  # fmt: skip
def test_load_scalar_as_kubectl_does(text: str, value: object) -> None:
    loaded = load(f"v: {text}\n".encode(), "f.yaml")
    assert loaded == {"v": value}
    assert isinstance(loaded, dict)
    assert type(loaded["v"]) is type(value)


def test_load_keys_become_text() -> None:
    assert load(b"{1: a, on: b, 0x10: c, 1.5: d}", "f") == {"1": "a", "true": "b", "16": "c", "1.5": "d"}


@pytest.mark.parametrize(
    ("text", "line", "column", "problem"),
    [
        (b"a: 1\nb: 2\na: 3\n", 3, 1, "duplicate key 'a' (first on line 1)"),
        (b"x: {1: a, '1': b}\n", 1, 11, "duplicate key '1' (first on line 1)"),
        (b"a: .inf\n", 1, 4, ".inf is no number in JSON"),
        (b"a: 1\n b: : 2\n", 2, 3, "mapping values are not allowed in this context"),
        (b"a: !!python/object:os.system x\n", 1, 4, "the tag !!python/object:os.system is not supported"),
        (b"a: &a [*a]\n", 1, 4, f"nested more than {MAX_DEPTH} levels deep"),
        (b"~: 1\n", 1, 1, "a key has to be text"),
        (b'a: "b\x01"\n', 1, 0, "control characters are not allowed: 1"),
        (b"a: b\nc: \xff\n", 2, 0, "the text is not UTF-8"),
        (b"a: !!int twelve\n", 1, 4, "twelve is no int in JSON"),
    ],
)
def test_load_error_says_where(text: bytes, line: int, column: int, problem: str) -> None:
    with pytest.raises(YamlError) as caught:
        load(text, "f.yaml")
    assert (caught.value.line, caught.value.column, caught.value.problem) == (line, column, problem)
    assert caught.value.message.startswith(f"f.yaml:{line}")


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_load_deep_nesting_is_refused_without_a_crash(opening: str) -> None:
    with pytest.raises(YamlError, match=r"levels deep|expected|did not find"):
        load((opening * 100_000).encode(), "f")


def test_load_alias_bomb_is_refused_quickly() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    with pytest.raises(YamlError, match="aliases unfold into"):
        load("\n".join(lines).encode(), "f")


def test_load_alias_chain_is_refused_when_it_unfolds_too_deep() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 500)]
    with pytest.raises(YamlError, match="levels deep"):
        load("\n".join(lines).encode(), "f")


def test_load_merge_key_lets_the_own_key_win() -> None:
    text = b"base: &b {x: 1, z: 2}\nown: {<<: *b, x: 3}\n"
    assert load(text, "f") == {"base": {"x": 1, "z": 2}, "own": {"x": 3, "z": 2}}


def test_load_merge_of_a_mapping_that_merges_is_no_duplicate() -> None:
    text = b"a: {b: {m: &m {<<: {x: 1}, x: 2}}}\nc: {<<: *m}\n"
    assert load(text, "f") == {"a": {"b": {"m": {"x": 2}}}, "c": {"x": 2}}


def test_load_refuses_several_documents() -> None:
    with pytest.raises(YamlError, match="one document is expected here, there are 2"):
        load(b"a: 1\n---\nb: 2\n", "f")


def test_load_all_leaves_empty_documents_out() -> None:
    assert load_all(b"---\n---\na: 1\n---\n# nothing\n---\nb: 2\n", "f") == [{"a": 1}, {"b": 2}]
    assert load(b"", "f") is None


def test_load_skips_a_byte_order_mark() -> None:
    assert load(b"\xef\xbb\xbfa: 1\r\n", "f") == {"a": 1}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("version",), (1, 1)),
        (("environments", 0), (3, 5)),
        (("environments", 0, "apply_on"), (4, 5)),
        (("environments", 0, "apply_on", "branch"), (4, 16)),
        (("environments", 1, "apply_on"), (5, 5)),
        (("environments", 7, "name"), (2, 1)),
        (("stacks", 0), (6, 1)),
        (("nowhere", "at", "all"), (1, 1)),
        ((), (1, 1)),
    ],
)
def test_locate_gives_the_place_or_the_nearest_parent(
    path: tuple[str | int, ...], place: tuple[int, int]
) -> None:
    assert locate(SETTINGS, path) == place


def test_locate_counts_characters_after_a_byte_order_mark() -> None:
    assert locate("\ufeffé: {ü: 1}\n".encode(), ("é", "ü")) == (1, 5)


@given(st.binary(max_size=200) | st.text("{}[]:-?&*!|>'\"%@`,# \nab1~<=.", max_size=60).map(str.encode))
def test_load_any_bytes_is_a_value_or_a_yaml_error(text: bytes) -> None:
    with suppress(YamlError):
        assert None not in load_all(text, "f")


WORDS = st.sampled_from(
    [
        *"{}[]:-?&*!|>'\"%@`,# \nab1~<=.",
        "&a ",
        "*a",
        "a: ",
        "a: b\n",
        "<<: ",
        "!!int ",
        "!!map ",
        "!x ",
        "? ",
        ".inf",
        "1: ",
    ]
)


def raised(text: bytes) -> YamlError | None:
    try:
        load_all(text, "f")
    except YamlError as error:
        return error
    return None


@given(st.lists(WORDS, max_size=30).map("".join).map(str.encode))
def test_syntax_error_is_the_error_of_load_all(text: bytes) -> None:
    assert str(syntax_error(text, "f")) == str(raised(text))

"""Kustomize's errors and warnings in words; the texts are what kubectl 1.32 and 1.37 print."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestack_py.errors import KustomizeError
from kubestack_py.kustomize.messages import clean, explain, is_about, warnings

OVERLAY = "shop/overlays/ops"
BASE = (
    "accumulating resources: accumulation err='accumulating resources from '../../base': '/r/shop/base' must "
    "resolve to a file': recursed accumulation of path '/r/shop/base': "
)


def logged(text: str) -> str:
    if "\n" in text:
        block = "".join(f"\t{line}\n" for line in text.splitlines())
        return f'E1123 17:44:29.539378   10377 run.go:72] "command failed" err=<\n{block} >\n'
    quoted = text.replace('"', '\\"')
    return f'E1123 17:44:29.539378   10377 run.go:72] "command failed" err="{quoted}"'


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (
            BASE + "accumulating resources: accumulating resources from 'a.yaml': "
            "MalformedYAMLError: yaml: line 4: did not find expected key in File: a.yaml",
            "shop/base/a.yaml:4: did not find expected key",
        ),
        (
            "invalid Kustomization: yaml: line 1: did not find expected ',' or ']'",
            "shop/overlays/ops/kustomization.yaml:1: did not find expected ',' or ']'",
        ),
        (
            "accumulating resources: accumulation err='…': couldn't make target for path '/r/shop/base': "
            'invalid Kustomization: json: unknown field "fooo"',
            'shop/base/kustomization.yaml: json: unknown field "fooo"',
        ),
        (
            BASE + "accumulating resources: accumulation err='accumulating resources from 'nope.yaml': "
            "evalsymlink failure on '/r/shop/base/nope.yaml' : lstat /r/shop/base/nope.yaml: no such file or "
            "directory': must build at directory: not a valid directory: evalsymlink failure on "
            "'/r/shop/base/nope.yaml' : lstat /r/shop/base/nope.yaml: no such file or directory",
            "the kustomization in shop/base names nope.yaml, which does not exist",
        ),
        ("kustomization.yaml is empty", "kustomization.yaml is empty"),
        (BASE + "no matches for Id X\nsecond line", "no matches for Id X"),
        (
            'trouble configuring builtin PatchTransformer with config: `\npatch: "[{"\n`: unable to parse it',
            "unable to parse it",
        ),
    ],
)
@pytest.mark.parametrize("wrap", [logged, "error: {}".format, "Error: {}".format, str])
def test_explain_gives_the_cause_first(said: str, cause: str, wrap: type[str]) -> None:
    error = explain(KustomizeError("failed", detail=wrap(said)), OVERLAY, Path("/r"))
    assert error.message == f"{OVERLAY} does not build: {cause}"
    assert "/r/" not in error.detail
    assert "run.go" not in error.detail
    assert OVERLAY in error.hint


def test_explain_keeps_what_has_no_text_of_kustomize() -> None:
    error = explain(KustomizeError("took longer than 300 s and was ended"), OVERLAY, Path("/r"))
    assert error.message == f"{OVERLAY}: took longer than 300 s and was ended"


def test_explain_keeps_the_message_when_only_warnings_were_written() -> None:
    error = explain(KustomizeError("killed", detail="# Warning: 'bases' is deprecated."), OVERLAY, Path("/r"))
    assert error.message == f"{OVERLAY}: killed"


def test_clean_leaves_warnings_out_and_survives_odd_quoting() -> None:
    assert clean("# Warning: 'bases' is deprecated.\n" + logged("a\\x07b")) == "a\\x07b"


def test_warnings_are_told_once() -> None:
    said = "# Warning: 'bases' is deprecated.\n# Warning: 'bases' is deprecated.\nsomething else\n\n"
    assert warnings(said) == ("'bases' is deprecated.", "something else")


def test_is_about_compares_the_field_that_is_quoted_first() -> None:
    assert is_about("'bases' is deprecated. Use 'resources' instead.", frozenset({"bases"}))
    assert not is_about("'bases' is deprecated. Use 'resources' instead.", frozenset({"resources"}))
    assert not is_about("something else", frozenset({"something"}))

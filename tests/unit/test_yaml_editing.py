"""Edits of YAML: one item or one scalar changes, whatever the style around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.errors import EditError
from kubestack_py.system.yaml import YamlError
from kubestack_py.system.yaml_editing import insert_item, remove_item, replace_scalar

if TYPE_CHECKING:
    from kubestack_py.system.yaml_editing import Value

STAGING: Value = {"name": "staging", "apply_on": {"tag": "staging-deploy-*"}}
STYLES = [
    'environments:\n  - name: "ops"\n    apply_on: {branch: "main"}\n@  - name: "apps"\n    x: {tag: "x"}\n',
    "environments:\n- name: ops # first\n  a:\n    b: main\n@- name: apps\n  x: |-\n    y\n\n# end\na: 1\n",
    "# top\nenvironments:\n  # ops\n  -   name: ops\n@\n  # apps\n  -   name: apps\n\nother: [1]\n",
    "environments:\n  - name: 'ops'\n  # both\n@  - name: 'apps'",
    "environments: [{name: ops}@, {name: apps}] # e\n",
    "environments: [\n  {name: ops}@,\n  {name: apps},\n]\n",
]
WANTED = [
    '  - name: "staging"\n    apply_on: {tag: "staging-deploy-*"}\n',
    '- name: staging\n  apply_on: {tag: "staging-deploy-*"}\n',
    '\n  -   name: staging\n      apply_on: {tag: "staging-deploy-*"}\n',
    None,
    ', {name: staging, apply_on: {tag: "staging-deploy-*"}}',
    ', {name: staging, apply_on: {tag: "staging-deploy-*"}}',
]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize(("style", "wanted"), list(zip(STYLES, WANTED, strict=True)))
def test_insert_takes_the_form_of_its_neighbours(style: str, wanted: str | None, bom: str, end: str) -> None:
    before = (bom + style.replace("@", "")).replace("\n", end).encode()
    after = insert_item(before, ("environments",), 1, STAGING, "k.yaml")
    if wanted is not None:
        assert after.decode() == (bom + style.replace("@", wanted)).replace("\n", end)
    assert remove_item(after, ("environments",), 1, "k.yaml") == before


@given(
    st.sampled_from(STYLES),
    st.integers(0, 2),
    st.sampled_from([STAGING, "plain", "1.10", "no", "é: #", True, 7, {"a": ["b", {"c": None}]}]),
)
def test_insert_anywhere_and_remove_give_back_the_same_bytes(style: str, index: int, value: Value) -> None:
    before = style.replace("@", "").encode()
    after = insert_item(before, ("environments",), index, value, "k.yaml")
    assert remove_item(after, ("environments",), index, "k.yaml") == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('images:\n  - newTag: "1.0" # now\n', 'images:\n  - newTag: "1.10" # now\n'),
        ("images: [{newTag: '1.0'}]\r\n", "images: [{newTag: '1.10'}]\r\n"),
        ("\ufeffimages:\n- newTag: v1\n", '\ufeffimages:\n- newTag: "1.10"\n'),
    ],
)
def test_replace_scalar_keeps_quotes_and_quotes_what_would_be_a_number(before: str, after: str) -> None:
    assert replace_scalar(before.encode(), ("images", 0, "newTag"), "1.10", "k.yaml").decode() == after


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\n", "k.yaml has no environments"),
        ("environments: []\n", "k.yaml:1: environments is no list that is written out"),
        ("x: &x [1]\nenvironments: *x\n", "k.yaml"),
        ("environments:\n  - name: [\n", "k.yaml:3"),
        ("environments:\n  - - x\n    - y\n", None),
    ],
)
def test_insert_refuses_what_it_cannot_edit(text: str, said: str | None) -> None:
    if said is None:
        assert insert_item(text.encode(), ("environments",), 1, "z", "k.yaml").decode() == f"{text}  - z\n"
        return
    with pytest.raises((EditError, YamlError)) as caught:
        insert_item(text.encode(), ("environments",), 0, STAGING, "k.yaml")
    assert said in str(caught.value)


def test_remove_refuses_the_last_item() -> None:
    with pytest.raises(EditError, match=r"k\.yaml:1: nothing would be left of a"):
        remove_item(b"a: [1]\n", ("a",), 0, "k.yaml")

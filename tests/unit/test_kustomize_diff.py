"""The change set between delivered and rendered manifests."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.kustomize.diff import difference
from kubestack_py.model.changes import AttributeChange, ChangeAction, ChangeSet
from kubestack_py.model.manifest import Manifest


def manifest(document: dict[str, Any], kind: str = "Deployment", name: str = "web") -> Manifest:
    return Manifest(
        api_version="v1",
        kind=kind,
        namespace="shop",
        name=name,
        content=json.dumps(document).encode(),
        document=document,
    )


def changes(before: dict[str, Any], after: dict[str, Any], kind: str = "Deployment") -> ChangeSet:
    old = manifest(before, kind)
    return difference("shop", "ops", {old.address: old}, [manifest(after, kind)])


def attributes(before: Any, after: Any) -> list[tuple[str, str | None, str | None]]:
    found = changes({"spec": before}, {"spec": after}).changes
    return [(item.path, item.before, item.after) for change in found for item in change.attributes]


def test_difference_creates_and_deletes_whole_objects_by_address() -> None:
    old, new = manifest({}, name="old"), manifest({}, name="new")
    found = difference("shop", "ops", {old.address: old}, [new])
    assert [(change.address, change.action) for change in found.changes] == [
        ("_/Deployment/shop/new", ChangeAction.CREATE),
        ("_/Deployment/shop/old", ChangeAction.DELETE),
    ]
    assert (found.stack, found.environment) == ("shop", "ops")


def test_difference_ignores_how_the_text_is_written() -> None:
    old = manifest({"a": 1, "b": [1.0]})
    new = Manifest(
        api_version="v1", kind=old.kind, namespace="shop", name="web", content=b"b: [1]\na: 1\n",
        document={"b": [1.0], "a": 1},
    )  # fmt: skip
    assert difference("shop", "ops", {old.address: old}, [new]).is_empty


def test_difference_paths_are_dotted() -> None:
    assert attributes({"a": {"b": 1}, "c": 1}, {"a": {"b": 2}, "d": None}) == [
        ("spec.a.b", "1", "2"),
        ("spec.c", "1", None),
        ("spec.d", None, "null"),
    ]


def test_difference_quotes_keys_that_hold_dots() -> None:
    assert attributes({"a.b/c": "x"}, {"a.b/c": "y"}) == [('spec["a.b/c"]', '"x"', '"y"')]


def test_difference_of_a_container_that_is_inserted_first_is_one_change() -> None:
    web = {"name": "web", "image": "nginx:1"}
    sidecar = {"name": "sidecar", "image": "proxy:1"}
    after = [sidecar, {**web, "image": "nginx:2"}]
    assert attributes({"containers": [web]}, {"containers": after}) == [
        ("spec.containers[web].image", '"nginx:1"', '"nginx:2"'),
        ("spec.containers[sidecar]", None, '{"name":"sidecar","image":"proxy:1"}'),
    ]


def test_difference_of_a_new_order_is_one_change() -> None:
    one, two = {"name": "one"}, {"name": "two"}
    assert attributes({"initContainers": [one, two]}, {"initContainers": [two, one]}) == [
        ("spec.initContainers[]", '["one","two"]', '["two","one"]')
    ]


def test_difference_keys_items_without_names_by_what_they_have() -> None:
    before = {"ports": [{"port": 80, "targetPort": 1}, {"port": 443, "targetPort": 2}]}
    after = {"ports": [{"port": 443, "targetPort": 3}]}
    assert attributes(before, after) == [
        ("spec.ports[port=80]", '{"port":80,"targetPort":1}', None),
        ("spec.ports[port=443].targetPort", "2", "3"),
    ]


def test_difference_falls_back_to_indices_where_no_key_is_unique() -> None:
    before = {"rules": [{"verbs": ["get"]}, {"verbs": ["list"]}]}
    after = {"rules": [{"verbs": ["get"]}, {"verbs": ["list", "watch"]}, {"verbs": []}]}
    assert attributes(before, after) == [
        ("spec.rules[1].verbs", '["list"]', '["list","watch"]'),
        ("spec.rules[2]", None, '{"verbs":[]}'),
    ]


def test_difference_of_plain_lists_is_the_whole_list() -> None:
    assert attributes({"args": ["b"]}, {"args": ["a", "b"]}) == [("spec.args", '["b"]', '["a","b"]')]


def test_difference_tells_true_from_one() -> None:
    assert attributes({"a": True, "b": [1]}, {"a": 1, "b": [True]}) == [
        ("spec.a", "true", "1"),
        ("spec.b", "[1]", "[true]"),
    ]


@pytest.mark.parametrize("field", ["data", "stringData"])
def test_difference_masks_the_values_of_a_secret(field: str) -> None:
    found = changes({field: {"p": "aHVudGVyMg=="}}, {field: {"p": "aHVudGVyMw==", "q": "eA=="}}, "Secret")
    assert found.changes[0].attributes == (
        AttributeChange(path=f"{field}.p", before="(sensitive)", after="(sensitive)"),
        AttributeChange(path=f"{field}.q", before=None, after="(sensitive)"),
    )


def test_difference_masks_a_secret_that_kubectl_copied_into_an_annotation() -> None:
    annotation = "kubectl.kubernetes.io/last-applied-configuration"
    found = changes({"metadata": {}}, {"metadata": {"annotations": {annotation: "aHVudGVyMg=="}}}, "Secret")
    assert [item.after for item in found.changes[0].attributes] == ["(sensitive)"]


def test_difference_shows_the_values_of_a_config_map() -> None:
    found = changes({"data": {"a": "x"}}, {"data": {"a": "y"}}, "ConfigMap")
    assert [item.after for item in found.changes[0].attributes] == ['"y"']


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab.", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "a", "b.c", "port"]), inner, max_size=3)
    ),
    max_leaves=12,
)


DOCUMENTS = st.dictionaries(st.text("ab", max_size=2), JSON)


@given(DOCUMENTS, DOCUMENTS)
def test_difference_is_empty_exactly_for_equal_documents(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    same = json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
    assert changes(before, after).is_empty is same
    assert changes(before, copy.deepcopy(before)).is_empty

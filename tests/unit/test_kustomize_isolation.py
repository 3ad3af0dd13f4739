"""When objects of two overlays in one build could have touched each other."""

from __future__ import annotations

from typing import Any

import pytest

from kubestack_py.kustomize.isolation import entangled
from kubestack_py.model.manifest import Manifest

HASHED = "config-4h2mbtbbt6"


def item(kind: str, name: str, namespace: str = "shop", **document: Any) -> Manifest:
    return Manifest(
        api_version="v1", kind=kind, namespace=namespace, name=name, content=b"",
        document={"metadata": {"name": name, "namespace": namespace}, **document},
    )  # fmt: skip


def uses(name: str, namespace: str = "shop") -> Manifest:
    return item("Deployment", "web", namespace, spec={"volumes": [{"configMap": {"name": name}}]})


def test_entangled_finds_a_mention_of_a_hashed_name_of_another_stack() -> None:
    assert entangled({"a": [item("ConfigMap", HASHED)], "b": [uses(HASHED)]}, ()) == {"b"}


def test_entangled_lets_a_stack_mention_its_own() -> None:
    stacks = {"a": [item("ConfigMap", HASHED), uses(HASHED)], "b": [item("ConfigMap", HASHED, "other")]}
    assert entangled(stacks, ()) == frozenset()


def test_entangled_lets_plain_names_be_mentioned() -> None:
    assert entangled({"a": [item("ConfigMap", "plain")], "b": [uses("plain")]}, ()) == frozenset()


def test_entangled_counts_every_name_of_a_stack_that_renames() -> None:
    assert entangled({"a": [item("ConfigMap", "plain")], "b": [uses("plain")]}, {"a"}) == {"b"}


def test_entangled_keeps_namespaces_apart() -> None:
    stacks = {"a": [item("ConfigMap", HASHED, "one")], "b": [uses(HASHED, "two")]}
    assert entangled(stacks, ()) == frozenset()


@pytest.mark.parametrize(
    ("target", "referrer"),
    [
        (item("ConfigMap", HASHED, ""), uses(HASHED)),
        (item("ConfigMap", HASHED), uses(HASHED, "")),
        (item("ServiceAccount", HASHED, "one"), uses(HASHED, "two")),
    ],
)
def test_entangled_crosses_namespaces_where_kustomize_does(target: Manifest, referrer: Manifest) -> None:
    assert "b" in entangled({"a": [target], "b": [referrer]}, {"a"})


def test_entangled_finds_a_name_with_its_namespace() -> None:
    subjects = [{"kind": "ServiceAccount", "name": "robot", "namespace": "one"}]
    stacks = {
        "a": [item("ServiceAccount", "robot", "one")],
        "b": [item("ClusterRoleBinding", "x", "", subjects=subjects)],
        "c": [item("Service", "robot", "one")],
    }
    assert entangled(stacks, ()) == {"b"}


def test_entangled_looks_into_annotations() -> None:
    annotations = {"nginx.ingress.kubernetes.io/auth-secret": HASHED}
    ingress = Manifest(
        api_version="v1", kind="Ingress", namespace="shop", name="x", content=b"",
        document={"metadata": {"annotations": annotations}},
    )  # fmt: skip
    assert entangled({"a": [item("Secret", HASHED)], "b": [ingress]}, ()) == {"b"}


def test_entangled_has_hashes_over_whole_objects_built_alone() -> None:
    assert entangled({"a": [item("Widget", HASHED)], "b": []}, ()) == {"a"}


def test_entangled_has_an_api_service_of_a_renaming_stack_built_alone() -> None:
    stacks = {"a": [item("APIService", "v1.x", "")], "b": [item("APIService", "v1.y", "")]}
    assert entangled(stacks, {"a"}) == {"a"}

"""Manifests: identity, file names, and how a stream is taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.errors import KustomizeError
from kubestack_py.kustomize.manifests import in_order, parse, split
from kubestack_py.model.manifest import Manifest


def manifest(
    kind: str = "ConfigMap", name: str = "x", namespace: str = "", api_version: str = "v1"
) -> Manifest:
    return Manifest(
        api_version=api_version, kind=kind, namespace=namespace, name=name, content=b"", document={}
    )


def test_address_has_placeholders_for_what_is_empty() -> None:
    assert manifest("Namespace", "shop").address == "_/Namespace/_/shop"
    assert manifest("Deployment", "web", "shop", "apps/v1").address == "apps/Deployment/shop/web"


@pytest.mark.parametrize(
    ("item", "file"),
    [
        (manifest("Namespace", "shop"), "_cluster/namespace_shop.yaml"),
        (manifest("Deployment", "web", "shop", "apps/v1"), "shop/deployment.apps_web.yaml"),
        (
            manifest("ClusterRole", "system:node", "", "rbac.authorization.k8s.io/v1"),
            "_cluster/clusterrole.rbac.authorization.k8s.io_system%3anode.yaml",
        ),
        (manifest(name="Upper"), "_cluster/configmap_%55pper.yaml"),
        (manifest(name="../../etc"), "_cluster/configmap_%2e.%2f..%2fetc.yaml"),
        (manifest(namespace=".git"), "%2egit/configmap_x.yaml"),
    ],
)
def test_file_name_is_safe(item: Manifest, file: str) -> None:
    assert item.file_name == file


def test_file_name_of_a_long_name_is_short_and_still_its_own() -> None:
    one, other = manifest(name="a" * 250 + "x"), manifest(name="a" * 250 + "y")
    assert one.file_name != other.file_name
    assert len(one.file_name.split("/")[1]) < 255


@given(st.sets(st.tuples(st.text(max_size=8), st.text(min_size=1, max_size=8)), min_size=2))
def test_file_name_differs_for_different_objects(places: set[tuple[str, str]]) -> None:
    items = [manifest(namespace=namespace, name=name) for namespace, name in places]
    assert len({item.file_name.lower() for item in items}) == len(items)
    assert all(item.file_name.count("/") == 1 for item in items)


def test_split_keeps_separators_inside_of_values() -> None:
    stream = b"a: |\n  ---\n  x\n---\nb: 1\n---\n"
    assert split(stream) == [b"a: |\n  ---\n  x\n", b"b: 1\n"]
    assert split(b"") == []


def test_parse_reads_the_identity() -> None:
    text = b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n"
    assert parse(text, "f").address == "apps/Deployment/shop/web"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"- a\n", "a Kubernetes object is expected, this is list"),
        (b"kind: A\n", "the object has no metadata"),
        (b"kind: A\nmetadata: {name: x}\n", "the object has no apiVersion"),
        (b"apiVersion: v1\nkind: A\nmetadata: {name: 1}\n", "the object has no name"),
    ],
)
def test_parse_refuses_what_is_no_object(text: bytes, problem: str) -> None:
    with pytest.raises(KustomizeError, match=problem):
        parse(text, "f")


def test_in_order_refuses_one_object_in_two_versions() -> None:
    two = [manifest("Deployment", "web", "", version) for version in ("apps/v1", "apps/v1beta1")]
    with pytest.raises(KustomizeError, match="shop renders apps/Deployment/_/web twice"):
        in_order(two, "shop")

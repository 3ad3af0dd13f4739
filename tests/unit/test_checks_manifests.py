"""Objects against schemas: what is refused, where, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from kubestack_py.checks.manifests import check_manifests
from kubestack_py.checks.schemas import Schemas, known_versions
from kubestack_py.model.examined import Built
from kubestack_py.model.finding import Severity
from kubestack_py.model.manifest import Manifest
from kubestack_py.model.paths import dotted

CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "spec": {
        "group": "example.org",
        "names": {"kind": "Queue"},
        "versions": [
            {
                "name": "v1",
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "required": ["size"],
                                "properties": {
                                    "size": {"x-kubernetes-int-or-string": True},
                                    "mode": {"type": "string", "enum": ["fast", "safe"]},
                                    "note": {"type": "string", "nullable": True},
                                    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                                    "share": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
                                },
                            }
                        },
                    }
                },
            }
        ],
    },
}


def built(document: dict[str, Any], *, environment: str = "ops", stack: str = "manifests/web") -> Built:
    """An object as an overlay renders it."""
    metadata = document.setdefault("metadata", {"name": "web"})
    manifest = Manifest(
        api_version=document["apiVersion"],
        kind=document["kind"],
        namespace=metadata.get("namespace", ""),
        name=metadata["name"],
        content=b"",
        document=document,
    )
    return Built(environment=environment, stack=stack, manifest=manifest)


def deployment(**container: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "web", **container}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "spec": {"selector": {}, "template": {"spec": spec}},
    }


def queue(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "example.org/v1", "kind": "Queue", "spec": spec}


def said(document: dict[str, Any], version: str = "1.36") -> list[str]:
    schemas = Schemas(version, [CRD])
    return [
        f"{problem.check} {dotted(problem.path)}: {problem.message} ({problem.hint})"
        for problem in check_manifests([built(document)], schemas)
    ]


CONTAINER = "manifest-schema spec.template.spec.containers[0]"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (deployment(image="a:1", resources={"limits": {"cpu": 1, "memory": "1Gi"}}), ""),
        (deployment(imge="a:1"), f"{CONTAINER}.imge: unknown field `imge` (did you mean `image`?)"),
        (deployment(image=5), f"{CONTAINER}.image: must be text, not 5 ()"),
        (
            deployment(ports=[{"containerPort": "http"}]),
            f'{CONTAINER}.ports[0].containerPort: must be a whole number, not "http" ()',
        ),
        (
            deployment(resources={"limits": {"cpu": True}}),
            f"{CONTAINER}.resources.limits.cpu: must be text or a number, not true ()",
        ),
        (
            {"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget"},
            "manifest-api apiVersion: Kubernetes 1.36 does not serve PodDisruptionBudget in policy/v1beta1 "
            "(it serves policy/v1)",
        ),
        (queue(size=1, note=None, free={"x": 1}), ""),
        (queue(), "manifest-schema spec: `size` is missing ()"),
        (queue(size="1", mode="slow"), 'spec.mode: "slow" is not allowed here (allowed: fast, safe'),
        (queue(size=1, sizes=2), "spec.sizes: unknown field `sizes` (did you mean `size`?)"),
        (queue(size=1, share=0), "manifest-schema spec.share: "),
        (queue(size=1.5), "spec.size: must be a whole number or text, not 1.5 ()"),
        ({"apiVersion": "example.org/v1", "kind": "Other"}, "manifest-kind kind: no schema for Other"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_object_against_its_schema(document: dict[str, Any], expected: str) -> None:
    found = said(document)
    assert len(found) == bool(expected), found
    assert expected in "".join(found)


def test_versions_differ() -> None:
    flow = {"apiVersion": "flowcontrol.apiserver.k8s.io/v1beta3", "kind": "FlowSchema", "spec": {}}
    assert "does not serve" in said(flow, "1.32")[0]
    assert not [text for text in said(flow, "1.31") if "does not serve" in text]


def test_every_known_version_has_its_schemas() -> None:
    for version in known_versions():
        assert said(deployment(image="a:1"), version) == []


def test_kind_without_a_schema_is_noted_once() -> None:
    other = {"apiVersion": "example.org/v1", "kind": "Other"}
    problems = list(check_manifests([built(other), built(dict(other))], Schemas("1.36", [])))
    assert [problem.severity for problem in problems] == [Severity.NOTE]


def test_crd_that_reaches_for_the_network_fetches_nothing() -> None:
    reaching = {"$ref": "https://example.org/schema.json", "pattern": "(?P<x", "type": "string"}
    crd = {
        "spec": {
            "group": "example.org",
            "names": {"kind": "Queue"},
            "versions": [
                {
                    "name": "v1",
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": reaching}}},
                }
            ],
        }
    }
    problems = list(check_manifests([built(queue(size=1))], Schemas("1.36", [crd])))
    assert [problem.check for problem in problems] == ["manifest-kind"]
    assert "cannot be used" in problems[0].message

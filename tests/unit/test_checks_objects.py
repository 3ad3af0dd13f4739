"""Checks of rendered objects beside their schemas: references, duplicates, images, secrets, Flux, values."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from kubestack_py.checks.objects import check_objects
from kubestack_py.checks.schemas import Schemas
from kubestack_py.model.examined import Built
from kubestack_py.model.paths import dotted
from tests.unit.test_checks_manifests import built

SCHEMAS = Schemas("1.36", [])


def obj(kind: str, name: str, spec: Any = None, *, api: str = "v1", **fields: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": fields.pop("namespace", "web"), **fields.pop("metadata", {})}
    document = {"apiVersion": api, "kind": kind, "metadata": metadata, **fields}
    return document if spec is None else {**document, "spec": spec}


def pod(**spec: Any) -> dict[str, Any]:
    return obj("Pod", "web", {"containers": [{"name": "web", "image": "a:1"}], **spec})


def container(**fields: Any) -> dict[str, Any]:
    return pod(containers=[{"name": "web", "image": "a:1", **fields}])


def flux(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    group = {"Kustomization": "kustomize", "HelmRelease": "helm", "GitRepository": "source"}.get(
        kind, "image"
    )
    return obj(kind, name, spec, api=f"{group}.toolkit.fluxcd.io/v1", namespace="flux-system")


def said(*documents: dict[str, Any] | Built, files: dict[str, bytes] | None = None) -> list[str]:
    objects = [item if isinstance(item, Built) else built(item) for item in documents]
    return [
        f"{problem.check} {problem.about.label} {dotted(problem.path)}: {problem.message} ({problem.hint})"
        for problem in check_objects(objects, SCHEMAS, (files or {}).get)
        if problem.check not in {"manifest-schema", "manifest-kind"}
    ]


CONFIG = obj("ConfigMap", "settings", data={"colour": "blue"})
INGRESS = {
    "tls": [{"hosts": ["a"], "secretName": "cert"}],
    "rules": [{"http": {"paths": [{"path": "/", "backend": {"service": {"name": "api"}}}]}}],
}
CERTIFIED = {"annotations": {"cert-manager.io/cluster-issuer": "x"}}
SOURCE = {"kind": "GitRepository", "name": "flux-system"}


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([container(envFrom=[{"configMapRef": {"name": "settings"}}]), CONFIG], ""),
        (
            [container(envFrom=[{"configMapRef": {"name": "setings"}}]), CONFIG],
            "spec.containers[0].envFrom[0].configMapRef.name: there is no ConfigMap setings in web "
            "(did you mean `settings`?)",
        ),
        ([container(envFrom=[{"secretRef": {"name": "gone", "optional": True}}])], ""),
        (
            [
                container(
                    env=[
                        {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "color"}}}
                    ]
                ),
                CONFIG,
            ],
            "configMapKeyRef.key: the ConfigMap settings has no key color (its keys: colour)",
        ),
        ([pod(volumes=[{"name": "v", "secret": {"secretName": "gone"}}])], "there is no Secret gone"),
        (
            [pod(volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "gone"}}])],
            "there is no PersistentVolumeClaim gone",
        ),
        (
            [pod(volumes=[{"name": "v", "projected": {"sources": [{"configMap": {"name": "gone"}}]}}])],
            "spec.volumes[0].projected.sources[0].configMap.name: there is no ConfigMap gone",
        ),
        ([pod(serviceAccountName="robot")], "there is no ServiceAccount robot"),
        ([pod(serviceAccountName="default")], ""),
        ([pod(imagePullSecrets=[{"name": "pull"}])], "there is no Secret pull"),
        (
            [
                pod(imagePullSecrets=[{"name": "pull"}]),
                obj("ExternalSecret", "other", {"target": {"name": "pull"}}, api="external-secrets.io/v1"),
            ],
            "",
        ),
        (
            [
                pod(imagePullSecrets=[{"name": "pull"}]),
                obj("SealedSecret", "pull", {}, api="bitnami.com/v1alpha1"),
            ],
            "",
        ),
        ([obj("Ingress", "web", INGRESS, api="networking.k8s.io/v1")], "there is no Service api in web"),
        (
            [
                obj("Ingress", "web", INGRESS, api="networking.k8s.io/v1", metadata=CERTIFIED),
                obj("Service", "api", {}),
            ],
            "",
        ),
        (
            [
                obj(
                    "HTTPRoute",
                    "web",
                    {"rules": [{"backendRefs": [{"name": "api", "namespace": "other"}]}]},
                    api="gateway.networking.k8s.io/v1",
                ),
                obj("Service", "api", {}),
            ],
            "there is no Service api in other (there is one in web)",
        ),
        (
            [
                obj(
                    "RoleBinding",
                    "b",
                    api="rbac.authorization.k8s.io/v1",
                    roleRef={"kind": "Role", "name": "reader"},
                    subjects=[{"kind": "ServiceAccount", "name": "default"}],
                )
            ],
            "roleRef.name: there is no Role reader in web",
        ),
        (
            [
                obj(
                    "ClusterRoleBinding",
                    "b",
                    api="rbac.authorization.k8s.io/v1",
                    roleRef={"kind": "ClusterRole", "name": "view"},
                    subjects=[],
                )
            ],
            "",
        ),
        (
            [
                obj(
                    "HorizontalPodAutoscaler",
                    "h",
                    {"scaleTargetRef": {"kind": "Deployment", "name": "gone"}, "maxReplicas": 3},
                    api="autoscaling/v2",
                )
            ],
            "spec.scaleTargetRef.name: there is no Deployment gone",
        ),
        (
            [
                obj(
                    "StatefulSet",
                    "s",
                    {"serviceName": "gone", "selector": {}, "template": {"spec": {"containers": []}}},
                    api="apps/v1",
                )
            ],
            "spec.serviceName: there is no Service gone",
        ),
        ([container(image="nginx")], "spec.containers[0].image: the image nginx has no tag"),
        ([container(image="host:5000/nginx")], "the image host:5000/nginx has no tag"),
        ([container(image="nginx:latest")], "has the tag latest, which moves"),
        ([container(image="nginx@sha256:" + "0" * 64)], ""),
        ([container(image="${image}")], ""),
        (
            [obj("Secret", "s", data={"a": base64.b64encode(b"hello").decode()})],
            "plain-secret Secret/web/s data.a",
        ),
        ([obj("Secret", "s", stringData={"b": "x", "a": "y"})], "the values of a, b are in plain text"),
        ([obj("Secret", "s", data={"a": ""}, stringData={"b": "${secret}"})], ""),
        ([obj("Secret", "s", data={"a": "ENC[AES256_GCM,data:x]"}, sops={"mac": "ENC[x]"})], ""),
        (
            [flux("Kustomization", "apps", sourceRef={"kind": "GitRepository", "name": "gone"})],
            "flux-reference Kustomization/flux-system/apps spec.sourceRef.name: "
            "there is no GitRepository gone in flux-system",
        ),
        ([flux("Kustomization", "apps", sourceRef=SOURCE)], ""),
        (
            [
                flux("Kustomization", "a", sourceRef=SOURCE, dependsOn=[{"name": "b"}]),
                flux("Kustomization", "b", sourceRef=SOURCE, dependsOn=[{"name": "c"}]),
                flux("Kustomization", "c", sourceRef=SOURCE, dependsOn=[{"name": "a"}]),
            ],
            "flux-cycle Kustomization/flux-system/a spec.dependsOn: these wait for each other for ever: "
            "a → b → c → a",
        ),
        (
            [
                flux("Kustomization", "a", sourceRef=SOURCE, dependsOn=[{"name": "b"}, {"name": "c"}]),
                flux("Kustomization", "b", sourceRef=SOURCE, dependsOn=[{"name": "c"}]),
                flux("Kustomization", "c", sourceRef=SOURCE),
            ],
            "",
        ),
        (
            [
                flux("Kustomization", "a", sourceRef=SOURCE, dependsOn=[{"name": "b"}]),
                flux("HelmRelease", "b", chartRef={"kind": "GitRepository", "name": "flux-system"}),
            ],
            "b is a HelmRelease: dependsOn of a Kustomization names only objects of the same kind",
        ),
        (
            [flux("ImagePolicy", "p", imageRepositoryRef={"name": "gone"})],
            "there is no ImageRepository gone",
        ),
        (
            [
                flux("Kustomization", "a", sourceRef=SOURCE, postBuild={"substitute": {"zone": "eu"}}),
                obj("ConfigMap", "x", data={"k": "${zone} ${region} ${size:=1} $${literal} ${two_}"}),
            ],
            "flux-substitution ConfigMap/web/x data.k: nothing defines ${region}",
        ),
        (
            [
                flux("Kustomization", "a", sourceRef=SOURCE),
                obj("ConfigMap", "x", data={"k": "${region}"}),
            ],
            "",
        ),
        (
            [
                flux(
                    "Kustomization",
                    "a",
                    sourceRef=SOURCE,
                    postBuild={"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]},
                )
            ],
            "there is no ConfigMap vars to take variables from",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_objects(documents: list[dict[str, Any]], expected: str) -> None:
    found = said(*documents)
    assert bool(found) == bool(expected), found
    assert expected in "\n".join(found)


def test_duplicate_of_another_stack() -> None:
    one = built(obj("ConfigMap", "a", data={}))
    assert said(one, one) == []
    found = said(one, built(obj("ConfigMap", "a", data={}), stack="manifests/other"))
    assert [text.split(" (")[0] for text in found] == [
        "duplicate ConfigMap/web/a : manifests/web renders ConfigMap/web/a as well"
    ]
    assert said(one, built(obj("ConfigMap", "a", data={}), stack="x", environment="apps")) == []


def test_duplicate_namespaces_may_say_the_same() -> None:
    def namespace(**labels: str) -> dict[str, Any]:
        return obj("Namespace", "web", namespace="", metadata={"labels": labels})

    assert said(built(namespace()), built(namespace(), stack="x")) == []
    assert "says something else" in said(built(namespace()), built(namespace(a="b"), stack="x"))[0]


def test_values_of_a_local_chart() -> None:
    schema = {
        "type": "object",
        "required": ["host"],
        "additionalProperties": False,
        "properties": {"host": {"type": "string"}, "replicas": {"type": "integer"}},
    }
    files = {
        "charts/app/values.schema.json": json.dumps(schema).encode(),
        "charts/app/values.yaml": b"host: a\nreplicas: 1\n",
    }
    chart = {"spec": {"chart": "./charts/app", "sourceRef": SOURCE}}

    def of(values: Any) -> list[str]:
        return said(flux("HelmRelease", "app", chart=chart, values=values), files=files)

    assert of({"replicas": 2}) == []
    assert "spec.values.replicas: must be a whole number" in of({"replicas": "2"})[0]
    assert "spec.values.repicas: unknown field `repicas` (did you mean `replicas`?)" in of({"repicas": 2})[0]
    assert "`host` is missing (by charts/app/values.schema.json)" in of({"host": None})[0]
    files["charts/app/values.schema.json"] = b"{"
    assert "is not JSON" in of({})[0]

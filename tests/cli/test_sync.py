"""`kubestack sync status` and `verify.sync`: operators that have applied it, an older one, or are unwell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.clusters import TestCluster
from tests.conftest import make_remote, make_repository
from tests.platforms import Platform, eventually

CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: one}}\ndata: {{size: "{size}"}}\n'
FLUX = (
    ("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations"),
    ("source.toolkit.fluxcd.io", "v1", "GitRepository", "gitrepositories"),
)
ARGO_CD = (("argoproj.io", "v1alpha1", "Application", "applications"),)
DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"


@pytest.fixture
def operators(cluster: TestCluster) -> Iterator[TestCluster]:
    """The cluster with the kinds of both operators; those that it lacks are made, and go at the end."""
    made = []
    for group, version, kind, plural in (*FLUX, *ARGO_CD):
        name = f"{plural}.{group}"
        if cluster.get(DEFINITIONS, "--ignore-not-found", name):
            continue
        names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
        open_schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        only = {
            "name": version,
            "served": True,
            "storage": True,
            "schema": {"openAPIV3Schema": open_schema},
            "subresources": {"status": {}},
        }
        definition = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": name},
            "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [only]},
        }
        cluster.kubectl("create", "--filename=-", stdin=json.dumps(definition))
        eventually(partial(served, cluster, name), f"{name} to be served")
        made.append(name)
    yield cluster
    for name in made:
        cluster.kubectl("delete", DEFINITIONS, name, "--wait=false")


def served(cluster: TestCluster, name: str) -> bool:
    found = cluster.get(DEFINITIONS, name).get("status", {}).get("conditions", [])
    return any((item["type"], item["status"]) == ("Established", "True") for item in found)


def make(cluster: TestCluster, root: Path, **verify: Any) -> Platform:
    config = {
        "version": 1,
        "name": "acme",
        "environments": [{"name": "ops", "apply_on": {"branch": "main"}, "cluster": cluster.settings()}],
        "stacks": [{"path": "web"}],
        "verify": verify,
        "policies": {"mode": "off"},
    }
    repository = make_repository(
        root / cluster.namespace,
        {
            "kubestack.yaml": yaml.safe_dump(config),
            "web/base/kustomization.yaml": "resources: [objects.yaml]\n",
            "web/base/objects.yaml": CONFIG.format(size=1),
            "web/overlays/ops/kustomization.yaml": "resources: [../../base]\n",
        },
    )
    # Named after the namespace, so that a cluster's own operator, or another test, follows something else.
    remote = make_remote(repository, root / f"{cluster.namespace}.git")
    return Platform(root=repository.root, remote=remote)


def put(cluster: TestCluster, api: str, kind: str, spec: dict[str, Any], status: dict[str, Any]) -> None:
    """An object of an operator as it would stand in the cluster."""
    metadata = {"name": "web", "namespace": cluster.namespace}
    value = {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}
    cluster.kubectl("apply", "--filename=-", stdin=json.dumps(value))
    group = api.partition("/")[0]
    cluster.status(f"{kind.lower()}.{group}/web", status)


def flux(cluster: TestCluster, revision: str, ready: str = "True", reason: str = "Done") -> None:
    url = f"ssh://git@example.com/acme/{cluster.namespace}.git"
    source = {"url": url, "interval": "1m", "ref": {"branch": "env/ops"}}
    put(cluster, "source.toolkit.fluxcd.io/v1", "GitRepository", source, {})
    spec = {
        "interval": "1h",
        "prune": True,
        "path": "./web",
        "suspend": False,
        "sourceRef": {"kind": "GitRepository", "name": "web"},
    }
    condition = {"type": "Ready", "status": ready, "reason": reason, "message": "in Flux' own words"}
    status = {
        "observedGeneration": 1,
        "lastAppliedRevision": f"env/ops@sha1:{revision}",
        "conditions": [condition],
    }
    put(cluster, "kustomize.toolkit.fluxcd.io/v1", "Kustomization", spec, status)


def argo_cd(cluster: TestCluster, revision: str, sync: str = "Synced", health: str = "Healthy") -> None:
    url = f"https://example.com/acme/{cluster.namespace}"
    spec = {"source": {"repoURL": url, "targetRevision": "env/ops", "path": "web"}}
    status = {"sync": {"status": sync, "revision": revision}, "health": {"status": health}}
    put(cluster, "argoproj.io/v1alpha1", "Application", spec, status)


def tip(platform: Platform) -> str:
    platform.git("fetch", "--quiet", "origin", "env/ops")
    return platform.git("rev-parse", "FETCH_HEAD")


def look(platform: Platform) -> dict[str, Any]:
    (environment,) = platform.ok("sync", "status", "-o", "json").json["environments"]
    (stack,) = environment["stacks"]
    return {**stack, "verified": environment["verified"]}


@pytest.mark.slow
def test_sync_status_follows_what_operators_say(operators: TestCluster, tmp_path: Path) -> None:
    platform = make(operators, tmp_path)
    assert look(platform)["state"] == "undelivered"
    platform.ok("apply", "-e", "ops", "--yes")
    platform.ok("verify", "-e", "ops")
    first = tip(platform)
    found = look(platform)
    assert (found["state"], found["verified"]) == ("missing", False), "a push proves nothing"

    flux(operators, first)
    found = look(platform)
    assert (found["state"], found["verified"], found["evidence"]) == ("synced", True, "verified")
    assert (found["applied"], found["source"]) == (first, platform.head)
    flux(operators, first, ready="False", reason="HealthCheckFailed")
    assert (look(platform)["state"], look(platform)["message"]) == (
        "unhealthy",
        f"Kustomization/{operators.namespace}/web says HealthCheckFailed",
    )

    platform.land("web/base/objects.yaml", '"1"', '"2"')
    platform.ok("apply", "-e", "ops", "--yes")
    flux(operators, first)
    second = tip(platform)
    found = look(platform)
    assert found["state"] == "older"
    assert f"has applied {first[:8]}, and {second[:8]} was delivered" in found["message"]
    assert "older" in platform.ok("sync", "status", "-e", "ops").out
    flux(operators, "0" * 40)
    assert look(platform)["state"] == "unknown"

    flux(operators, second)
    for sync, health, state in (
        ("Synced", "Healthy", "synced"),
        ("Synced", "Degraded", "unhealthy"),
        ("OutOfSync", "Healthy", "progressing"),
    ):
        argo_cd(operators, second, sync, health)
        assert look(platform)["state"] == state


@pytest.mark.slow
def test_verification_waits_for_the_operator_and_tells_an_older_revision(
    operators: TestCluster, tmp_path: Path
) -> None:
    platform = make(operators, tmp_path, sync={"operator": "flux", "timeout": 2})
    platform.ok("apply", "-e", "ops", "--yes")
    late = platform.kubestack("verify", "-e", "ops")
    assert late.code == 1
    assert "is followed by no object of an operator that reads env/ops" in late.said
    first = tip(platform)
    flux(operators, first)
    platform.ok("verify", "-e", "ops")
    assert platform.statuses("ops", "web")[-1] == "verified"

    platform.land("web/base/objects.yaml", '"1"', '"2"')
    platform.ok("apply", "-e", "ops", "--yes")
    late = platform.kubestack("verify", "-e", "ops")
    assert late.code == 1
    record = platform.records("ops")[-1]
    assert record["status"] == "failed"
    for words in (f"has applied {first[:8]}", f"{tip(platform)[:8]} was delivered", "after 2 s"):
        assert words in late.said
        assert words in record["message"]

"""What Flux and Argo CD say: only one that is done with exactly what it was asked counts as in sync."""

from __future__ import annotations

from typing import Any

import pytest

from kubestack_py.delivery.operators import argo_cd, flux
from kubestack_py.delivery.operators.repositories import Branch
from kubestack_py.model.sync import Follower

BRANCH = Branch(name="env/ops", url="https://git.example.com/acme/deploy.git")
URL = "ssh://git@git.example.com/acme/deploy"
COMMIT = "1" * 40
SOURCE = {
    "kind": "GitRepository",
    "metadata": {"name": "flux-system", "namespace": "flux-system"},
    "spec": {"url": URL, "ref": {"branch": "env/ops"}},
}


def conditions(**states: str | tuple[str, str]) -> list[dict[str, str]]:
    found = []
    for kind, state in states.items():
        status, reason = (state, "") if isinstance(state, str) else state
        found.append({"type": kind, "status": status, "reason": reason, "message": "in its own words"})
    return found


def kustomization(spec: dict[str, Any], generation: int, status: dict[str, Any]) -> dict[str, Any]:
    source = {"kind": "GitRepository", "name": "flux-system"}
    return {
        "kind": "Kustomization",
        "metadata": {"name": "apps", "namespace": "flux-system", "generation": generation},
        "spec": {"path": "./apps", "sourceRef": source, **spec},
        "status": status,
    }


READY = {
    "observedGeneration": 2,
    "lastAppliedRevision": f"env/ops@sha1:{COMMIT}",
    "conditions": conditions(Ready="True"),
}
FLUX: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    ("done", {}, READY, "synced", ""),
    ("stale-generation", {}, {**READY, "observedGeneration": 1}, "progressing", "Progressing"),
    ("never-observed", {}, {**READY, "observedGeneration": -1}, "progressing", "Progressing"),
    ("suspended", {"suspend": True}, READY, "suspended", "Suspended"),
    (
        "unknown",
        {},
        {**READY, "conditions": conditions(Ready=("Unknown", "Progressing"))},
        "progressing",
        "Progressing",
    ),
    (
        "reconciling",
        {},
        {**READY, "conditions": conditions(Ready="True", Reconciling=("True", "Progressing"))},
        "progressing",
        "Reconciling",
    ),
    (
        "waiting-for-another",
        {},
        {**READY, "conditions": conditions(Ready=("False", "DependencyNotReady"))},
        "progressing",
        "DependencyNotReady",
    ),
    (
        "stalled",
        {},
        {**READY, "conditions": conditions(Ready=("False", "ArtifactFailed"), Stalled=("True", "x"))},
        "unhealthy",
        "ArtifactFailed",
    ),
    (
        "build-failed",
        {},
        {**READY, "conditions": conditions(Ready=("False", "BuildFailed"))},
        "unhealthy",
        "BuildFailed",
    ),
    ("no-conditions", {}, {**READY, "conditions": []}, "progressing", ""),
    ("no-status", {}, {}, "progressing", "Progressing"),
]


@pytest.mark.parametrize(
    ("spec", "status", "state", "reason"), [item[1:] for item in FLUX], ids=[item[0] for item in FLUX]
)
def test_flux_is_believed_only_when_it_is_done(
    spec: dict[str, Any], status: dict[str, Any], state: str, reason: str
) -> None:
    (found,) = flux.followers([SOURCE, kustomization(spec, 2, status)], BRANCH)
    assert (found.state, found.reason) == (state, reason)
    assert found.revision == (COMMIT if status else "")
    assert found.covers("apps/web")
    assert not found.covers("clusters/ops")


@pytest.mark.parametrize(
    ("spec", "ready", "state"),
    [
        ({}, "True", "synced"),
        ({}, "False", "unhealthy"),
        ({}, "Unknown", "progressing"),
        ({"suspend": True}, "True", "suspended"),
    ],
)
def test_a_release_that_a_kustomization_made_speaks_for_it(
    spec: dict[str, Any], ready: str, state: str
) -> None:
    labels = {"namespace": "flux-system", "name": "apps"}
    release = {
        "kind": "HelmRelease",
        "metadata": {
            "name": "web",
            "namespace": "web",
            "labels": {f"kustomize.toolkit.fluxcd.io/{key}": value for key, value in labels.items()},
        },
        "spec": spec,
        "status": {"conditions": conditions(Ready=(ready, "InstallFailed"))},
    }
    (found,) = flux.followers([SOURCE, kustomization({}, 2, READY), release], BRANCH)
    assert found.state == state


def test_a_kustomization_that_follows_something_else_says_nothing() -> None:
    others = [
        {**SOURCE, "spec": {"url": URL, "ref": {"branch": "main"}}},
        {**SOURCE, "spec": {"url": "https://git.example.com/acme/other", "ref": {"branch": "env/ops"}}},
    ]
    for source in others:
        assert flux.followers([source, kustomization({}, 2, READY)], BRANCH) == ()


def application(status: dict[str, Any]) -> Follower:
    source = {"repoURL": URL, "targetRevision": "env/ops", "path": "apps/web"}
    metadata = {"name": "web", "namespace": "argocd"}
    (found,) = argo_cd.followers(
        [{"metadata": metadata, "spec": {"source": source}, "status": status}], BRANCH
    )
    return found


def said(sync: str, health: str, **more: Any) -> dict[str, Any]:
    return {"sync": {"status": sync, "revision": COMMIT}, "health": {"status": health}, **more}


OTHER = {"repoURL": URL, "targetRevision": "main", "path": "apps/web"}
ARGO_CD: list[tuple[str, dict[str, Any], str, str]] = [
    ("done", said("Synced", "Healthy"), "synced", ""),
    ("out-of-sync", said("OutOfSync", "Healthy"), "progressing", "OutOfSync, Healthy"),
    ("progressing", said("Synced", "Progressing"), "progressing", "Synced, Progressing"),
    ("unknown-health", said("Synced", "Unknown"), "progressing", "Synced, Unknown"),
    ("unknown-sync", said("Unknown", "Healthy"), "progressing", "Unknown, Healthy"),
    ("degraded", said("Synced", "Degraded"), "unhealthy", "Degraded"),
    ("missing", said("OutOfSync", "Missing"), "unhealthy", "Missing"),
    ("suspended", said("Synced", "Suspended"), "suspended", "Suspended"),
    ("hooks-run", said("Synced", "Healthy", operationState={"phase": "Running"}), "progressing", "Syncing"),
    (
        "sync-failed",
        said("OutOfSync", "Healthy", operationState={"phase": "Failed"}),
        "unhealthy",
        "sync Failed",
    ),
    (
        "compared-with-another-source",
        {**said("Synced", "Healthy"), "sync": {"status": "Synced", "comparedTo": {"source": OTHER}}},
        "progressing",
        "Refreshing",
    ),
    (
        "comparison-error",
        said("Unknown", "Healthy", conditions=[{"type": "ComparisonError", "message": "no such path"}]),
        "unhealthy",
        "ComparisonError",
    ),
    ("no-status", {}, "progressing", "Unknown, Unknown"),
]


@pytest.mark.parametrize(
    ("status", "state", "reason"), [item[1:] for item in ARGO_CD], ids=[item[0] for item in ARGO_CD]
)
def test_argo_cd_is_believed_only_when_it_is_done(status: dict[str, Any], state: str, reason: str) -> None:
    found = application(status)
    assert (found.state, found.reason) == (state, reason)


def test_argo_cd_that_is_out_of_sync_runs_what_it_synced_last() -> None:
    history = [{"revision": "2" * 40}, {"revision": "3" * 40}]
    assert application(said("OutOfSync", "Healthy", history=history)).revision == "3" * 40
    assert application(said("OutOfSync", "Healthy")).revision == ""
    assert application(said("Synced", "Healthy", history=history)).revision == COMMIT

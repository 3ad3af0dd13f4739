"""What Flux says: Kustomizations that follow a branch, and the HelmReleases that they made. Pure.

Source: the status of kustomize.toolkit.fluxcd.io/v1, source.toolkit.fluxcd.io/v1, helm.toolkit.fluxcd.io/v2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kubestack_py.delivery.kubectl.health import condition
from kubestack_py.delivery.operators.repositories import Branch, directory
from kubestack_py.model.sync import Follower, SyncState

KINDS = (
    ("kustomize.toolkit.fluxcd.io", "Kustomization"),
    ("source.toolkit.fluxcd.io", "GitRepository"),
    ("helm.toolkit.fluxcd.io", "HelmRelease"),
)
_REVISION = re.compile(r"^(?P<ref>.*?)[@/](?:sha\d+:)?(?P<commit>[0-9a-f]{40,64})$")
_ON_THE_WAY = {"Progressing", "ProgressingWithRetry", "DependencyNotReady", "ArtifactFailed", ""}
Document = Mapping[str, Any]


def followers(objects: Iterable[Document], branch: Branch) -> tuple[Follower, ...]:
    """The Kustomizations that follow a branch, with how they are."""
    found = list(objects)
    sources = {_name(item) for item in found if item["kind"] == "GitRepository" and _follows(item, branch)}
    releases = [item for item in found if item["kind"] == "HelmRelease"]
    return tuple(
        _follower(item, releases)
        for item in found
        if item["kind"] == "Kustomization" and _source(item) in sources
    )


def _follows(repository: Document, branch: Branch) -> bool:
    spec = repository["spec"]
    ref = spec.get("ref") or {}
    return branch.is_at(spec.get("url", "")) and branch.is_called(ref.get("name") or ref.get("branch") or "")


def _source(kustomization: Document) -> tuple[str, str] | None:
    ref = kustomization["spec"].get("sourceRef") or {}
    if ref.get("kind") != "GitRepository":
        return None
    return ref.get("namespace") or kustomization["metadata"]["namespace"], ref.get("name", "")


def _follower(item: Document, releases: Sequence[Document]) -> Follower:
    namespace, name = _name(item)
    match = _REVISION.match((item.get("status") or {}).get("lastAppliedRevision") or "")
    state, reason, message = _health(item)
    if state is SyncState.SYNCED:
        for release in _made_by(item, releases):
            one, why, said = _health(release)
            if one is not SyncState.SYNCED:
                state, reason, message = one, f"HelmRelease {release['metadata']['name']}: {why}", said
    return Follower(
        name=f"Kustomization/{namespace}/{name}",
        path=directory(item["spec"].get("path") or ""),
        revision=match["commit"] if match else "",
        state=state,
        reason=reason,
        message=message,
    )


def _made_by(kustomization: Document, releases: Sequence[Document]) -> Iterator[Document]:
    namespace, name = _name(kustomization)
    for release in releases:
        labels = release["metadata"].get("labels") or {}
        owner = tuple(labels.get(f"kustomize.toolkit.fluxcd.io/{key}") for key in ("namespace", "name"))
        if owner == (namespace, name):
            yield release


def _health(item: Document) -> tuple[SyncState, str, str]:
    """The state of one object, the reason in one word, and Flux' own sentence."""
    if item["spec"].get("suspend"):
        return SyncState.SUSPENDED, "Suspended", "its reconciliation is suspended"
    status = item.get("status") or {}
    if status.get("observedGeneration", 0) < item["metadata"].get("generation", 0):
        return SyncState.PROGRESSING, "Progressing", "Flux has not seen its newest version yet"
    if condition(item, "Reconciling").get("status") == "True":
        return SyncState.PROGRESSING, "Reconciling", str(condition(item, "Reconciling").get("message", ""))
    ready = condition(item, "Ready")
    reason, message = str(ready.get("reason", "")), str(ready.get("message", ""))
    if ready.get("status") == "True":
        return SyncState.SYNCED, "", ""
    if condition(item, "Stalled").get("status") != "True" and (
        ready.get("status") != "False" or reason in _ON_THE_WAY
    ):
        return SyncState.PROGRESSING, reason, message
    return SyncState.UNHEALTHY, reason, message


def _name(item: Document) -> tuple[str, str]:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]

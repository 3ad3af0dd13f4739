"""What Argo CD says: Applications that follow a branch. Pure.

Source: the status of argoproj.io/v1alpha1 Application.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kubestack_py.delivery.operators.repositories import Branch, directory
from kubestack_py.model.sync import Follower, SyncState

KINDS = (("argoproj.io", "Application"),)
_BROKEN = {"Degraded", "Missing"}
_COMPARED = ("repoURL", "path", "targetRevision")
Document = Mapping[str, Any]


def followers(objects: Iterable[Document], branch: Branch) -> tuple[Follower, ...]:
    """The Applications that follow a branch, one for each of their sources that does."""
    return tuple(follower for item in objects for follower in _of_application(item, branch))


def _of_application(item: Document, branch: Branch) -> Iterator[Follower]:
    spec = item["spec"]
    for index, source in enumerate(spec.get("sources") or [spec.get("source") or {}]):
        if branch.is_at(source.get("repoURL", "")) and branch.is_called(source.get("targetRevision") or ""):
            state, reason, message = _health(item)
            metadata = item["metadata"]
            yield Follower(
                name=f"Application/{metadata.get('namespace', '')}/{metadata['name']}",
                path=directory(source.get("path") or ""),
                revision=_applied(item, index),
                state=state,
                reason=reason,
                message=message,
            )


def _applied(item: Document, index: int) -> str:
    """The revision in the cluster. `sync.revision` is the one compared with, in place only when `Synced`."""
    status = item.get("status") or {}
    sync = status.get("sync") or {}
    if sync.get("status") == "Synced":
        return _revision(sync, index)
    history = status.get("history") or [{}]
    return _revision(history[-1], index)


def _revision(holder: Document, index: int) -> str:
    several = holder.get("revisions") or []
    return str(several[index] if index < len(several) else holder.get("revision") or "")


def _health(item: Document) -> tuple[SyncState, str, str]:
    status = item.get("status") or {}
    operation, health = status.get("operationState") or {}, status.get("health") or {}
    sync, state = (status.get("sync") or {}).get("status", "Unknown"), health.get("status", "Unknown")
    message = str(health.get("message") or operation.get("message") or "")
    problem = next(
        (one for one in status.get("conditions") or [] if str(one.get("type")).endswith("Error")), None
    )
    if problem:
        return SyncState.UNHEALTHY, str(problem["type"]), str(problem.get("message", ""))
    if operation.get("phase") in {"Failed", "Error"} or state in _BROKEN:
        return SyncState.UNHEALTHY, state if state in _BROKEN else f"sync {operation['phase']}", message
    if operation.get("phase") in {"Running", "Terminating"}:
        return SyncState.PROGRESSING, "Syncing", str(operation.get("message") or "")
    if _is_stale(item):
        return SyncState.PROGRESSING, "Refreshing", "Argo CD has not compared with its newest version yet"
    if state == "Suspended":
        return SyncState.SUSPENDED, state, message
    if sync == "Synced" and state == "Healthy":
        return SyncState.SYNCED, "", ""
    return SyncState.PROGRESSING, f"{sync}, {state}", message


def _is_stale(item: Document) -> bool:
    """Whether what is said is about another source than the one that is asked for by now."""
    compared = ((item.get("status") or {}).get("sync") or {}).get("comparedTo") or {}
    pairs = [(compared.get("source"), item["spec"].get("source"))]
    pairs += zip(compared.get("sources") or [], item["spec"].get("sources") or [], strict=False)
    return any(
        said and wanted and any((said.get(key) or "") != (wanted.get(key) or "") for key in _COMPARED)
        for said, wanted in pairs
    )

"""Whether an object is ready, by what its status says. Pure.

Sources: `kubectl rollout status`, and kstatus for kinds that nobody knows
(https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

INERT = frozenset(
    {
        *("Namespace", "ConfigMap", "Secret", "ServiceAccount", "Role", "RoleBinding"),
        *("ClusterRole", "ClusterRoleBinding", "ResourceQuota", "LimitRange", "PriorityClass"),
        *("StorageClass", "NetworkPolicy", "PodDisruptionBudget", "PersistentVolumeClaim", "CronJob"),
        *("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "Service", "Ingress"),
    }
)
Document = Mapping[str, Any]


class State(StrEnum):
    """`FAILED` is for good: waiting longer changes nothing."""

    READY = "ready"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """How far an object is, and what it waits for."""

    state: State
    message: str = ""


READY = Readiness(state=State.READY)


def readiness(document: Document) -> Readiness:
    """How ready an object is, as the API gives it."""
    status = document.get("status") or {}
    generation = document["metadata"].get("generation", 0)
    if status.get("observedGeneration", generation) < generation:
        return _waiting("its controller has not seen it yet")
    known: dict[str, Callable[[Document, Document], Readiness]] = {
        "Deployment": _deployment,
        "StatefulSet": _stateful_set,
        "DaemonSet": _daemon_set,
        "Job": _job,
        "Pod": _pod,
        "CustomResourceDefinition": _definition,
    }
    return known.get(str(document["kind"]), _other)(document, status)


def condition(document: Document, kind: str) -> Mapping[str, Any]:
    """A condition of an object; empty for one that it does not have."""
    conditions = (document.get("status") or {}).get("conditions") or []
    return next((item for item in conditions if item.get("type") == kind), {})


def holding(document: Document) -> str:
    """Why an object that is being deleted is still there."""
    conditions = (document.get("status") or {}).get("conditions") or []
    said = [
        str(item.get("message", ""))
        for item in conditions
        if document["kind"] == "Namespace" and item.get("status") == "True"
    ]
    finalizers = document["metadata"].get("finalizers") or []
    waits = [f"it is being deleted, and waits for {', '.join(finalizers)}"] if finalizers else []
    return "; ".join([*(waits or ["it is being deleted"]), *said])


def _deployment(document: Document, status: Document) -> Readiness:
    wanted = document["spec"].get("replicas", 1)
    progressing, refused = condition(document, "Progressing"), condition(document, "ReplicaFailure")
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return _failed("it made no progress within its progressDeadlineSeconds")
    if refused.get("status") == "True":
        return _waiting(f"its pods cannot be made: {refused.get('message', refused.get('reason', ''))}")
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if updated < wanted:
        return _waiting(f"{updated} of {wanted} replicas are new")
    if status.get("replicas", 0) > updated:
        return _waiting(f"{status['replicas'] - updated} old replicas are still there")
    return _counted(available, wanted)


def _stateful_set(document: Document, status: Document) -> Readiness:
    spec = document["spec"]
    wanted = spec.get("replicas", 1)
    if (spec.get("updateStrategy") or {}).get("type") == "OnDelete":
        return READY
    if status.get("readyReplicas", 0) < wanted:
        return _counted(status.get("readyReplicas", 0), wanted)
    if status.get("updateRevision", "") != status.get("currentRevision", ""):
        return _waiting(f"{status.get('updatedReplicas', 0)} of {wanted} replicas are new")
    return READY


def _daemon_set(_: Document, status: Document) -> Readiness:
    wanted = status.get("desiredNumberScheduled")
    if wanted is None:
        return _waiting("its controller has not seen it yet")
    if status.get("updatedNumberScheduled", 0) < wanted:
        return _waiting(f"{status.get('updatedNumberScheduled', 0)} of {wanted} replicas are new")
    return _counted(status.get("numberAvailable", 0), wanted)


def _job(document: Document, status: Document) -> Readiness:
    failed = condition(document, "Failed")
    if failed.get("status") == "True":
        return _failed(f"the job failed: {failed.get('message') or failed.get('reason', '')}")
    if condition(document, "Complete").get("status") == "True" or document["spec"].get("suspend"):
        return READY
    return _waiting(
        f"{status.get('succeeded', 0)} of {document['spec'].get('completions', 1)} pods succeeded"
    )


def _pod(document: Document, status: Document) -> Readiness:
    if status.get("phase") == "Failed":
        return _failed(f"the pod failed: {status.get('message') or status.get('reason', '')}")
    if status.get("phase") == "Succeeded" or condition(document, "Ready").get("status") == "True":
        return READY
    return _waiting(f"the pod is {status.get('phase', 'Pending')}")


def _definition(document: Document, _: Document) -> Readiness:
    names = condition(document, "NamesAccepted")
    if names.get("status") == "False":
        return _failed(f"its names are taken: {names.get('message', '')}")
    if condition(document, "Established").get("status") == "True":
        return READY
    return _waiting("the definition is not established yet")


def _other(document: Document, _: Document) -> Readiness:
    stalled = condition(document, "Stalled")
    if stalled.get("status") == "True":
        return _failed(f"{stalled.get('reason', 'Stalled')}: {stalled.get('message', '')}")
    for name in ("Ready", "Available"):
        found = condition(document, name)
        if found.get("status") in {"False", "Unknown"}:
            return _waiting(f"{found.get('reason', name)}: {found.get('message', '')}")
    return READY


def _counted(there: int, wanted: int) -> Readiness:
    if there < wanted:
        return _waiting(f"{there} of {wanted} replicas are available")
    return READY


def _waiting(message: str) -> Readiness:
    return Readiness(state=State.WAITING, message=message.rstrip(": "))


def _failed(message: str) -> Readiness:
    return Readiness(state=State.FAILED, message=message.rstrip(": "))

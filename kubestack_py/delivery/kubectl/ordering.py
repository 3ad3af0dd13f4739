"""In which order objects are applied: what others rest on first, what could stop everything last. Pure."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kubestack_py.model.manifest import Manifest


class Phase(IntEnum):
    """Objects of one phase are applied by one kubectl."""

    FOUNDATIONS = 0
    OBJECTS = 1
    WEBHOOKS = 2


_FOUNDATIONS = {("", "Namespace"), ("apiextensions.k8s.io", "CustomResourceDefinition")}
_WEBHOOKS = {"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}
_EARLY = (
    *("Namespace", "CustomResourceDefinition", "PriorityClass", "ResourceQuota", "LimitRange"),
    *("ServiceAccount", "ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding"),
    *("StorageClass", "PersistentVolume", "PersistentVolumeClaim", "Secret", "ConfigMap", "Service"),
)
_LATE = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "HorizontalPodAutoscaler", "Ingress")


def phase(manifest: Manifest) -> Phase:
    """The phase of an object."""
    if (manifest.group, manifest.kind) in _FOUNDATIONS:
        return Phase.FOUNDATIONS
    return Phase.WEBHOOKS if manifest.kind in _WEBHOOKS else Phase.OBJECTS


def in_order(manifests: Iterable[Manifest]) -> list[Manifest]:
    """By phase, then by kind, then by address."""
    return sorted(manifests, key=lambda item: (phase(item), _rank(item.kind), item.address))


def _rank(kind: str) -> int:
    if kind in _EARLY:
        return _EARLY.index(kind)
    return len(_EARLY) + 1 + _LATE.index(kind) if kind in _LATE else len(_EARLY)

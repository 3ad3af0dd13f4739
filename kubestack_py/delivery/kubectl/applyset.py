"""What a stack has delivered, kept in the cluster as an ApplySet (KEP-3659): a label and a parent. Pure.

Source: https://github.com/kubernetes/enhancements/tree/master/keps/sig-cli/3659-kubectl-apply-prune.
kubectl's own `--prune --applyset` is alpha, prints no plan that a program could read, and needs the whole
set in one process, which leaves no room for order and waiting.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from kubestack_py.model.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PART_OF = "applyset.kubernetes.io/part-of"
_ID = "applyset.kubernetes.io/id"
_TOOLING = "applyset.kubernetes.io/tooling"
_KINDS = "applyset.kubernetes.io/contains-group-kinds"
_NAMESPACES = "applyset.kubernetes.io/additional-namespaces"
_UNFIT = re.compile(r"[^a-z0-9]+")
GroupKind = tuple[str, str]


class ApplySet:
    """The set of one stack in one environment; its parent is a ConfigMap in `namespace`.

    The environment is part of its name, since two environments may share a cluster.
    """

    def __init__(self, stack: str, environment: str, namespace: str) -> None:
        slug = _UNFIT.sub("-", stack.lower()).strip("-")[:180]
        digest = sha256(f"{environment}:{stack}".encode()).hexdigest()
        self.name = f"kubestack-{environment}-{slug}-{digest[:8]}"
        self.namespace = namespace
        hashed = sha256(f"{self.name}.{namespace}.ConfigMap.".encode()).digest()
        self.id = f"applyset-{urlsafe_b64encode(hashed).decode().rstrip('=')}-v1"
        self.selector = f"{PART_OF}={self.id}"
        self._data = {"stack": stack, "environment": environment}

    def parent(
        self, members: Iterable[Manifest] = (), before: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The parent for these members; with `before`, for those that it knew as well."""
        own = list(members)
        kinds = {(item.group, item.kind) for item in own} | (kinds_of(before) if before else set())
        namespaces = {item.namespace for item in own} | (namespaces_of(before) if before else set())
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": self.name,
                "namespace": self.namespace,
                "labels": {_ID: self.id, "app.kubernetes.io/managed-by": "kubestack"},
                "annotations": {
                    _TOOLING: "kubestack/v1",
                    _KINDS: ",".join(sorted(f"{kind}.{group}".rstrip(".") for group, kind in kinds)),
                    _NAMESPACES: ",".join(sorted(namespaces - {"", self.namespace})),
                },
            },
            "data": self._data,
        }

    def labelled(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """An object as a member of the set."""
        metadata = document["metadata"]
        labels = {**(metadata.get("labels") or {}), PART_OF: self.id}
        return {**document, "metadata": {**metadata, "labels": labels}}


def kinds_of(parent: Mapping[str, Any]) -> set[GroupKind]:
    """The groups and kinds of a parent's members."""
    names = _annotation(parent, _KINDS)
    return {(name.partition(".")[2], name.partition(".")[0]) for name in names}


def namespaces_of(parent: Mapping[str, Any]) -> set[str]:
    """The namespaces of a parent's members."""
    return {parent["metadata"].get("namespace", ""), *_annotation(parent, _NAMESPACES)}


def set_of(document: Mapping[str, Any]) -> str:
    """The id of the set that an object is in; empty for none."""
    return str((document["metadata"].get("labels") or {}).get(PART_OF, ""))


def _annotation(parent: Mapping[str, Any], name: str) -> list[str]:
    text = (parent["metadata"].get("annotations") or {}).get(name, "")
    return [part for part in text.split(",") if part]

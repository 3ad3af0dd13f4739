"""The pods inside of objects: where their specification stands, and the containers in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubestack_py.model.examined import Built, FieldPath

_TEMPLATE: FieldPath = ("spec", "template", "spec")
_PODS: dict[tuple[str, str], FieldPath] = {
    ("", "Pod"): ("spec",),
    ("", "ReplicationController"): _TEMPLATE,
    ("", "PodTemplate"): ("template", "spec"),
    ("apps", "DaemonSet"): _TEMPLATE,
    ("apps", "Deployment"): _TEMPLATE,
    ("apps", "ReplicaSet"): _TEMPLATE,
    ("apps", "StatefulSet"): _TEMPLATE,
    ("batch", "Job"): _TEMPLATE,
    ("batch", "CronJob"): ("spec", "jobTemplate", *_TEMPLATE),
}
_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


class Part(NamedTuple):
    """A mapping inside of an object, and the path to it."""

    path: FieldPath
    value: dict[str, Any]


def pod(item: Built) -> Part | None:
    """The specification of the pods that an object makes; None for any other kind."""
    path = _PODS.get((item.manifest.group, item.manifest.kind))
    value = at(item.document, path) if path else None
    return Part(path, value) if path and isinstance(value, dict) else None


def containers(inside: Part) -> Iterator[Part]:
    """Every container of a pod, those that only begin it included."""
    for name in _CONTAINERS:
        yield from mappings(inside, name)


def mappings(inside: Part, *keys: str) -> Iterator[Part]:
    """The mappings in a list, found along keys."""
    value = at(inside.value, keys)
    for number, entry in enumerate(value if isinstance(value, list) else ()):
        if isinstance(entry, dict):
            yield Part((*inside.path, *keys, number), entry)


def at(value: object, path: FieldPath) -> object:
    """What a path leads to, None where it leads nowhere."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value

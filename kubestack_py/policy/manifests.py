"""Rules over the objects that an overlay renders."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from kubestack_py.model.policy import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kubestack_py.model.manifest import Manifest
    from kubestack_py.model.policy import PolicySettings, PolicySubject

_PODS = {"Pod": ("spec",), "CronJob": ("spec", "jobTemplate", "spec", "template", "spec")} | dict.fromkeys(
    ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"), ("spec", "template", "spec")
)
_HOST = ("hostNetwork", "hostPID", "hostIPC")
_CAPABILITIES = {"ALL", "SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "SYS_MODULE", "BPF", "DAC_READ_SEARCH"}
_INTERNAL = (
    "service.beta.kubernetes.io/aws-load-balancer-internal",
    "service.beta.kubernetes.io/aws-load-balancer-scheme",
    "service.beta.kubernetes.io/azure-load-balancer-internal",
    "networking.gke.io/load-balancer-type",
)


def privileged_workloads(subject: PolicySubject, _settings: PolicySettings) -> Iterator[Violation]:
    """Pods that have the power of their node."""
    for manifest, pod in _pods(subject):
        powers = [name for name in _HOST if pod.get(name) is True]
        mounts = (volume.get("name") for volume in _list(pod, "volumes") if "hostPath" in volume)
        powers += [f"volume {name} is a hostPath" for name in mounts]
        for container in _containers(pod):
            powers += [f"container {container.get('name')} {power}" for power in _powers(container)]
        if powers:
            yield Violation(
                rule="privileged-workloads", address=manifest.address, message="; ".join(map(str, powers))
            )


def resource_requests(subject: PolicySubject, _settings: PolicySettings) -> Iterator[Violation]:
    """Containers that do not say what they need."""
    for manifest, pod in _pods(subject):
        for container in _list(pod, "containers"):
            requests = _mapping(_mapping(container, "resources"), "requests")
            missing = [name for name in ("cpu", "memory") if name not in requests]
            if missing:
                message = f"container {container.get('name')} requests no {' and no '.join(missing)}"
                yield Violation(rule="resource-requests", address=manifest.address, message=message)


def image_tags(subject: PolicySubject, _settings: PolicySettings) -> Iterator[Violation]:
    """Images without a version of their own."""
    for manifest, image in _images(subject):
        tag = _tag(image)
        if "@" not in image and tag in {"", "latest"}:
            message = f"{image} has {'the tag latest' if tag else 'no tag'}"
            yield Violation(rule="image-tags", address=manifest.address, message=message)


def image_registries(subject: PolicySubject, settings: PolicySettings) -> Iterator[Violation]:
    """Images from elsewhere than the platform's registries; without such a list everything is fine."""
    if not settings.registries:
        return
    for manifest, image in _images(subject):
        name = _whole_name(image)
        if not any(fnmatchcase(name, glob) for glob in settings.registries):
            message = f"{image} comes from none of {', '.join(settings.registries)}"
            yield Violation(rule="image-registries", address=manifest.address, message=message)


def required_labels(subject: PolicySubject, settings: PolicySettings) -> Iterator[Violation]:
    """Objects without a label that the platform asks for."""
    for manifest in subject.manifests:
        labels = _mapping(_mapping(manifest.document, "metadata"), "labels")
        missing = [label for label in settings.labels if label not in labels]
        if missing:
            message = f"lacks the label{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
            yield Violation(rule="required-labels", address=manifest.address, message=message)


def public_objects(subject: PolicySubject, _settings: PolicySettings) -> Iterator[Violation]:
    """Services and pods that open a way in beside the platform's ingress."""
    for manifest in subject.manifests:
        spec = _mapping(manifest.document, "spec")
        if manifest.kind == "Service" and spec.get("type") in {"LoadBalancer", "NodePort"}:
            notes = _mapping(_mapping(manifest.document, "metadata"), "annotations")
            if spec["type"] == "NodePort" or not any(name in notes for name in _INTERNAL):
                message = f"a Service of type {spec['type']}"
                yield Violation(rule="public-endpoints", address=manifest.address, message=message)
    for manifest, pod in _pods(subject):
        ports = [
            port["hostPort"]
            for container in _containers(pod)
            for port in _list(container, "ports")
            if port.get("hostPort")
        ]
        if ports:
            message = f"opens port {', '.join(map(str, ports))} of its node"
            yield Violation(rule="public-endpoints", address=manifest.address, message=message)


def _powers(container: Mapping[str, Any]) -> Iterator[str]:
    context = _mapping(container, "securityContext")
    if context.get("privileged") is True:
        yield "is privileged"
    if context.get("allowPrivilegeEscalation") is True:
        yield "may gain privileges"
    wanted = _items(_mapping(context, "capabilities"), "add")
    added = _CAPABILITIES & {str(item).removeprefix("CAP_") for item in wanted}
    if added:
        yield f"has the capability {', '.join(sorted(added))}"


def _images(subject: PolicySubject) -> Iterator[tuple[Manifest, str]]:
    for manifest, pod in _pods(subject):
        images = [container.get("image") for container in _containers(pod)]
        yield from ((manifest, image) for image in dict.fromkeys(images) if isinstance(image, str))


def _tag(image: str) -> str:
    """`registry:5000/a/b` has none."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def _whole_name(image: str) -> str:
    """With the registry that an image without one comes from (`docker.io/library/nginx:1`)."""
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"docker.io/{image}" if slash else f"docker.io/library/{image}"


def _pods(subject: PolicySubject) -> Iterator[tuple[Manifest, Mapping[str, Any]]]:
    """Objects that run pods, with the specification of these."""
    for manifest in subject.manifests:
        if manifest.kind in _PODS:
            pod: Mapping[str, Any] = manifest.document
            for step in _PODS[manifest.kind]:
                pod = _mapping(pod, step)
            yield manifest, pod


def _containers(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    lists = ("initContainers", "containers", "ephemeralContainers")
    return [item for name in lists for item in _list(pod, name)]


def _mapping(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A field that should be a mapping; what it is not, the schemas say."""
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _items(value: Mapping[str, Any], key: str) -> list[Any]:
    found = value.get(key)
    return found if isinstance(found, list) else []


def _list(value: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return [item for item in _items(value, key) if isinstance(item, dict)]

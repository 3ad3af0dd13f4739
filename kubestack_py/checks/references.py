"""References between objects: pods, routes, roles and scalers name what has to be there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from kubestack_py.checks.inventory import Inventory
from kubestack_py.checks.workloads import Part, at, containers, mappings, pod
from kubestack_py.model.examined import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kubestack_py.model.examined import Built, FieldPath


class Link(NamedTuple):
    """A field that names another object; `key` is what has to be in that object's data."""

    path: FieldPath
    kind: str
    name: str
    namespace: str | None = None
    key: str = ""


def check_references(objects: Iterable[Built], inventory: Inventory) -> Iterator[Problem]:
    """Problems of fields that name what is not there. `inventory` is that of the objects' environment."""
    for item in objects:
        for link in links(item):
            namespace = item.manifest.namespace if link.namespace is None else link.namespace
            if not inventory.has(link.kind, namespace, link.name):
                yield Problem(
                    check="manifest-reference",
                    about=item,
                    path=link.path,
                    message=f"there is no {link.kind} {link.name}"
                    + (f" in {namespace}" if namespace else ""),
                    hint=inventory.near(link.kind, namespace, link.name),
                )
            elif link.key:
                yield from _missing_key(item, link, inventory.find(link.kind, namespace, link.name))


def _missing_key(item: Built, link: Link, target: Built | None) -> Iterator[Problem]:
    if target is None:
        return
    keys = [key for name in ("data", "binaryData", "stringData") for key in target.document.get(name) or ()]
    if link.key not in keys:
        yield Problem(
            check="manifest-reference",
            about=item,
            path=(*link.path[:-1], "key"),
            message=f"the {link.kind} {link.name} has no key {link.key}",
            hint=f"its keys: {', '.join(sorted(keys))}" if keys else "it has no data at all",
        )


def links(item: Built) -> Iterator[Link]:
    """Every reference of an object that Kubernetes does not mark as optional."""
    inside = pod(item)
    if inside:
        yield from _of_pod(inside)
    whole = Part((), dict(item.document))
    match item.manifest.kind:
        case "Ingress":
            yield from _of_ingress(whole)
        case "HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute" | "UDPRoute":
            yield from _of_route(whole)
        case "RoleBinding" | "ClusterRoleBinding":
            yield from _of_binding(whole)
        case "HorizontalPodAutoscaler":
            yield from _of_scaler(whole)
        case "StatefulSet":
            yield from _text(whole, ("spec", "serviceName"), "Service")
        case "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration":
            for webhook in mappings(whole, "webhooks"):
                yield from _of_service(webhook, ("clientConfig", "service"))
        case "APIService":
            yield from _of_service(whole, ("spec", "service"))


def _of_pod(inside: Part) -> Iterator[Link]:
    yield from _text(inside, ("serviceAccountName",), "ServiceAccount")
    for secret in mappings(inside, "imagePullSecrets"):
        yield from _text(secret, ("name",), "Secret")
    for volume in mappings(inside, "volumes"):
        yield from _source(volume, ("configMap",), "ConfigMap", "name")
        yield from _source(volume, ("secret",), "Secret", "secretName")
        yield from _text(volume, ("persistentVolumeClaim", "claimName"), "PersistentVolumeClaim")
        for source in mappings(volume, "projected", "sources"):
            yield from _source(source, ("configMap",), "ConfigMap", "name")
            yield from _source(source, ("secret",), "Secret", "name")
    for container in containers(inside):
        for entry in mappings(container, "envFrom"):
            yield from _source(entry, ("configMapRef",), "ConfigMap", "name")
            yield from _source(entry, ("secretRef",), "Secret", "name")
        for entry in mappings(container, "env"):
            yield from _source(entry, ("valueFrom", "configMapKeyRef"), "ConfigMap", "name")
            yield from _source(entry, ("valueFrom", "secretKeyRef"), "Secret", "name")


def _source(inside: Part, path: FieldPath, kind: str, field: str) -> Iterator[Link]:
    """A reference with `optional` and perhaps `key`."""
    value = at(inside.value, path)
    if isinstance(value, dict) and value.get("optional") is not True and isinstance(value.get(field), str):
        key = value.get("key")
        yield Link((*inside.path, *path, field), kind, value[field], key=key if isinstance(key, str) else "")


def _text(inside: Part, path: FieldPath, kind: str) -> Iterator[Link]:
    name = at(inside.value, path)
    if isinstance(name, str) and name:
        yield Link((*inside.path, *path), kind, name)


def _of_ingress(whole: Part) -> Iterator[Link]:
    yield from _text(whole, ("spec", "defaultBackend", "service", "name"), "Service")
    for rule in mappings(whole, "spec", "rules"):
        for path in mappings(rule, "http", "paths"):
            yield from _text(path, ("backend", "service", "name"), "Service")
    for tls in mappings(whole, "spec", "tls"):
        yield from _text(tls, ("secretName",), "Secret")


def _of_route(whole: Part) -> Iterator[Link]:
    for rule in mappings(whole, "spec", "rules"):
        for backend in mappings(rule, "backendRefs"):
            value = backend.value
            name = value.get("name")
            if isinstance(name, str) and not value.get("group") and value.get("kind", "Service") == "Service":
                yield Link((*backend.path, "name"), "Service", name, _namespace(value))


def _of_binding(whole: Part) -> Iterator[Link]:
    kind = at(whole.value, ("roleRef", "kind"))
    if kind == "Role":
        yield from _text(whole, ("roleRef", "name"), "Role")
    elif kind == "ClusterRole":
        for link in _text(whole, ("roleRef", "name"), "ClusterRole"):
            yield link._replace(namespace="")
    for subject in mappings(whole, "subjects"):
        name = subject.value.get("name")
        if subject.value.get("kind") == "ServiceAccount" and isinstance(name, str):
            yield Link((*subject.path, "name"), "ServiceAccount", name, _namespace(subject.value))


def _of_scaler(whole: Part) -> Iterator[Link]:
    kind = at(whole.value, ("spec", "scaleTargetRef", "kind"))
    if isinstance(kind, str):
        yield from _text(whole, ("spec", "scaleTargetRef", "name"), kind)


def _of_service(inside: Part, path: FieldPath) -> Iterator[Link]:
    value = at(inside.value, path)
    if isinstance(value, dict) and isinstance(value.get("name"), str):
        yield Link((*inside.path, *path, "name"), "Service", value["name"], _namespace(value))


def _namespace(value: dict[str, Any]) -> str | None:
    namespace = value.get("namespace")
    return namespace if isinstance(namespace, str) else None

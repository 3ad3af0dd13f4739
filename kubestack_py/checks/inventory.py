"""The objects of one environment by kind and name, and those that controllers make of them."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from kubestack_py.checks.workloads import at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kubestack_py.model.examined import Built

_GIVEN = {
    ("ServiceAccount", "default"),
    ("ConfigMap", "kube-root-ca.crt"),
    *(("ClusterRole", name) for name in ("cluster-admin", "admin", "edit", "view")),
}
# What makes a Secret or a ConfigMap: the path of its name, where that is not the name of the object.
_MAKERS: dict[str, tuple[str, tuple[tuple[str, ...], ...]]] = {
    "ExternalSecret": ("Secret", (("spec", "target", "name"),)),
    "ClusterExternalSecret": ("Secret", (("spec", "externalSecretName"),)),
    "SealedSecret": ("Secret", (("spec", "template", "metadata", "name"),)),
    "SopsSecret": ("Secret", ()),
    "Certificate": ("Secret", (("spec", "secretName"),)),
    "VaultStaticSecret": ("Secret", (("spec", "destination", "name"),)),
    "VaultDynamicSecret": ("Secret", (("spec", "destination", "name"),)),
    "OnePasswordItem": ("Secret", ()),
    "InfisicalSecret": ("Secret", (("spec", "managedSecretReference", "secretName"),)),
    "Bundle": ("ConfigMap", ()),
}
_ANYWHERE = {"ClusterExternalSecret", "Bundle"}
_CHARTS = {"HelmRelease", "HelmChart", "Application"}


class Inventory:
    """Lookups are lenient: an object without a namespace goes wherever it is applied to."""

    def __init__(self, objects: Iterable[Built]) -> None:
        self._found: dict[tuple[str, str], dict[str, Built | None]] = {}
        self._charts: set[str] = set()
        for item in objects:
            self._add(item.manifest.kind, item.manifest.namespace, item.manifest.name, item)
            for kind, namespace, name in _made(item):
                self._add(kind, namespace, name, None)
            if item.manifest.kind in _CHARTS:
                self._charts.add(_target_namespace(item))

    def has(self, kind: str, namespace: str, name: str) -> bool:
        """Whether the object is there, is made by what is there, or may come from a chart."""
        if (kind, name) in _GIVEN or (kind == "ClusterRole" and name.startswith("system:")):
            return True
        return self._entry(kind, namespace, name) is not None or namespace in self._charts

    def find(self, kind: str, namespace: str, name: str) -> Built | None:
        """The object itself, where a stack renders it."""
        entry = self._entry(kind, namespace, name)
        return entry[0] if entry else None

    def near(self, kind: str, namespace: str, name: str) -> str:
        """A hint: an object of that kind that is called nearly the same, or the same elsewhere."""
        elsewhere = self._found.get((kind, name))
        if elsewhere:
            return f"there is one in {', '.join(sorted(space or 'no namespace' for space in elsewhere))}"
        known = [
            other for (which, other), spaces in self._found.items() if which == kind and namespace in spaces
        ]
        close = difflib.get_close_matches(name, known, n=1)
        return f"did you mean `{close[0]}`?" if close else ""

    def _entry(self, kind: str, namespace: str, name: str) -> tuple[Built | None] | None:
        spaces = self._found.get((kind, name), {})
        for space in (namespace, ""):
            if space in spaces:
                return (spaces[space],)
        return (next(iter(spaces.values())),) if spaces and not namespace else None

    def _add(self, kind: str, namespace: str, name: str, item: Built | None) -> None:
        self._found.setdefault((kind, name), {}).setdefault(namespace, item)


def _made(item: Built) -> Iterator[tuple[str, str, str]]:
    manifest = item.manifest
    if manifest.kind in _MAKERS:
        kind, paths = _MAKERS[manifest.kind]
        names = [name for path in paths if isinstance(name := at(item.document, path), str)]
        yield kind, "" if manifest.kind in _ANYWHERE else manifest.namespace, (names or [manifest.name])[0]
    if manifest.kind == "Ingress" and _is_certified(manifest.document):
        tls = at(item.document, ("spec", "tls"))
        for entry in tls if isinstance(tls, list) else ():
            if isinstance(entry, dict) and isinstance(entry.get("secretName"), str):
                yield "Secret", manifest.namespace, entry["secretName"]


def _is_certified(document: Mapping[str, Any]) -> bool:
    """Whether cert-manager makes the certificates of an Ingress."""
    annotations = at(document, ("metadata", "annotations"))
    return isinstance(annotations, dict) and any(
        key.startswith("cert-manager.io/") or key == "kubernetes.io/tls-acme" for key in annotations
    )


def _target_namespace(item: Built) -> str:
    paths = (("spec", "targetNamespace"), ("spec", "destination", "namespace"))
    named = (at(item.document, path) for path in paths)
    return next((name for name in named if isinstance(name, str)), item.manifest.namespace)

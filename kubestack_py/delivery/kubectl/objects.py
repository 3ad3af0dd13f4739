"""Objects as the API gives them, made comparable with each other. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kubestack_py.model.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERVERS_OWN = frozenset(
    {"managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"}
)


def manifest(document: Mapping[str, Any]) -> Manifest:
    """An object of the API as a manifest, without what the server writes by itself, and without status."""
    metadata = {key: value for key, value in document["metadata"].items() if key not in _SERVERS_OWN}
    plain = {key: value for key, value in document.items() if key != "status"} | {"metadata": metadata}
    return Manifest(
        api_version=str(document["apiVersion"]),
        kind=str(document["kind"]),
        namespace=str(metadata.get("namespace") or ""),
        name=str(metadata["name"]),
        content=json.dumps(plain, sort_keys=True, ensure_ascii=False).encode(),
        document=plain,
    )


def reference(item: Manifest) -> dict[str, Any]:
    """Just enough of an object to name it to the API."""
    metadata = {"name": item.name} | ({"namespace": item.namespace} if item.namespace else {})
    return {"apiVersion": item.api_version, "kind": item.kind, "metadata": metadata}

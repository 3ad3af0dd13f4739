"""What services delivered through Git share: `manifests/<service>/{base,overlays/<environment>}`."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from kubestack_py.scaffold.homes import MANIFESTS
from kubestack_py.system.yaml import dump

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kubestack_py.scaffold.services.placed import PlacedChart, PlacedService

Files = dict[PurePosixPath, bytes]
KUSTOMIZATION: dict[str, Any] = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
_NAMESPACE_FILE = "namespace.yaml"


def manifest_files(
    placed: PlacedService,
    *,
    base: Mapping[str, Sequence[Mapping[str, Any]]],
    patch: Callable[[PlacedChart, str], Mapping[str, Any]],
    comment: str,
    namespace_annotations: Mapping[str, str] | None = None,
) -> Files:
    """Base and overlays of objects: `base` by the name of their file, `patch` for one chart and environment.

    `comment` stands on top of the base.
    """
    top = MANIFESTS / placed.service.name
    files = {top / "base" / f"{name}.yaml": dump(*objects) for name, objects in base.items()}
    namespaces = namespace_documents(placed, namespace_annotations)
    if namespaces:
        files[top / "base" / _NAMESPACE_FILE] = dump(*namespaces)
    resources = [*([_NAMESPACE_FILE] if namespaces else []), *(f"{name}.yaml" for name in base)]
    labels = [{"pairs": {"app.kubernetes.io/part-of": placed.platform}}]
    files[top / "base" / "kustomization.yaml"] = (
        f"# {placed.service.name}: {placed.service.summary}\n# {comment}\n"
        + dump({**KUSTOMIZATION, "resources": resources, "labels": labels})
    )
    for environment in placed.environments:
        overlay = top / "overlays" / environment
        patches = []
        for item in placed.charts:
            if item.own[environment]:
                patches.append({"path": f"{item.chart.release}.yaml"})
                files[overlay / f"{item.chart.release}.yaml"] = dump(patch(item, environment))
        content = {**KUSTOMIZATION, "resources": ["../../base"], **({"patches": patches} if patches else {})}
        files[overlay / "kustomization.yaml"] = overlay_comment(placed, environment) + dump(content)
    return {path: text.encode() for path, text in files.items()}


def namespace_documents(
    placed: PlacedService, annotations: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """The namespaces that come with a service."""
    return [_namespace(name, placed, annotations) for name in placed.namespaces]


def overlay_comment(placed: PlacedService, environment: str) -> str:
    """The first line of an overlay: whose it is, and what it holds."""
    if any(item.own[environment] for item in placed.charts):
        return f"# {placed.service.name} in {environment}: only what differs from the base.\n"
    return f"# {placed.service.name} in {environment}: exactly the base.\n"


def _namespace(name: str, placed: PlacedService, annotations: Mapping[str, str] | None) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name}
    if annotations:
        metadata["annotations"] = dict(annotations)
    metadata["labels"] = {"app.kubernetes.io/name": placed.service.name}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}

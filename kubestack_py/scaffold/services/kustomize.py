"""A service as Kustomize takes it: charts that helm renders while an overlay is built.

The charts are generators with a base and a patch of their values for each environment, so that values are
inherited as everywhere else; `helmCharts` in a kustomization could not be patched. Objects are sorted as
Helm would install them: namespaces and CRDs first, webhooks last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.model.service import CrdSource
from kubestack_py.scaffold.homes import MANIFESTS
from kubestack_py.scaffold.services.manifests import (
    KUSTOMIZATION,
    Files,
    namespace_documents,
    overlay_comment,
)
from kubestack_py.system.yaml import dump

if TYPE_CHECKING:
    from kubestack_py.scaffold.services.placed import PlacedChart, PlacedService

_CHARTS = "charts"
_VALUES = "values"
_PULLED = "overlays/*/charts/"  # where Kustomize puts what helm downloads


def kustomize_files(placed: PlacedService) -> Files:
    """Every file of the service below `manifests/<service>/`, by its path in the platform."""
    top = MANIFESTS / placed.service.name
    namespaces = namespace_documents(placed)
    releases = [f"{item.chart.release}.yaml" for item in placed.charts]
    labels = [{"pairs": {"app.kubernetes.io/part-of": placed.platform}}]
    head = f"# {placed.service.name}: {placed.service.summary}\n"
    files = {
        top / ".gitignore": f"# Charts that helm downloads while an overlay is built.\n{_PULLED}\n",
        top
        / "base"
        / "kustomization.yaml": f"{head}# The objects of its charts are rendered by the overlays.\n"
        + dump({**KUSTOMIZATION, "resources": ["namespace.yaml"] if namespaces else []}),
        top
        / "base"
        / _CHARTS
        / "kustomization.yaml": f"{head}# helm renders these with the values of an overlay.\n"
        + dump({**KUSTOMIZATION, "resources": releases}),
    }
    if namespaces:
        files[top / "base" / "namespace.yaml"] = dump(*namespaces)
    for item in placed.charts:
        files[top / "base" / _CHARTS / f"{item.chart.release}.yaml"] = dump(_generator(item))
    for environment in placed.environments:
        overlay = top / "overlays" / environment
        root = {
            **KUSTOMIZATION,
            "resources": ["../../base"],
            "generators": [_VALUES],
            "labels": labels,
            "sortOptions": {"order": "legacy"},
        }
        files[overlay / "kustomization.yaml"] = overlay_comment(placed, environment) + dump(root)
        stating = [item for item in placed.charts if item.own[environment]]
        patches = {"patches": [{"path": f"{item.chart.release}.yaml"} for item in stating]} if stating else {}
        generators = {**KUSTOMIZATION, "resources": [f"../../../base/{_CHARTS}"], **patches}
        files[overlay / _VALUES / "kustomization.yaml"] = dump(generators)
        for item in stating:
            files[overlay / _VALUES / f"{item.chart.release}.yaml"] = dump(_patch(item, environment))
    return {path: text.encode() for path, text in files.items()}


def _generator(item: PlacedChart) -> dict[str, Any]:
    chart = item.chart
    return {
        **_head(item),
        "name": chart.chart,
        "repo": chart.repository,
        "version": chart.version,
        "releaseName": chart.release,
        "namespace": chart.namespace,
        "includeCRDs": chart.crds is not CrdSource.ELSEWHERE,
        "valuesInline": dict(item.base),
    }


def _patch(item: PlacedChart, environment: str) -> dict[str, Any]:
    return {**_head(item), "valuesInline": dict(item.own[environment])}


def _head(item: PlacedChart) -> dict[str, Any]:
    return {
        "apiVersion": "builtin",
        "kind": "HelmChartInflationGenerator",
        "metadata": {"name": item.chart.release},
    }

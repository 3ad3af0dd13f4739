"""A service as Flux takes it: a source and a HelmRelease for each chart, in base and overlays.

Order is in `dependsOn`: a release waits for those of the step before, the first step for what the service
needs. Namespaces go first by the rules of Flux's kustomize-controller.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.model.service import CrdSource
from kubestack_py.scaffold.services.manifests import Files, manifest_files

if TYPE_CHECKING:
    from kubestack_py.model.service import Chart
    from kubestack_py.scaffold.services.placed import PlacedChart, PlacedService

SOURCE_VERSION = "source.toolkit.fluxcd.io/v1"
RELEASE_VERSION = "helm.toolkit.fluxcd.io/v2"
_CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_RETRIES = {"strategy": {"name": "RetryOnFailure"}}


def flux_files(placed: PlacedService) -> Files:
    """Every file of the service below `manifests/<service>/`, by its path in the platform."""
    return manifest_files(
        placed,
        base={item.chart.release: [_source(item.chart), _release(item)] for item in placed.charts},
        patch=_patch,
        comment="Flux installs the chart; what differs in an environment is in its overlay.",
    )


def _source(chart: Chart) -> dict[str, Any]:
    if chart.is_oci:
        layer = {"mediaType": _CHART_LAYER, "operation": "copy"}
        url = f"{chart.repository}/{chart.chart}"
        spec: dict[str, Any] = {
            "interval": "12h",
            "url": url,
            "ref": {"tag": chart.version},
            "layerSelector": layer,
        }
        return _object(SOURCE_VERSION, "OCIRepository", chart, spec)
    return _object(SOURCE_VERSION, "HelmRepository", chart, {"interval": "12h", "url": chart.repository})


def _release(item: PlacedChart) -> dict[str, Any]:
    chart = item.chart
    spec: dict[str, Any] = {"interval": "1h", "releaseName": chart.release, **_chart(chart)}
    if item.after:
        spec["dependsOn"] = [{"name": it.name, "namespace": it.namespace} for it in item.after]
    crds = {CrdSource.FOLDER: {"crds": "CreateReplace"}, CrdSource.ELSEWHERE: {"crds": "Skip"}}
    spec["install"] = {**crds.get(chart.crds, {}), **_RETRIES}
    spec["upgrade"] = {**crds.get(chart.crds, {}), **_RETRIES}
    spec["driftDetection"] = {"mode": "warn"}
    spec["values"] = dict(item.base)
    return _object(RELEASE_VERSION, "HelmRelease", chart, spec)


def _chart(chart: Chart) -> dict[str, Any]:
    if chart.is_oci:
        return {"chartRef": {"kind": "OCIRepository", "name": chart.release}}
    source = {"kind": "HelmRepository", "name": chart.release}
    return {"chart": {"spec": {"chart": chart.chart, "version": chart.version, "sourceRef": source}}}


def _patch(item: PlacedChart, environment: str) -> dict[str, Any]:
    """What the overlay of an environment lays over the release."""
    return _object(RELEASE_VERSION, "HelmRelease", item.chart, {"values": dict(item.own[environment])})


def _object(version: str, kind: str, chart: Chart, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": chart.release, "namespace": chart.namespace}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}

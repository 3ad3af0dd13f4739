"""A service as Argo CD takes it: an Application for each chart, in base and overlays.

Order is in sync waves: four for each service, namespaces, then the three steps, and a service that needs
others takes the waves after theirs. Waves wait for health, and Argo CD judges the health of an Application
only with the check that the catalog's argo-cd has among its values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.model.service import CrdSource, Step
from kubestack_py.scaffold.services.manifests import Files, manifest_files

if TYPE_CHECKING:
    from kubestack_py.scaffold.services.placed import PlacedChart, PlacedService

API_VERSION = "argoproj.io/v1alpha1"
NAMESPACE = "argocd"
WAVE = "argocd.argoproj.io/sync-wave"
_WAVES = {step: number for number, step in enumerate(Step, start=1)}
_WAVES_OF_A_SERVICE = 1 + len(Step)
_RETRY = {"limit": 5, "backoff": {"duration": "10s", "factor": 2, "maxDuration": "3m"}}


def argo_cd_files(placed: PlacedService) -> Files:
    """Every file of the service below `manifests/<service>/`, by its path in the platform."""
    first = placed.depth * _WAVES_OF_A_SERVICE
    return manifest_files(
        placed,
        base={item.chart.release: [_application(item, first)] for item in placed.charts},
        patch=_patch,
        comment="Argo CD installs the chart; what differs in an environment is in its overlay.",
        namespace_annotations={WAVE: str(first)},
    )


def _application(item: PlacedChart, first: int) -> dict[str, Any]:
    chart = item.chart
    helm: dict[str, Any] = {"releaseName": chart.release}
    if chart.crds is CrdSource.ELSEWHERE:
        helm["skipCrds"] = True
    helm["valuesObject"] = dict(item.base)
    return {
        "apiVersion": API_VERSION,
        "kind": "Application",
        "metadata": {
            "name": chart.release,
            "namespace": NAMESPACE,
            "annotations": {WAVE: str(first + _WAVES[chart.step])},
        },
        "spec": {
            "project": "default",
            "destination": {"server": "https://kubernetes.default.svc", "namespace": chart.namespace},
            "source": {
                # Argo CD tells a registry by the missing scheme.
                "repoURL": chart.repository.removeprefix("oci://"),
                "chart": chart.chart,
                "targetRevision": chart.version,
                "helm": helm,
            },
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                # Large CRDs do not fit the annotation of a client-side apply.
                "syncOptions": ["ServerSideApply=true"],
                "retry": _RETRY,
            },
        },
    }


def _patch(item: PlacedChart, environment: str) -> dict[str, Any]:
    """What the overlay of an environment lays over the Application."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Application",
        "metadata": {"name": item.chart.release, "namespace": NAMESPACE},
        "spec": {"source": {"helm": {"valuesObject": dict(item.own[environment])}}},
    }

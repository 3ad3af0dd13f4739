"""What a cluster repository for Jenkins X has beyond other deploy repositories: its services, their lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.scaffold.homes import CONTROLLERS
from kubestack_py.system.files import disk_errors
from kubestack_py.system.yaml import dump

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kubestack_py.model.service import Service
    from kubestack_py.scaffold.catalog import Catalog

LOCK = "versions.lock.yaml"
_NAMESPACE = "base/namespace.yaml"
# In an order in which each finds what it needs.
SERVICES = (
    "cert-manager",
    "external-secrets",
    "gateway",
    "kuberhealthy",
    "tekton",
    "lighthouse",
    "jx",
    "jx-git-operator",
)
_HEAD = """\
# Every chart of this repository with its version, as it stands in infrastructure/controllers/*/base/charts/.
# Sources and dates are those of kubestack's catalog.
"""


def repository_of(url: str) -> str:
    """Owner and name of a repository as Lighthouse writes them: `acme/deploy`."""
    path = url.partition("://")[2].partition("/")[2]
    return path.removesuffix(".git")


def complete(root: Path, catalog: Catalog) -> None:
    """Write what comes after the services: the lock, and one and the same Namespace for those in `jx`."""
    with disk_errors(f"write to {root}"):
        (root / LOCK).write_text(lock_text(catalog), encoding="utf-8")
        shared = (root / CONTROLLERS / "lighthouse" / _NAMESPACE).read_bytes()
        (root / CONTROLLERS / "jx" / _NAMESPACE).write_bytes(shared)


def lock_text(catalog: Catalog) -> str:
    """The lock file: each service with its charts and where their versions are from."""
    services = {name: _locked(catalog.find(name)) for name in SERVICES}
    return _HEAD + dump({"services": services})


def _locked(service: Service) -> Mapping[str, Any]:
    charts = {
        chart.release: {
            "chart": chart.chart,
            "repository": chart.repository,
            "version": chart.version,
            "namespace": chart.namespace,
        }
        for chart in service.charts
    }
    return {"charts": charts, "source": f"{service.sources[0].what} ({service.sources[0].date})"}

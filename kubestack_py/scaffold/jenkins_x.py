"""What a cluster repository for Jenkins X has beyond other deploy repositories: its services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.scaffold.homes import CONTROLLERS
from kubestack_py.system.files import disk_errors

if TYPE_CHECKING:
    from pathlib import Path

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


def repository_of(url: str) -> str:
    """Owner and name of a repository as Lighthouse writes them: `acme/deploy`."""
    path = url.partition("://")[2].partition("/")[2]
    return path.removesuffix(".git")


def complete(root: Path) -> None:
    """Write what comes after the services: one and the same Namespace for those in `jx`."""
    with disk_errors(f"write to {root}"):
        shared = (root / CONTROLLERS / "lighthouse" / _NAMESPACE).read_bytes()
        (root / CONTROLLERS / "jx" / _NAMESPACE).write_bytes(shared)

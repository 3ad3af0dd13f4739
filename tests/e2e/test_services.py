"""From an empty directory to services in both environments, by commands alone, on the local provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubestack_py.system import yaml
from tests.conftest import git

if TYPE_CHECKING:
    from tests.platforms import Platform

SERVICES = ("gateway", "ingress-nginx", "cert-manager", "kube-prometheus-stack")


@pytest.mark.slow
@pytest.mark.parametrize("delivery", ["flux", "argo-cd"])
def test_services_reach_ops_and_then_apps(hosted: Platform, delivery: str) -> None:
    settings = hosted.root / "kubestack.yaml"
    settings.write_text(f"{settings.read_text()}services: {{delivery: {delivery}}}\n")
    for name in SERVICES:
        hosted.ok("add", "service", name)
    hosted.ok("validate")
    hosted.commit("Add ingress, certificates and monitoring")
    hosted.push()
    hosted.ok("run")
    hosted.tag("apps-deploy-1")
    hosted.ok("run", "--ref", "refs/tags/apps-deploy-1")
    for environment, replicas in (("ops", 1), ("apps", 2)):
        assert {hosted.statuses(environment, f"manifests/{name}")[-1] for name in SERVICES} == {"verified"}
        assert delivered(hosted, environment, "cert-manager")["replicaCount"] == replicas
    hosted.git("checkout", "--quiet", "main")
    assert hosted.ok("plan", "-e", "apps", "--detailed-exitcode").code == 0


def delivered(platform: Platform, environment: str, release: str) -> dict[str, object]:
    """The values of a release on the rendered branch, as its operator finds them."""
    assert platform.remote
    branch = f"env/{environment}"
    names = git(platform.remote, "ls-tree", "-r", "--name-only", branch, f"manifests/{release}/").splitlines()
    for name in names:
        item = yaml.load(git(platform.remote, "show", f"{branch}:{name}").encode(), name)
        assert isinstance(item, dict)
        if item["kind"] == "HelmRelease":
            return dict(item["spec"]["values"])
        if item["kind"] == "Application":
            return dict(item["spec"]["source"]["helm"]["valuesObject"])
    raise AssertionError(f"{branch} has no release {release}: {names}")

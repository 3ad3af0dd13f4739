"""`kubestack add service` on a scaffolded platform, with bad input above all."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from kubestack_py.scaffold.catalog import built_in_catalog
from tests.conftest import commit, git, write_tree
from tests.platforms import FAKE, assert_refused, invoke, tools_directory

if TYPE_CHECKING:
    from pathlib import Path

    from tests.platforms import Platform

NAMES = [service.name for service in built_in_catalog().services]
OWN = """\
name: status-page
summary: A page that says how the platform is.
category: monitoring
status: active
charts:
  - release: status-page
    step: service
    repository: https://charts.example.com
    chart: status-page
    version: "1.2.3"
    namespace: status
    crds: none
sources:
  - {what: our own chart, date: "2026-10-01"}
"""


def added(platform: Platform) -> list[str]:
    record = json.loads((platform.root / ".kubestack/answers.json").read_text())
    return [entry["options"]["name"] for entry in record["added"] if entry["kind"] == "service"]


@pytest.mark.slow
@pytest.mark.parametrize("delivery", ["flux", "argo-cd"])
def test_a_platform_with_every_service_is_valid(platform: Platform, delivery: str) -> None:
    for name in NAMES:
        done = invoke(platform.root, "add", "service", name, "--delivery", delivery, "--with-needs")
        assert done.code == 0, done.said
    assert sorted(added(platform)) == sorted(NAMES)
    done = platform.ok("validate", "-o", "json")
    errors = [item for item in done.json["findings"] if item["severity"] == "error"]
    assert errors == []
    assert platform.ok("plan", "-e", "ops").code == 0


def test_add_service_adds_needs_first_and_only_once(platform: Platform) -> None:
    done = assert_refused(
        platform, "add", "service", "lighthouse", code=2, words=["tekton: it runs the pipelines"]
    )
    assert "kubestack add service tekton\n" in done.err
    by_argo = platform.kubestack("add", "service", "lighthouse", "--delivery", "argo-cd")
    assert "kubestack add service lighthouse --delivery argo-cd --with-needs" in by_argo.err
    dry = platform.ok("add", "service", "lighthouse", "--with-needs", "--dry-run")
    assert "+++ b/manifests/tekton/base/tekton-pipeline.yaml" in dry.out
    assert git(platform.root, "status", "--porcelain") == ""
    platform.ok("add", "service", "lighthouse", "--with-needs")
    assert added(platform) == ["tekton", "lighthouse"]
    commit(platform.root)
    again = platform.ok("add", "service", "lighthouse", "--with-needs")
    assert "nothing to do" in again.err
    assert git(platform.root, "status", "--porcelain") == ""
    assert "6 stacks" not in platform.ok("validate").out


def test_dry_run_is_a_patch_that_git_takes(platform: Platform) -> None:
    dry = platform.ok("add", "service", "cert-manager", "--dry-run")
    write_tree(platform.root.parent, {"add.patch": dry.out})
    git(platform.root, "apply", "../add.patch")
    done = platform.ok("add", "service", "cert-manager")
    assert "nothing to do" in done.err


def test_retired_service_is_added_with_a_warning(platform: Platform) -> None:
    done = platform.ok("add", "service", "ingress-nginx")
    assert "ingress-nginx is retired since 2026-03-31" in done.err
    assert "successor is gateway" in done.err


def test_files_that_people_edited_stay(platform: Platform) -> None:
    platform.ok("add", "service", "kyverno")
    overlay = platform.root / "manifests/kyverno/overlays/ops/kyverno.yaml"
    overlay.write_text(overlay.read_text().replace("replicas: 1", "replicas: 2"))
    edited = overlay.read_text()
    assert "nothing to do" in platform.ok("add", "service", "kyverno").err
    assert overlay.read_text() == edited
    assert_refused(
        platform,
        *("add", "service", "kyverno", "--version", "3.8.0"),
        code=2,
        words=["in the platform already, in another form", "kubestack remove service kyverno"],
    )


def test_a_directory_of_somebody_else_is_not_taken(platform: Platform) -> None:
    write_tree(platform.root, {"manifests/kyverno/base/kustomization.yaml": "resources: []\n"})
    assert_refused(platform, "add", "service", "kyverno", code=2, words=["in the platform already"])
    assert "There is no service kyverno" in platform.ok("remove", "service", "kyverno").err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cert-manger"], ["no service cert-manger", "Did you mean cert-manager?"]),
        (["kyverno", "--version", "latest"], ["not one version"]),
        (["kyverno", "--set", "a"], ["has no value"]),
        (["kyverno", "--namespace", "Not A Name"], ["--namespace", "lower-case"]),
        (["kyverno", "--cluster", "eks_gc0_eu-west-1"], ["--cluster", "terraform"]),
    ],
)
def test_bad_input_is_refused_in_words(platform: Platform, arguments: list[str], words: list[str]) -> None:
    assert_refused(platform, "add", "service", *arguments, code=2, words=words)


@pytest.mark.slow
def test_kustomize_runs_helm_only_where_the_settings_say_so(platform: Platform, tmp_path: Path) -> None:
    arguments = ("add", "service", "istio", "--delivery", "kustomize")
    assert_refused(
        platform, *arguments, code=2, words=["every build runs helm", "services: {delivery: kustomize}"]
    )
    settings = platform.root / "kubestack.yaml"
    before = settings.read_text()
    settings.write_text(before + "services: {delivery: kustomize}\n")
    platform.ok("add", "service", "istio")
    commit(platform.root)

    without = str(tools_directory(tmp_path / "without", ["git", "kubectl", "terraform", "sh"]))
    done = platform.kubestack("validate", PATH=without)
    assert done.code == 1
    assert "helm, which renders them, is not installed" in done.said
    assert "https://helm.sh" in done.said
    tools = write_tree(tmp_path / "with", {"README": "helm alone"})
    (tools / "helm").symlink_to(FAKE / "helm")
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    platform.ok("validate", PATH=path)
    platform.ok("apply", "-e", "ops", PATH=path)
    assert git(platform.root, "status", "--porcelain") == "", "what helm downloads is ignored"
    rendered = git(platform.root, "grep", "-h", "autoscaleMin", "env/ops", "--", "manifests/istio")
    assert rendered.split() == ["autoscaleMin:", "1"]

    settings.write_text(before)
    done = platform.kubestack("validate", PATH=path)
    assert "it has charts, which only helm can render" in done.said


def test_own_catalog_joins_and_is_refused_with_its_line(platform: Platform) -> None:
    settings = platform.root / "kubestack.yaml"
    settings.write_text(settings.read_text() + "services:\n  delivery: argo-cd\n  catalog: [catalog]\n")
    write_tree(platform.root, {"catalog/status-page.yaml": OWN})
    listed = platform.ok("catalog", "list", "-o", "json").json
    assert {item["name"] for item in listed["services"]} == {*NAMES, "status-page"}
    platform.ok("add", "service", "status-page")
    assert "kind: Application" in (platform.root / "manifests/status-page/base/status-page.yaml").read_text()
    platform.ok("validate")
    write_tree(platform.root, {"catalog/status-page.yaml": OWN.replace('"1.2.3"', '"1.x"')})
    assert_refused(platform, "catalog", "show", "status-page", code=2, words=["catalog/status-page.yaml:10"])


def test_a_platform_whose_stacks_miss_the_service_is_told(platform: Platform) -> None:
    settings = platform.root / "kubestack.yaml"
    settings.write_text(settings.read_text().replace("path: manifests/*", "path: manifests/web"))
    assert "add `- path: manifests/kyverno`" in platform.ok("add", "service", "kyverno").err


def test_terraform_needs_a_cluster_and_serves_each_by_itself(platform: Platform) -> None:
    arguments = ("add", "service", "lighthouse", "--delivery", "terraform", "--with-needs")
    assert_refused(
        platform, *arguments, code=2, words=["no cluster that Helm could reach", "kubestack add cluster"]
    )
    module = 'module "{0}" {{\n  source = "./modules/cluster"\n}}\n'
    clusters = ["eks_gc0_eu-west-1", "gke_gc0_europe-west1"]
    write_tree(platform.root, {f"infra/{name}_cluster.tf": module.format(name) for name in clusters})
    assert_refused(platform, *arguments, code=2, words=["Choose one with --cluster: eks_gc0_eu-west-1, gke_"])
    first = platform.ok(*arguments, "--cluster", clusters[0])
    assert f"added infra/{clusters[0]}_service_tekton.tf" in first.out
    assert 'source  = "hashicorp/helm"' in (platform.root / "infra/versions.tf").read_text()
    assert "added infra/modules/service/main.tf" in first.out
    elsewhere = ("add", "service", "tekton", "--delivery", "flux")
    second = platform.ok(*arguments, "--cluster", clusters[1])
    assert_refused(
        platform, *elsewhere, code=2, words=[f"another form (infra/{clusters[1]}_service_tekton.tf)"]
    )
    assert f"added infra/{clusters[1]}_service_tekton.tf" in second.out
    assert "modules/service" not in second.out
    assert "nothing to do" in platform.ok(*arguments, "--cluster", clusters[0]).err
    file = (platform.root / f"infra/{clusters[1]}_service_lighthouse.tf").read_text()
    assert f"depends_on = [module.{clusters[1]}, module.{clusters[1]}_service_tekton]" in file
    assert_refused(platform, "remove", "service", "tekton", code=2, words=["several places", "--cluster"])
    tekton = ("remove", "service", "tekton", "--cluster", clusters[0])
    assert_refused(platform, *tekton, code=2, words=["tekton is needed by lighthouse"])
    platform.ok("remove", "service", "lighthouse", "--cluster", clusters[0])
    done = platform.ok(*tekton)
    assert f"removed infra/{clusters[0]}_helm.tf" in done.out
    assert added(platform) == ["tekton", "lighthouse"], "those of the other cluster"


def test_remove_service_takes_back_what_add_wrote(platform: Platform) -> None:
    before = platform.snapshot()
    platform.ok("add", "service", "linkerd", "--with-needs")
    overlay = platform.root / "manifests/gateway/overlays/ops/envoy-gateway.yaml"
    overlay.write_text(overlay.read_text() + "# ours\n")
    assert_refused(platform, "remove", "service", "gateway", code=2, words=["is needed by linkerd"])
    dry = platform.ok("remove", "service", "linkerd", "--dry-run")
    assert "deleted file mode" in dry.out
    for name in ("linkerd", "cert-manager"):
        platform.ok("remove", "service", name)
    assert_refused(platform, "remove", "service", "gateway", code=1, words=["ops/envoy-gateway.yaml"])
    done = platform.ok("remove", "service", "gateway", "--force")
    assert "overlays/ops/envoy-gateway.yaml was edited by hand" in done.err
    assert platform.snapshot() == before
    for gone in ("gateway", "web"):
        assert f"There is no service {gone};" in platform.ok("remove", "service", gone).err


def test_a_service_for_another_cloud_is_added_with_a_word(platform: Platform) -> None:
    module = 'module "gke_gc0_europe-west1" {\n  source = "./modules/cluster"\n}\n'
    write_tree(platform.root, {"infra/gke_gc0_europe-west1_cluster.tf": module})
    done = platform.ok("add", "service", "karpenter")
    assert "karpenter is made for clusters of eks; this platform has those of gke" in done.err
    overlay = platform.root / "manifests/karpenter/overlays/apps/karpenter.yaml"
    assert "clusterName: gc0-apps-europe-west1" in overlay.read_text()

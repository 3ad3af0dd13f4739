"""Clusters on Google Cloud and Azure, by commands: what only they ask for, and what they would refuse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kubestack_py.scaffold.providers import provider, provider_names
from kubestack_py.system.files import resource
from tests.conftest import commit
from tests.platforms import Platform, assert_refused, invoke

NEW = ("new", "platform", "acme", "--no-input")
GKE = ("add", "cluster", "gke", "--project-id", "acme-platform")
AKS = ("add", "cluster", "aks", "--resource-group", "acme")


def test_platform_of_three_clouds_is_valid(tmp_path: Path) -> None:
    clouds = ("--provider", "eks", "--provider", "gke", "--provider", "aks", "--project-id", "acme-platform")
    made = invoke(
        tmp_path,
        *NEW,
        *clouds,
        "--directory",
        str(tmp_path),
        "--region",
        "aks=northeurope",
        "--environments",
        "ops,stage,apps",
        "--backend",
        "s3",
        "--ci",
        "github",
    )
    assert made.code == 0, made.err
    assert made.err.index("kubestack bootstrap-state") < made.err.index("kubestack plan  "), made.err
    assert "with credentials" in made.err
    assert "what the pipeline needs" in made.err
    root = tmp_path / "acme"
    clusters = sorted(path.name for path in (root / "infra").glob("*_cluster.tf"))
    assert clusters == [
        "aks_gc0_northeurope_cluster.tf",
        "eks_gc0_eu-west-1_cluster.tf",
        "gke_gc0_europe-west1_cluster.tf",
    ]
    assert "resource_group" not in (root / "infra" / clusters[0]).read_text()
    versions = (root / "infra/versions.tf").read_text()
    assert all(f"hashicorp/{name}" in versions for name in ("aws", "google", "azurerm"))
    checked = invoke(root, "validate")
    assert checked.code == 0, checked.out + checked.err


def test_clusters_are_added_once_each(platform: Platform) -> None:
    for command, file, said in (
        (GKE, "infra/gke_gc0_europe-west1_cluster.tf", 'project_id         = "acme-platform"'),
        (AKS, "infra/aks_gc0_westeurope_cluster.tf", 'resource_group     = "acme"'),
    ):
        assert invoke(platform.root, *command).code == 0
        assert said in (platform.root / file).read_text()
        commit(platform.root)
        assert invoke(platform.root, *command).code == 0
        assert platform.git("status", "--porcelain") == ""
    assert invoke(platform.root, "validate").code == 0


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (GKE[:3], "--project-id: is missing: the project of Google Cloud"),
        ((*GKE[:4], "Acme Platform"), "--project-id: 'Acme Platform' cannot be used"),
        ((*GKE, "--region", "europe-west1-b"), "'europe-west1-b' is no region, by the list of"),
        ((*GKE, "--zones", "europe-west4-a"), "'europe-west4-a' is no zone of europe-west1"),
        ((*GKE, "--node-type", "Standard_D4ds_v5"), "'Standard_D4ds_v5' is no machine type"),
        ((*GKE, "--name-prefix", "g" * 20), "the nodes' account would be called"),
        ((*GKE, "--name-prefix", "g" * 30), "40 is the most"),
        ((*AKS[:4], "ends in a dot."), "--resource-group: 'ends in a dot.' cannot be used"),
        ((*AKS, "--region", "West Europe"), "near it: westeurope"),
        ((*AKS, "--region", "westus", "--zones", "1"), "'1' is no zone of westus"),
        ((*AKS, "--name-prefix", "g" * 45), "54 is the most"),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else "",
)
def test_cluster_that_the_cloud_would_refuse(platform: Platform, command: tuple[str, ...], said: str) -> None:
    assert_refused(platform, *command, code=2, words=[said])


@pytest.mark.parametrize(
    ("command", "change", "said"),
    [
        (GKE, 'pods_cidr = "10.0.0.0/14"', "network.pods_cidr 10.0.0.0/14 overlap"),
        (AKS, 'peer_cidrs = ["10.0.8.0/24"]', "network.peer_cidrs 10.0.8.0/24 overlap"),
    ],
    ids=["gke-pods", "aks-peer"],
)
def test_networks_that_meet_are_found_before_terraform_runs(
    platform: Platform, command: tuple[str, ...], change: str, said: str
) -> None:
    assert invoke(platform.root, *command).code == 0
    (path,) = (platform.root / "infra").glob("*_cluster.tf")
    stated = f"      network = {{ {change} }}"
    platform.edit(f"infra/{path.name}", "    apps = {\n", f"    apps = {{\n{stated}\n")
    line = path.read_text().splitlines().index(stated) + 1
    checked = invoke(platform.root, "validate")
    assert checked.code == 1
    assert f"infra/{path.name}:{line}:" in checked.out
    assert said in checked.out


@pytest.mark.parametrize("name", provider_names())
def test_defaults_of_networks_are_those_of_the_module(name: str) -> None:
    text = (resource(f"templates/modules/{name}/settings") / "variables.tf").read_text(encoding="utf-8")
    for network in provider(name).networks:
        attribute = network.path.rpartition(".")[2]
        usual = re.escape(network.usual)
        assert re.search(rf'\b{attribute} += optional\(string, "{usual}"\)', text), network.path
        assert network.unless.rpartition(".")[2] in text

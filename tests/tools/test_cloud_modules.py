"""The modules of GKE and AKS, as far as Terraform can tell without their providers (tests/fake/provider)."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from kubestack_py.scaffold.clusters import cluster_files, complete
from kubestack_py.scaffold.providers import provider
from kubestack_py.system.files import resource
from tests.fake.provider import schema_providers, types_in
from tests.programs import program

CHAIN = ("ops", "stage", "apps")
ANSWERS = {"gke": {"project_id": "acme-platform"}, "aks": {"resource_group": "acme"}}
CONFIGURATION = "templates/platform/@{cookiecutter.name}@/infra/modules/configuration"

POOL: dict[str, dict[str, Any]] = {
    "gke": {"machine_type": "e2-standard-4", "min_size": 1, "max_size": 3},
    "aks": {"vm_size": "Standard_D4ds_v5", "min_size": 1, "max_size": 3},
}
SETTINGS: dict[str, dict[str, Any]] = {
    "gke": {
        "name_prefix": "gc0", "base_domain": "acme.example.com", "project_id": "acme-platform",
        "region": "europe-west1", "node_pools": {"default": POOL["gke"]},
    },
    "aks": {
        "name_prefix": "gc0", "base_domain": "acme.example.com", "region": "westeurope",
        "node_pools": {"default": POOL["aks"]},
    },
}  # fmt: skip


def pools(cloud: str, **change: Any) -> dict[str, Any]:
    return {"node_pools": {"default": POOL[cloud] | change}}


REFUSED: dict[str, list[tuple[dict[str, Any], str]]] = {
    "gke": [
        ({"project_id": "Acme"}, 'project_id "Acme" has to be the id of a project'),
        ({"region": "europe-west1-b"}, 'The region "europe-west1-b"'),
        ({"availability_zones": ["europe-west4-a"]}, "has to be one of the region"),
        (pools("gke", availability_zones=["b"]), "has to be one of the region"),
        ({"release_channel": "regular"}, "release_channel has to be RAPID"),
        ({"kubernetes_version": "latest"}, "Write kubernetes_version as a minor version"),
        ({"logging": ["pods"]}, "in capitals"),
        ({"labels": {"Team": "a"}}, "keys begin with a letter"),
        ({"network": {"network": "shared"}}, "give both network.network and network.subnetwork"),
        ({"network": {"nodes_cidr": "10.0.0.5/20"}}, "begin with their first address"),
        ({"network": {"pods_cidr": "everything"}}, "have to be CIDR blocks"),
        ({"network": {"pods_cidr": "10.0.0.0/14"}}, "network.nodes_cidr 10.0.0.0/20 and network.pods_cidr"),
        ({"network": {"peer_cidrs": ["10.5.0.0/16"]}}, "and network.peer_cidrs[0] 10.5.0.0/16"),
        ({"control_plane": {"cidr": "10.8.8.0/28"}}, "and control_plane.cidr 10.8.8.0/28"),
        ({"control_plane": {"cidr": "172.16.0.0/24"}}, "has to be a /28"),
        ({"control_plane": {"authorized_networks": {"office": "203.0.113.7/24"}}}, "have to be CIDR blocks"),
        ({"network": {"nat_addresses": -1}}, "whole number from 0"),
        ({"encryption": {"secrets_key": "my-key"}}, "Write a key as projects/"),
        ({"maintenance": {"start_time": "3 am"}}, "such as 03:00"),
        (
            {"maintenance": {"exclusions": {"a": {
                "start_time": "2030-01-02T00:00:00Z", "end_time": "2030-01-01T00:00:00Z",
            }}}},
            "need a start_time before their end_time",
        ),
        ({"node_pools": {}}, "at least one pool"),
        ({"node_pools": {"Big": POOL["gke"]}}, "A pool's name has at most 40"),
        (pools("gke", min_size=4), "whole number from 0 to max_size"),
        (pools("gke", machine_type="large"), "is written like e2-standard-4"),
        (pools("gke", max_pods=4), "max_pods 8 to 256"),
        (pools("gke", max_surge=0), "An upgrade of a node pool needs room"),
        (pools("gke", taints=[{"key": "a", "effect": "NoSchedule"}]), "PREFER_NO_SCHEDULE"),
        ({"regoin": "x"}, "attributes that nobody knows: regoin"),
        (pools("gke", min_nodes=1), "node_pools.default.min_nodes"),
    ],
    "aks": [
        ({"region": "West Europe"}, 'not "West Europe"'),
        ({"resource_group": "ends in a."}, "not ending in a dot"),
        ({"dns_prefix": "-acme"}, "neither begins nor ends with a dash"),
        ({"dns_prefix": "a" * 55}, "at most 54"),
        ({"availability_zones": ["westeurope-1"]}, 'Zones of Azure are "1", "2" and "3"'),
        ({"kubernetes_version": "v1.36"}, "Write kubernetes_version as a minor version"),
        ({"upgrade_channel": "fast"}, "upgrade_channel has to be"),
        ({"node_upgrade_channel": "patch"}, "node_upgrade_channel has to be"),
        ({"sku_tier": "Paid"}, "sku_tier has to be"),
        ({"network": {"outbound_type": "loadBalancer"}}, "goes with network.subnet_id"),
        ({"network": {"subnet_id": "nodes"}}, "has to be the id of a subnet"),
        ({"network": {"services_cidr": "10.0.0.5/16"}}, "begin with their first address"),
        ({"network": {"services_cidr": "16.0.0.0/8"}}, "may not be larger than a /12"),
        ({"network": {"pods_cidr": "10.0.128.0/17"}}, "and network.pods_cidr 10.0.128.0/17"),
        ({"network": {"pods_cidr": "172.20.0.0/15"}}, "and network.services_cidr 172.20.0.0/16"),
        ({"network": {"peer_cidrs": ["10.0.8.0/24"]}}, "and network.peer_cidrs[0] 10.0.8.0/24"),
        ({"network": {"nodes_cidr": "10.1.0.0/20"}}, "is no part of network.address_space"),
        ({"network": {"nat_addresses": 0}}, "from 1 to 16"),
        ({"api_server": {"private": False}}, "needs at least one"),
        ({"api_server": {"authorized_networks": ["203.0.113.0/24"]}}, "has no authorized_networks"),
        ({"encryption": {"secrets_key_id": "https://a.vault.azure.net/keys/a"}}, "the id of its Key Vault"),
        ({"log_retention_days": 7}, "from 30 to 730"),
        ({"maintenance": {"day_of_week": "sunday"}}, "such as Sunday"),
        ({"node_pools": {"gpu-pool": POOL["aks"]}}, "at most 12 lower-case letters"),
        ({"node_pools": {"system": POOL["aks"]}}, "is the cluster's own"),
        (pools("aks", min_size=4), "whole number from 0 to max_size"),
        ({"system_pool": {"min_size": 0}}, "system_pool needs at least one node"),
        (pools("aks", vm_size="D4"), "is written like Standard_D4ds_v5"),
        (pools("aks", max_pods=30), "max_pods 50 to 250"),
        (pools("aks", os_sku="Windows"), "AzureLinux or Ubuntu"),
        (pools("aks", taints=["dedicated"]), "is written like dedicated=ci:NoSchedule"),
        ({"network": {"node_cidr": "10.0.0.0/20"}}, "attributes that nobody knows: network.node_cidr"),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The infrastructure of a platform with a cluster in either cloud; returns `infra`."""
    root = tmp_path_factory.mktemp("platform")
    for cloud, answers in ANSWERS.items():
        cluster = complete(cloud, "acme.example.com", answers=answers)
        for name, content in cluster_files(cluster, CHAIN).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
    shared = resource(CONFIGURATION)
    for path in shared.rglob("*.tf"):
        copy = root / "infra" / "modules" / "configuration" / path.relative_to(shared)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return root / "infra"


@pytest.fixture(scope="module")
def providers(platform: Path) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    with TemporaryDirectory() as sockets, schema_providers(types_in(platform), Path(sockets)) as running:
        yield running


def terraform(root: Path, variables: dict[str, str], *command: str) -> str:
    """Run Terraform after `init`; returns what it prints in JSON."""
    environ = os.environ | variables | {"TF_CLI_CONFIG_FILE": "/dev/null"}
    subprocess.run(
        ["terraform", "init", "-input=false"], cwd=root, env=environ, check=True, capture_output=True
    )
    done = subprocess.run(
        ["terraform", *command, "-json"], cwd=root, env=environ, check=False, capture_output=True, text=True
    )
    return done.stdout


@pytest.mark.slow
def test_platform_of_two_clouds_fits_the_schemas_of_their_providers(
    platform: Path, providers: tuple[dict[str, str], dict[str, str]]
) -> None:
    assert len(types_in(platform)) > 25
    checked = json.loads(terraform(platform, providers[0], "validate"))
    assert (checked["valid"], checked["diagnostics"]) == (True, [])


@pytest.mark.slow
def test_versions_are_those_whose_schemas_are_checked(
    providers: tuple[dict[str, str], dict[str, str]],
) -> None:
    for cloud, name in (("gke", "google"), ("aks", "azurerm")):
        (required,) = provider(cloud).requires
        checked = ".".join(providers[1][name].split(".")[:2])
        assert required.version == f"~> {checked}"
        module = (resource(f"templates/modules/{cloud}") / "versions.tf").read_text()
        assert re.findall(r'^ +version += "(.*)"', module, re.MULTILINE) == [required.version]


@pytest.mark.slow
@pytest.mark.parametrize("cloud", ["gke", "aks"])
def test_module_makes_what_its_settings_say(
    platform: Path, providers: tuple[dict[str, str], dict[str, str]], cloud: str
) -> None:
    told = terraform(platform / "modules" / cloud, providers[0], "test")
    lines = [json.loads(line) for line in told.splitlines()]
    (summary,) = (line["test_summary"] for line in lines if line["type"] == "test_summary")
    assert summary["passed"] >= 3, told
    assert summary["failed"] + summary["errored"] + summary["skipped"] == 0, told


@pytest.mark.slow
def test_checkov_finds_nothing_and_every_waiver_has_its_reason(platform: Path) -> None:
    options = ["--framework", "terraform", "--skip-download", "--output", "json"]
    command = [str(program("checkov", "checkov")), "--directory", ".", *options]
    done = subprocess.run(command, cwd=platform, check=False, capture_output=True, text=True)
    found = json.loads(done.stdout)["results"]
    failed = [f"{each['check_id']} {each['resource']}" for each in found["failed_checks"]]
    assert (failed, found["parsing_errors"]) == ([], [])
    assert len(found["passed_checks"]) > 50
    reasons = [each["check_result"]["suppress_comment"] for each in found["skipped_checks"]]
    assert all(len(reason) > 40 for reason in reasons), reasons


@pytest.mark.parametrize("cloud", ["gke", "aks"])
def test_settings_that_no_cloud_takes_are_refused_with_what_to_do(platform: Path, cloud: str) -> None:
    """Every refusal is a file of `terraform test`: after a run that failed, the rest of its file is left."""
    changes = [{}, *(change for change, _ in REFUSED[cloud])]
    root = platform / "modules" / cloud / "settings"
    for at, change in enumerate(changes):
        (root / f"refused_{at}.tftest.hcl").write_text(run(cloud, at, change))
    said: dict[str, str] = {}
    for line in map(json.loads, terraform(root, {}, "test").splitlines()):
        if line["type"] == "diagnostic" and line["@level"] == "error":
            said[line["@testrun"]] = said.get(line["@testrun"], "") + line["diagnostic"]["detail"]
    missed = {
        expected: said.get(f"run_{at}", "accepted")
        for at, (_, expected) in enumerate(REFUSED[cloud], start=1)
        if expected not in said.get(f"run_{at}", "")
    }
    assert "run_0" not in said
    assert missed == {}


def run(cloud: str, at: int, change: dict[str, Any]) -> str:
    settings = json.dumps(SETTINGS[cloud] | change)
    return (
        f'run "run_{at}" {{\n  command = plan\n  variables {{\n    environment = "ops"\n'
        f"    given = {settings}\n    settings = {settings}\n  }}\n}}\n"
    )

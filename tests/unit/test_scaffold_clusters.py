"""Clusters as data and files: what every provider's template writes, and what is refused before that."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import pytest

from kubestack_py.errors import ConfigurationError
from kubestack_py.scaffold.clusters import Cluster, cluster_files, complete
from kubestack_py.scaffold.offerings import check_cluster
from kubestack_py.scaffold.providers import cloud, provider, provider_names
from kubestack_py.terraform.hcl import configuration_keys, module_calls

CHAIN = ("ops", "stage", "apps")


def usual(name: str) -> Cluster:
    """A cluster of a provider with its defaults, and something for what only it asks."""
    samples = {"project_id": "acme-platform", "resource_group": "acme"}
    answers = {key: samples[key] for key in provider(name).answers}
    return complete(name, "acme.example.com", answers=answers)


@pytest.mark.parametrize("name", provider_names())
def test_defaults_of_every_provider_are_offered(name: str) -> None:
    cluster = usual(name)
    check_cluster(cluster, CHAIN)
    assert len(cluster.zones) == provider(name).zones
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", date) for date in cloud(name).as_of.values())
    assert Cluster.from_options(json.loads(json.dumps(cluster.options()))) == cluster


@pytest.mark.parametrize("name", provider_names())
def test_files_of_every_provider_are_one_of_its_own_and_modules(name: str) -> None:
    cluster = usual(name)
    files = cluster_files(cluster, CHAIN)
    own = [path for path in files if "modules" not in path.parts]
    assert own == [PurePosixPath(f"infra/{name}_gc0_{cluster.region}_cluster.tf")]
    source = files[own[0]]
    (call,) = module_calls(source)
    assert (call.name, call.source) == (cluster.id, f"./modules/{name}")
    (configuration,) = configuration_keys(source)
    assert [key for key, _ in configuration.keys] == ["apps", "stage", "ops"]
    for module in provider(name).modules:
        assert PurePosixPath(f"infra/modules/{module}/variables.tf") in files
    assert not re.search(rb"@[{%#]|[}%#]@|[ \t]\n|\n{3}", source)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"region": "eu-wst-1"},
            "'eu-wst-1' is no region, by the list of 2026-11-17 (near it: eu-west-",
        ),
        ({"zones": ("eu-west-1d",)}, "--zones: 'eu-west-1d' is no zone of eu-west-1"),
        ({"node_type": "m7i.lrge"}, "near it: m7i.large"),
        ({"kubernetes_version": "1.99"}, "--kubernetes-version: '1.99' is no version of Kubernetes here"),
        ({"kubernetes_version": "v1"}, "'v1' is no version (a minor version, such as 1.35)"),
        ({"name_prefix": "Gc0"}, "--name-prefix: 'Gc0' cannot be used"),
        ({"name_prefix": "g" * 60}, "is 76 characters; 55 is the most (shorten "),
        ({"min_size": 4, "max_size": 3}, "--min-size: 4 to 3 nodes is no size"),
        ({"answers": {"project_id": "x"}}, "--project-id: means nothing to Amazon EKS"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_cluster_that_no_cloud_takes_is_refused_by_option(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_cluster(replace(usual("eks"), **change), CHAIN)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("gke", {"region": "europe-west1-b", "zones": ()}, "near it: europe-west1"),
        ("gke", {"zones": ("europe-west1-a",)}, "'europe-west1-a' is no zone of europe-west1"),
        ("gke", {"node_type": "e2-standrd-4"}, "near it: e2-standard-4"),
        ("gke", {"answers": {}}, "--project-id: is missing"),
        ("gke", {"answers": {"project_id": "123"}}, "--project-id: '123' cannot be used"),
        ("gke", {"name_prefix": "g" * 23}, "42 characters; 40 is the most (shorten"),
        ("gke", {"name_prefix": "g" * 17}, "-stage-<digest>, 32 characters; 30 is the most (shorten"),
        ("aks", {"region": "West Europe", "zones": ()}, "near it: westeurope"),
        ("aks", {"region": "westus", "zones": ("1",)}, "--zones: '1' is no zone of westus"),
        ("aks", {"zones": ("4",)}, "--zones: '4' is no zone of westeurope"),
        (
            "aks",
            {"answers": {"resource_group": "ends in a."}},
            "--resource-group: 'ends in a.' cannot be used",
        ),
        ("aks", {"name_prefix": "g" * 40}, "57 characters; 54 is the most"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_cluster_that_google_or_azure_refuse_is_refused_here(
    name: str, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_cluster(replace(usual(name), **change), CHAIN)
    assert said in str(refused.value)


def test_long_region_of_google_leaves_room_for_the_account_of_the_nodes() -> None:
    check_cluster(
        complete(
            "gke",
            "acme.example.com",
            region="northamerica-northeast1",
            answers={"project_id": "acme-platform"},
        ),
        CHAIN,
    )


def test_aks_without_a_resource_group_makes_one() -> None:
    cluster = complete("aks", "acme.example.com")
    check_cluster(cluster, CHAIN)
    assert b"resource_group" not in cluster_files(cluster, CHAIN)[cluster.path]
    assert b'resource_group     = "acme"' in cluster_files(usual("aks"), CHAIN)[cluster.path]


def test_force_takes_what_the_lists_do_not_know_and_nothing_else() -> None:
    newer = replace(usual("eks"), region="xx-new-1", zones=("xx-new-1a",), node_type="m9z.large")
    check_cluster(newer, CHAIN, force=True)
    with pytest.raises(ConfigurationError, match="--name-prefix"):
        check_cluster(replace(newer, name_prefix="g" * 60), CHAIN, force=True)

"""`kubestack validate` on clusters: what their modules would refuse later, with file and line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kubestack_py.scaffold.providers import provider, provider_names
from kubestack_py.system.files import resource
from tests.platforms import Platform, invoke

FILE = "infra/eks_gc0_eu-west-1_cluster.tf"
POOLS = "\n      node_pools = {\n        default = { instance_types"


@pytest.fixture
def eks(tmp_path: Path) -> Platform:
    options = ("--no-input", "--directory", str(tmp_path), "--provider", "eks")
    assert invoke(tmp_path, "new", "platform", "acme", *options).code == 0
    return Platform(root=tmp_path / "acme")


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (
            '{ service_cidr = "10.0.128.0/20" }',
            "network.vpc_cidr 10.0.0.0/16 (the default) and network.service_cidr 10.0.128.0/20 overlap",
        ),
        (
            '{ peer_cidrs = ["10.1.0.0/16", "172.16.0.0/12"] }',
            "network.service_cidr 172.20.0.0/16 (the default) and network.peer_cidrs 172.16.0.0/12 overlap",
        ),
    ],
    ids=["services", "peers"],
)
def test_networks_that_overlap_are_named_with_their_line(eks: Platform, network: str, said: str) -> None:
    eks.edit(FILE, POOLS, f"\n      network = {network}\n{POOLS}")
    done = invoke(eks.root, "validate")
    assert done.code == 1
    text = (eks.root / FILE).read_text(encoding="utf-8")
    line = text[: text.index(network)].count("\n") + 1
    assert f"{FILE}:{line}" in done.said
    assert said in done.said
    assert done.said.count("in ops, ") == 1, "ops inherits it"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"eu-west-1"\n      avail', '"eu-west-9"\n      avail', "region: 'eu-west-9' is no region"),
        ('"eu-west-1c"', '"eu-west-1z"', "availability_zones: 'eu-west-1z' is no zone of eu-west-1"),
        ('"1.35"', '"1.99"', "kubernetes_version: '1.99' is no version of Kubernetes here"),
        (
            '["m7i.large"]',
            '["m7i.lrage"]',
            "node_pools.default.instance_types: 'm7i.lrage' is no machine type",
        ),
    ],
    ids=["region", "zone", "version", "machine"],
)
def test_what_the_lists_do_not_have_is_a_warning_with_its_line(
    eks: Platform, old: str, new: str, said: str
) -> None:
    eks.edit(FILE, old, new)
    done = invoke(eks.root, "validate")
    assert (done.code, done.said.count("by the list of")) == (0, 1), done.said
    text = (eks.root / FILE).read_text("utf-8")
    assert f"{FILE}:{text[: text.index(new)].count(chr(10)) + 1}:" in done.said
    assert said in done.said


def test_network_that_is_there_already_is_not_known(eks: Platform) -> None:
    given = '{ vpc_id = "vpc-1", peer_cidrs = ["10.0.0.0/8"] }'
    eks.edit(FILE, POOLS, f"\n      network = {given}\n{POOLS}")
    assert invoke(eks.root, "validate").code == 0


def test_name_that_became_too_long_is_found(eks: Platform) -> None:
    eks.edit(FILE, '"gc0"', f'"{"g" * 42}"')
    done = invoke(eks.root, "validate")
    assert done.code == 1
    assert "gggg-apps-eu-west-1, the cluster's name in apps, is 57 characters; 55 is the most" in done.said


@pytest.mark.parametrize("name", provider_names())
def test_defaults_of_networks_are_those_of_the_module(name: str) -> None:
    variables = (resource(f"templates/modules/{name}/settings") / "variables.tf").read_text(encoding="utf-8")
    for network in provider(name).networks:
        attribute = network.path.rpartition(".")[2]
        found = re.search(rf'^ +{attribute} += optional\(string, "([^"]+)"\)', variables, re.MULTILINE)
        assert found, network.path
        assert found[1] == network.usual
        if network.unless:
            assert re.search(rf"^ +{network.unless.rpartition('.')[2]} +=", variables, re.MULTILINE)

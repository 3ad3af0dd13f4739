"""`kubestack config`: the guide's example is what comes out, and what cannot be shown is said."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.conftest import make_repository
from tests.platforms import invoke
from tests.unit.test_schemas import check

GUIDE = (Path(__file__).parents[2] / "docs" / "inheritance.md").read_text("utf-8")
SETTINGS = """\
version: 1
name: acme
environments:
  - {name: ops, apply_on: {branch: main}}
  - {name: staging, apply_on: {tag: "staging-deploy-*"}}
  - {name: apps, apply_on: {tag: "apps-deploy-*"}}
stacks:
  - path: infra
"""
EXAMPLE = re.findall(r"```hcl\n(.*?)```", GUIDE, re.DOTALL)[0]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    tree = {"kubestack.yaml": SETTINGS, "infra/cluster.tf": EXAMPLE}
    return make_repository(tmp_path / "acme", tree).root


def test_config_show_prints_what_the_guide_says(root: Path) -> None:
    shown = re.findall(r"```console\n\$ kubestack (config show.*?)\n(.*?)```", GUIDE, re.DOTALL)
    assert shown
    for command, output in shown:
        done = invoke(root, *command.split())
        assert done.out == output


def test_config_show_as_json_fits_its_schema_and_names_every_origin(root: Path) -> None:
    value = json.loads(invoke(root, "config", "show", "-e", "ops", "cluster.zones", "-o", "json").out)
    check("config-show", value)
    [zones] = value["configurations"][0]["values"]
    assert zones["value"] == ["a", "b", "c"]
    assert [origin["environment"] for origin in zones["origins"]] == ["apps", "staging"]


def test_config_show_of_something_unknown_names_what_there_is(root: Path) -> None:
    done = invoke(root, "config", "show", "node_pools.defualt")
    assert done.code == 2
    assert "no path 'node_pools.defualt'" in done.err
    assert "Name a configuration (cluster)" in done.err


def test_config_show_refuses_what_cannot_be_merged_with_its_place(root: Path) -> None:
    (root / "infra" / "cluster.tf").write_text(EXAMPLE.replace("node_pools.spot", "node_pools.sopt"))
    done = invoke(root, "config", "show")
    assert done.code == 2
    assert "infra/cluster.tf:27:21: 'ops' has 'node_pools.sopt' in `unset`" in done.err


def test_config_show_warns_of_what_only_terraform_can_read(root: Path) -> None:
    (root / "infra" / "other.tf").write_text('module "other" {\n  configuration = merge(var.a, var.b)\n}\n')
    done = invoke(root, "config", "show")
    assert done.code == 0
    assert "infra/other.tf:2:19: the configuration of module.other is computed" in done.err
    assert "module.cluster in infra" in done.out

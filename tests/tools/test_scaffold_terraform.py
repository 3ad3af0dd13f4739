"""The Terraform modules of a scaffolded repository: inheritance, guards and the check."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kubestack_py.scaffold.answers import check
from kubestack_py.scaffold.platform import new_platform

NODE_POOL = '{ instance_type = "small", min_size = 1, max_size = 1 }'


@pytest.fixture
def infra(tmp_path: Path) -> Path:
    return new_platform(check({"name": "acme"}), tmp_path, lambda _: None) / "infra"


def terraform(directory: Path, *args: str, workspace: str = "") -> subprocess.CompletedProcess[str]:
    extra = {"TF_WORKSPACE": workspace} if workspace else {}
    return subprocess.run(
        ["terraform", *args],
        cwd=directory,
        env={**os.environ, **extra, "TF_IN_AUTOMATION": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def plan(infra: Path, workspace: str = "ops") -> str:
    """What a plan says on one line, whether it succeeds or not."""
    assert terraform(infra, "init", "-input=false").returncode == 0
    done = terraform(infra, "plan", "-input=false", "-no-color", workspace=workspace)
    return re.sub(r"[\s│]+", " ", done.stdout + done.stderr)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def merged(infra: Path, base: str, own: str, typed: str = "") -> dict[str, Any]:
    """The configuration of `ops` with what it inherits from `apps`, as the module merges them."""
    root = infra.parent / "trial"
    root.mkdir()
    variable = f'variable "configuration" {{\n  type = {typed or "any"}\n}}\n'
    (root / "variables.tf").write_text(variable)
    (root / "terraform.tfvars").write_text(f"configuration = {{\n  apps = {base}\n  ops = {own}\n}}\n")
    (root / "main.tf").write_text(
        'module "configuration" {\n  source = "../infra/modules/configuration"\n'
        '  configuration = var.configuration\n  base_key = "apps"\n  environment = "ops"\n}\n'
        'output "current" {\n  value = module.configuration.current\n}\n'
    )
    assert terraform(root, "init", "-input=false").returncode == 0
    done = terraform(root, "apply", "-auto-approve", "-input=false", "-no-color")
    assert done.returncode == 0, done.stderr
    value: dict[str, Any] = json.loads(terraform(root, "output", "-json", "current").stdout)
    return value


def test_configuration_inherits_what_is_absent_or_null(infra: Path) -> None:
    assert merged(infra, '{ a = "base", b = 1, c = true }', "{ b = null }") == {
        "a": "base",
        "b": 1,
        "c": True,
    }


def test_configuration_keeps_empty_values_as_overrides(infra: Path) -> None:
    base = '{ text = "base", number = 1, flag = true, list = ["base"] }'
    own = '{ text = "", number = 0, flag = false, list = [] }'
    assert merged(infra, base, own) == {"text": "", "number": 0, "flag": False, "list": []}


def test_configuration_merges_objects_one_level_deep(infra: Path) -> None:
    base = '{ object = { a = "base", b = 1, c = { x = 1, y = 2 } } }'
    own = "{ object = { b = 2, c = { x = 3 }, d = false } }"
    assert merged(infra, base, own) == {"object": {"a": "base", "b": 2, "c": {"x": 3}, "d": False}}


def test_configuration_replaces_lists_and_changed_kinds(infra: Path) -> None:
    base = '{ list = [1, 2], object = { a = 1 }, text = "base" }'
    own = '{ list = [3], object = "none", text = { a = 1 } }'
    assert merged(infra, base, own) == {"list": [3], "object": "none", "text": {"a": 1}}


def test_configuration_adds_what_only_one_side_has(infra: Path) -> None:
    assert merged(infra, "{ a = 1 }", "{ b = { c = 2 } }") == {"a": 1, "b": {"c": 2}}


def test_configuration_merges_typed_maps(infra: Path) -> None:
    typed = (
        "map(object({ region = optional(string), "
        "labels = optional(map(string)), sizes = optional(list(number)) }))"
    )
    base = '{ region = "one", labels = { a = "base", b = "base" }, sizes = [1, 2] }'
    assert merged(infra, base, '{ labels = { b = "own" } }', typed) == {
        "region": "one",
        "labels": {"a": "base", "b": "own"},
        "sizes": [1, 2],
    }


def test_default_workspace_is_refused_with_the_way_out(infra: Path) -> None:
    said = plan(infra, workspace="default")
    assert 'The workspace "default" is no environment of this platform.' in said
    assert "NAME is one of: apps, ops." in said


def test_missing_attribute_is_named(infra: Path) -> None:
    edit(infra / "cluster.tf", '      region             = "local"\n', "")
    assert 'The environment "ops" has no value for: region. Set it there, or in "apps"' in plan(infra)


def test_unknown_base_is_refused(infra: Path) -> None:
    edit(infra / "cluster.tf", 'configuration_base_key = "apps"', 'configuration_base_key = "prod"')
    assert 'The base "prod" is not configured. Configured: apps, ops.' in plan(infra)


def test_incomplete_node_pool_is_refused(infra: Path) -> None:
    edit(infra / "cluster.tf", ", min_size = 1, max_size = 2 }", " }")
    assert 'attributes "max_size" and "min_size" are required' in plan(infra)


@pytest.mark.parametrize(
    "size", ["min_size = 3, max_size = 2", "min_size = -1, max_size = 2", "min_size = 0.5, max_size = 2"]
)
def test_wrong_node_pool_size_is_refused(infra: Path, size: str) -> None:
    edit(infra / "cluster.tf", "min_size = 1, max_size = 2", size)
    assert "min_size must be a whole number from 0 to max_size" in plan(infra)


def test_too_long_cluster_name_is_refused(infra: Path) -> None:
    edit(infra / "cluster.tf", '"local"', f'"{"r" * 60}"')
    assert "is part of a domain name and must fit 63 characters" in plan(infra)


def test_check_fails_where_an_environment_outgrows_the_base(infra: Path) -> None:
    edit(infra / "cluster.tf", "min_size = 1, max_size = 2", "min_size = 1, max_size = 10")
    assert "ops has a node pool that apps lacks, or one that grows larger" in plan(infra)
    done = terraform(infra, "apply", "-auto-approve", "-input=false", "-no-color", workspace="ops")
    assert done.returncode == 0
    state = json.loads(terraform(infra, "show", "-json", workspace="ops").stdout)
    assert [item["status"] for item in state["checks"] if item["address"]["kind"] == "check"] == ["fail"]


def test_changes_resize_update_and_replace_as_a_cluster_would(infra: Path) -> None:
    plan(infra)
    assert terraform(infra, "apply", "-auto-approve", "-input=false", workspace="ops").returncode == 0
    edit(infra / "cluster.tf", "min_size = 1, max_size = 2", "min_size = 1, max_size = 3")
    assert "0 to add, 1 to change, 0 to destroy" in plan(infra)
    edit(infra / "cluster.tf", '"1.32"', '"1.33"')
    assert "0 to add, 2 to change, 0 to destroy" in plan(infra)
    edit(infra / "cluster.tf", '"large", min_size = 1', '"huge", min_size = 1')
    assert "1 to add, 1 to change, 1 to destroy" in plan(infra)
    edit(infra / "cluster.tf", '"local"', '"elsewhere"')
    assert "3 to add, 0 to change, 3 to destroy" in plan(infra)

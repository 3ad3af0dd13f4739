"""The Terraform modules of a scaffolded repository: inheritance, guards and the check."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from kubestack_py.scaffold.answers import check
from kubestack_py.scaffold.platform import new_platform


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


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["s3", "gcs", "azurerm", "pg", "kubernetes"])
def test_backend_is_valid_and_formatted(tmp_path: Path, backend: str) -> None:
    infra = new_platform(check({"name": "acme-x", "backend": backend}), tmp_path, lambda _: None) / "infra"
    assert f'backend "{backend}" {{' in (infra / "versions.tf").read_text("utf-8")
    assert terraform(infra, "fmt", "-check", "-recursive").returncode == 0
    assert terraform(infra, "init", "-backend=false", "-input=false").returncode == 0
    done = terraform(infra, "validate", "-no-color")
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_configuration_module_passes_its_own_tests(infra: Path) -> None:
    module = infra / "modules" / "configuration"
    assert terraform(module, "init", "-input=false").returncode == 0
    done = terraform(module, "test", "-no-color")
    assert done.returncode == 0, done.stdout
    runs = (module / "tests" / "inheritance.tftest.hcl").read_text("utf-8").count("\nrun ")
    assert f"Success! {runs} passed, 0 failed." in done.stdout


@pytest.mark.parametrize(
    ("parents", "said"),
    [
        ('{ ops = "stagign" }', '"ops" inherits from "stagign", which is not configured.'),
        ('{ osp = "apps" }', '"osp" has a parent, but is not configured.'),
        ('{ apps = "ops" }', '"apps" is the base and inherits from nobody.'),
        ('{ ops = "ops" }', "Environments inherit in a circle: ops → ops."),
    ],
)
def test_wrong_parents_are_refused(infra: Path, parents: str, said: str) -> None:
    edit(
        infra / "cluster.tf", "configuration = {", f"configuration_parents = {parents}\n  configuration = {{"
    )
    assert said in plan(infra)


@pytest.mark.parametrize(
    ("instruction", "said"),
    [
        ('unset = ["node_pools.spot"]', '"ops" unsets "node_pools.spot", which it does not inherit.'),
        ('append = ["node_pools"]', '"ops" appends to "node_pools", but has no list there.'),
    ],
)
def test_instruction_without_effect_is_refused(infra: Path, instruction: str, said: str) -> None:
    edit(infra / "cluster.tf", "ops = {\n", f"ops = {{\n      {instruction}\n")
    assert said in plan(infra)


def test_environment_inherits_from_its_neighbour_in_the_chain(tmp_path: Path) -> None:
    answers = check({"name": "acme", "environments": "ops,staging,apps"})
    infra = new_platform(answers, tmp_path, lambda _: None) / "infra"
    edit(infra / "cluster.tf", "staging = {}", 'staging = { kubernetes_version = "1.33" }')
    assert '"1.33"' in plan(infra, "ops")
    assert '"1.32"' in plan(infra, "apps")


def test_default_workspace_is_refused_with_the_way_out(infra: Path) -> None:
    said = plan(infra, workspace="default")
    assert '"default" is no environment of this platform' in said
    assert "those are: apps, ops." in said


def test_missing_attribute_is_named(infra: Path) -> None:
    edit(infra / "cluster.tf", '      region             = "local"\n', "")
    assert 'The environment "ops" has no value for: region. Set it there, or in "apps"' in plan(infra)


def test_unknown_base_is_refused(infra: Path) -> None:
    edit(infra / "cluster.tf", 'configuration_base_key = "apps"', 'configuration_base_key = "prod"')
    assert 'The base "prod" is not configured. Configured: apps, ops.' in plan(infra)


def test_incomplete_node_pool_is_refused(infra: Path) -> None:
    edit(infra / "cluster.tf", 'instance_type = "large", ', "")
    words = 'have no value for: "default" of apps (instance_type); "default" of ops (instance_type).'
    assert words in plan(infra)


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
    edit(infra / "cluster.tf", '"large"', '"huge"')
    assert "1 to add, 1 to change, 1 to destroy" in plan(infra)
    edit(infra / "cluster.tf", '"local"', '"elsewhere"')
    assert "3 to add, 0 to change, 3 to destroy" in plan(infra)

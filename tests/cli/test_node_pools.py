"""`kubestack list`, `add node-pool` and `remove node-pool` on a scaffolded platform."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from kubestack_py.config.schema import load_schema
from tests.platforms import files_of, invoke

if TYPE_CHECKING:
    from tests.platforms import Ended, Platform

CLUSTER = "infra/cluster.tf"


def add(platform: Platform, *args: str) -> Ended:
    return invoke(platform.root, "add", "node-pool", *args)


def test_add_and_remove_give_back_the_same_files(platform: Platform) -> None:
    before = files_of(platform.root)
    assert add(platform, "cluster", "batch", "--max-size", "20").out == (
        "changed .kubestack/answers.json\nchanged infra/cluster.tf\n"
    )
    assert platform.git("diff", "--numstat", CLUSTER) == f"1\t0\t{CLUSTER}"
    line = '        batch   = { instance_type = "large", min_size = 3, max_size = 20 }\n'
    assert line.encode() in (platform.root / CLUSTER).read_bytes()
    assert (
        "min_size = 1" in add(platform, "cluster", "batch", "-e", "ops", "--min-size", "1", "--dry-run").out
    )
    assert add(platform, "cluster", "batch", "-e", "ops", "--min-size", "1").code == 0
    subprocess.run(["terraform", "fmt", "-check", "-recursive"], cwd=platform.root, check=True)
    assert invoke(platform.root, "validate").code == 0
    assert invoke(platform.root, "remove", "node-pool", "cluster", "batch").code == 0
    assert files_of(platform.root) == before


def test_second_run_has_nothing_to_do(platform: Platform) -> None:
    add(platform, "cluster", "batch", "--max-size", "20")
    before = files_of(platform.root)
    again = add(platform, "cluster", "batch", "--max-size", "20")
    assert (again.code, again.out) == (0, "")
    assert "nothing to do" in again.err
    removed = invoke(platform.root, "remove", "node-pool", "cluster", "bath")
    assert (removed.code, removed.out) == (0, "")
    assert "cluster has no node pool bath. Did you mean batch?" in removed.err
    assert files_of(platform.root) == before


def test_dry_run_prints_what_git_applies(platform: Platform) -> None:
    diff = add(platform, "cluster", "batch", "--dry-run").out
    assert platform.git("status", "--short") == ""
    subprocess.run(["git", "apply", "-"], input=diff, text=True, cwd=platform.root, check=True)
    wanted = files_of(platform.root)
    platform.git("checkout", "--quiet", ".")
    add(platform, "cluster", "batch")
    assert files_of(platform.root) == wanted


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["clustr", "x"], ["there is no cluster 'clustr'", "Did you mean cluster?"]),
        (["cluster", "Batch"], ["'Batch' cannot be the name of a node pool"]),
        (["cluster", "default", "--max-size", "4"], ["infra/cluster.tf:19", "max_size = 9"]),
        (["cluster", "x", "-e", "prod"], ["there is no environment 'prod'", "ops, apps"]),
        (["cluster", "x", "--min-size", "9", "--max-size", "2"], ["at least 9 and at most 2"]),
        (["cluster", "system", "-e", "ops"], []),
        (["cluster", "x", "--set", "a=}"], ["--set a=} is no attribute"]),
        (["cluster", "x", "--set", "a"], ["not of the form KEY=VALUE"]),
        (["cluster", "x", "--set", "a=SPOT"], ["SPOT without quotes", """--set 'a="SPOT"'"""]),
        (["cluster", "system", "--set", "spot=true"], ["infra/cluster.tf:18", "says nothing of spot"]),
    ],
)
def test_add_refuses_in_words(platform: Platform, args: list[str], said: list[str]) -> None:
    done = add(platform, *args)
    assert done.code == (2 if said else 0), done.said
    for words in said:
        assert words in done.said
    assert platform.git("status", "--short") == ""


@pytest.mark.parametrize("command", ["add environment stage --after ops", "list", "config show"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.tf", 'module "x" {\n  configuration = {\n'),
        ("x.tf.json", '{"module": {"x": {"configuration": {\n'),
    ],
)
def test_what_cannot_be_read_is_not_passed_over(
    platform: Platform, command: str, name: str, text: str
) -> None:
    (platform.root / "infra" / name).write_text(text)
    done = invoke(platform.root, *command.split())
    assert f"infra/{name}:" in done.err
    assert done.code == (1 if command.startswith("add") else 0), done.said
    assert platform.git("status", "--short") == f"?? infra/{name}"


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ([("system  = { i", "= system  = { i")], "infra/cluster.tf:18:9: this is not"),
        (
            [
                ("pools = {\n        system  = { i", "pools = merge({\n        system  = { i"),
                ("= 9 }\n      }", "= 9 }\n      }, {})"),
            ],
            "infra/cluster.tf:17: module.cluster.configuration.apps.node_pools is not written out",
        ),
    ],
)
def test_add_names_the_line_of_what_cannot_be_edited(
    platform: Platform, edits: list[tuple[str, str]], said: str
) -> None:
    for old, new in edits:
        platform.edit(CLUSTER, old, new)
    done = add(platform, "cluster", "x", "--instance-type", "small", "--min-size", "1", "--max-size", "1")
    assert done.code == 1, done.said
    assert said in done.said


def test_add_refuses_json_syntax(platform: Platform) -> None:
    (platform.root / CLUSTER).unlink()
    (platform.root / "infra/cluster.tf.json").write_text(
        '{"module": {"cluster": {"source": "./modules/cluster", "configuration": {"apps": {}, "ops": {}}}}}'
    )
    assert invoke(platform.root, "list", "clusters", "-o", "json").json["clusters"][0]["name"] == "cluster"
    assert (
        "infra/cluster.tf.json:1: cluster is configured in Terraform's JSON"
        in add(platform, "cluster", "x").err
    )


def test_add_knows_the_machines_of_a_cloud(platform: Platform) -> None:
    platform.edit(CLUSTER, "./modules/cluster", "./modules/eks")
    args = ("cluster", "x", "--instance-type", "m7i.lrge", "--dry-run")
    refused = add(platform, *args)
    assert refused.code == 2
    assert "'m7i.lrge' is no machine type" in refused.err
    assert "m7i.large" in refused.err
    assert 'instance_types = ["m7i.lrge"]' in add(platform, *args, "--force").out


def test_remove_keeps_the_last_pool(platform: Platform) -> None:
    assert invoke(platform.root, "remove", "node-pool", "cluster", "system").code == 0
    last = invoke(platform.root, "remove", "node-pool", "cluster", "default")
    assert last.code == 2
    assert "default is the last node pool of cluster" in last.err


def test_list_shows_everything(platform: Platform) -> None:
    shown = invoke(platform.root, "list").out
    for words in (
        "tag apps-deploy-*",
        "system, default",
        "infra/cluster.tf:4",
        "min_size = 1",
        "web",
        "infra",
    ):
        assert words in shown
    value = invoke(platform.root, "list", "-o", "json").json
    Draft202012Validator(load_schema("inventory")).validate(value)
    assert list(value) == ["environments", "clusters", "node_pools", "services", "apps", "stacks"]
    assert invoke(platform.root, "list", "services").err == "There are no services.\n"

"""`kubestack add cluster` and `new platform --provider`: what is written, left alone and refused."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import commit
from tests.platforms import Platform, assert_refused, files_of, invoke

NEW = ("new", "platform", "acme", "--no-input")
FILE = "infra/eks_gc0_eu-west-1_cluster.tf"
ADD = ("add", "cluster", "eks", "--region", "eu-west-1")


def added(platform: Platform, *args: str) -> list[str]:
    """Run the command, and give what the work tree differs in."""
    assert invoke(platform.root, *args).code == 0
    return platform.git("status", "--porcelain", "--untracked-files=all").splitlines()


def test_cluster_is_added_beside_the_stand_in(platform: Platform) -> None:
    changed = {line.split()[-1] for line in added(platform, *ADD)}
    assert {FILE, "infra/versions.tf", "infra/.terraform.lock.hcl", ".kubestack/answers.json"} <= changed
    assert all(path.startswith(("infra/", ".kubestack/")) for path in changed)
    recorded = json.loads((platform.root / ".kubestack/answers.json").read_text())["added"]
    assert [(it["kind"], it["options"]["region"]) for it in recorded] == [("cluster", "eu-west-1")]
    assert 'source  = "hashicorp/aws"' in (platform.root / "infra/versions.tf").read_text()


def test_second_run_changes_nothing_and_another_cluster_only_adds_its_file(platform: Platform) -> None:
    added(platform, *ADD)
    commit(platform.root)
    assert added(platform, *ADD) == []
    there = added(platform, "add", "cluster", "eks", "--region", "us-east-1", "--name-prefix", "gc1")
    assert there == [" M .kubestack/answers.json", "?? infra/eks_gc1_us-east-1_cluster.tf"]


def test_dry_run_prints_a_diff_that_git_takes_and_writes_nothing(platform: Platform) -> None:
    before = files_of(platform.root)
    done = invoke(platform.root, *ADD, "--dry-run")
    assert files_of(platform.root) == before
    subprocess.run(["git", "apply"], cwd=platform.root, input=done.out, text=True, check=True)
    by_diff = files_of(platform.root)
    platform.git("stash", "--include-untracked", "--quiet")
    added(platform, *ADD)
    assert files_of(platform.root) == by_diff


def test_what_people_edited_is_named_and_left_alone(platform: Platform) -> None:
    added(platform, *ADD)
    platform.edit(FILE, "max_size = 9", "max_size = 12")
    platform.edit("infra/modules/eks/dns.tf", "The cluster's zone", "Our zone")
    commit(platform.root)
    done = invoke(platform.root, *ADD, "--max-size", "20")
    assert f"{FILE} is there already, and is left as it is" in done.err
    done = invoke(platform.root, "add", "cluster", "eks", "--region", "eu-west-2")
    assert "infra/modules/eks is there already and differs from this version's (dns.tf)" in done.err
    assert platform.git("status", "--porcelain").splitlines() == [
        " M .kubestack/answers.json",
        "?? infra/eks_gc0_eu-west-2_cluster.tf",
    ]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--region", "eu-wst-1"], "'eu-wst-1' is no region, by the list of"),
        (
            ["--region", "eu-west-1", "--zones", "eu-west-1a,eu-west-1z"],
            "'eu-west-1z' is no zone of eu-west-1",
        ),
        (["--region", "eu-west-1", "--node-type", "m7i.huge"], "'m7i.huge' is no machine type"),
        (["--region", "eu-west-1", "--name-prefix", "x" * 50], "55 is the most"),
        (["--region", "eu-west-1", "--min-size", "4", "--max-size", "2"], "4 to 2 nodes is no size"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_cluster_that_cannot_be_is_refused(platform: Platform, args: list[str], said: str) -> None:
    assert_refused(platform, "add", "cluster", "eks", *args, code=2, words=[said])


def test_cluster_is_refused_where_a_file_cannot_be_edited(platform: Platform) -> None:
    (platform.root / "infra/versions.tf").write_text("terraform {\n")
    assert_refused(platform, *ADD, code=1, words=["infra/versions.tf:"])
    (platform.root / "infra/versions.tf").write_text("locals {}\n")
    assert_refused(platform, *ADD, code=1, words=["infra/versions.tf has no terraform block"])


def test_new_platform_in_a_cloud_has_no_stand_in(tmp_path: Path) -> None:
    assert invoke(tmp_path, *NEW, "--directory", str(tmp_path), "--provider", "eks").code == 0
    made = Platform(root=tmp_path / "acme")
    assert (made.root / FILE).is_file()
    assert not (made.root / "infra/cluster.tf").exists()
    assert invoke(made.root, "validate").code == 0
    assert added(made, *ADD) == [], "`new platform` writes what `add cluster` writes"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--region", "eu-west-1"], "--region eu-west-1: for which cluster?"),
        (["--provider", "local", "--provider", "eks"], "provider"),
        (["--provider", "eks", "--region", "gke=europe-west1"], "for which cluster? Write eks=europe-west1."),
        (["--provider", "eks", "--region", "nowhere"], "'nowhere' is no region"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_new_platform_refuses_and_leaves_nothing(tmp_path: Path, args: list[str], said: str) -> None:
    done = invoke(tmp_path, *NEW, "--directory", str(tmp_path), *args)
    assert done.code == 2
    assert said in done.said
    assert list(tmp_path.iterdir()) == []

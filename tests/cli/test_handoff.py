"""`kubestack handoff`: from the state of verified environments to a branch of the deploy repository."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kubestack_py.system.yaml import load
from kubestack_py.terraform.outputs import read_outputs
from tests.cli.test_image_requests import moved_to
from tests.cli.test_parity import check_schema
from tests.conftest import commit, git
from tests.hosts.github import REPOSITORY, FakeGitHub
from tests.platforms import invoke, reject_pushes

BRANCH = "kubestack/handoff"
VARS = "clusters/ops/cluster-vars.yaml"
SECRET = '\noutput "token" {\n  value     = "very-secret-indeed"\n  sensitive = true\n}\n'


@pytest.fixture(scope="module")
def verified(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A split platform whose ops is verified, with a secret output."""
    home = tmp_path_factory.mktemp("split")
    done = invoke(
        home, *("new", "platform", "acme", "--no-input", "--layout", "split", "--directory", str(home))
    )
    assert done.code == 0, done.said
    outputs = home / "acme/infra/outputs.tf"
    commit(home / "acme", tree={"infra/outputs.tf": outputs.read_text() + SECRET})
    assert invoke(home / "acme", "run", "--ref", "refs/heads/main").code == 0
    return home


@pytest.fixture
def split(verified: Path, tmp_path: Path) -> Path:
    """Both repositories; the deploy repository has a remote."""
    home = shutil.copytree(verified, tmp_path / "home")
    git(home, "clone", "--quiet", "--bare", "acme-deploy", "deploy.git")
    git(home / "acme-deploy", "remote", "add", "origin", str(home / "deploy.git"))
    return home


def variables(repository: Path) -> dict[str, str]:
    document = load(git(repository, "show", f"{BRANCH}:{VARS}").encode(), VARS)
    assert isinstance(document, dict)
    data: dict[str, str] = document["data"]
    return data


def test_handoff_is_one_commit_that_is_made_once(split: Path) -> None:
    dry = invoke(split / "acme", "handoff", "--dry-run")
    assert "+  cluster_name: acme-ops-local" in dry.out
    assert git(split / "acme-deploy", "branch", "--list", BRANCH) == ""
    done = invoke(split / "acme", "handoff", "--push")
    assert done.code == 0, done.said
    assert "apps is left out: infra was never applied there" in done.err
    assert "the output token is sensitive and is not handed over" in done.err
    found = variables(split / "deploy.git")
    assert found["cluster_domain"] == "acme-ops-local.acme.example.com"
    assert found["node_pools_default_max_size"] == "2"
    assert "very-secret-indeed" not in git(split / "deploy.git", "log", "-p", "--all")
    assert git(split / "acme-deploy", "status", "--porcelain") == ""
    first = git(split / "deploy.git", "rev-parse", BRANCH)
    assert invoke(split / "acme", "handoff", "--push").code == 0
    assert git(split / "deploy.git", "rev-parse", BRANCH) == first
    git(split / "acme-deploy", "merge", "--quiet", BRANCH)
    git(split / "acme-deploy", "push", "--quiet", "origin", "main")
    assert "nothing to do" in invoke(split / "acme", "handoff", "--to", str(split / "acme-deploy")).err
    assert invoke(split / "acme-deploy", "validate").code == 0


def test_handoff_to_a_url_replaces_an_older_one_on_the_newest_branch(split: Path) -> None:
    url = f"file://{split / 'deploy.git'}"
    assert invoke(split / "acme", "handoff", "--to", url).code == 2
    assert invoke(split / "acme", "handoff", "--to", url, "--push").code == 0
    newest = commit(split / "acme-deploy", tree={"NOTES.md": "more\n"})
    git(split / "acme-deploy", "push", "--quiet", "origin", "main")
    assert invoke(split / "acme", "handoff", "--to", url, "--push").code == 0
    assert git(split / "deploy.git", "rev-parse", f"{BRANCH}^") == newest


@pytest.mark.slow
def test_branch_becomes_a_request_that_is_closed_when_nothing_is_left(
    split: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy = split / "acme-deploy"
    with moved_to(FakeGitHub(), split / "deploy.git", deploy, monkeypatch) as fake:
        dry = invoke(split / "acme", "handoff", "--dry-run", "-o", "json").json
        check_schema("handoff", dry)
        assert (dry["files"], dry["commit"], dry["pushed"], dry["request"]) == ([VARS], "", False, None)
        assert "+  cluster_name: acme-ops-local" in dry["diff"]
        done = invoke(split / "acme", "handoff", "--push", "--request", "-o", "json").json
        check_schema("handoff", done)
        url = f"{fake.url}/{REPOSITORY}/pull/11"
        assert (done["pushed"], done["request"]) == (True, {"number": 11, "url": url, "state": "opened"})
        by_name = {item["environment"]: item for item in done["environments"]}
        assert by_name["ops"]["variables"]["cluster_name"] == "acme-ops-local"
        assert by_name["ops"]["sensitive"] == ["token"]
        assert by_name["apps"]["reason"] == "infra was never applied there"
        [pull] = fake.pulls.all
        assert (pull.source, pull.title) == (BRANCH, "Take over what Terraform knows of ops")
        assert f"- `{VARS}`" in pull.body
        # Somebody writes the very same by hand.
        commit(deploy, tree={VARS: git(deploy, "show", f"{BRANCH}:{VARS}") + "\n"})
        git(deploy, "push", "--quiet", "origin", "main")
        last = invoke(split / "acme", "handoff", "--push", "-o", "json").json
        check_schema("handoff", last)
        assert (last["files"], last["request"]["state"], pull.open) == ([], "closed", False)


def test_work_of_people_on_the_branch_stays(split: Path) -> None:
    assert invoke(split / "acme", "handoff", "--push").code == 0
    git(split / "acme-deploy", "switch", "--quiet", BRANCH)
    theirs = commit(split / "acme-deploy", tree={VARS: "mine: 1\n"})
    git(split / "acme-deploy", "push", "--quiet", "origin", BRANCH)
    git(split / "acme-deploy", "switch", "--quiet", "main")
    done = invoke(split / "acme", "handoff", "--push")
    assert done.code == 1
    assert f"somebody has committed to {BRANCH}" in done.err
    assert git(split / "deploy.git", "rev-parse", BRANCH) == theirs


def test_a_refused_push_is_told(split: Path) -> None:
    reject_pushes(split / "deploy.git", "refs/heads/kubestack/*", "not by you")
    done = invoke(split / "acme", "handoff", "--push")
    assert done.code == 1
    assert "not by you" in done.said


def test_what_is_not_verified_is_refused(split: Path) -> None:
    done = invoke(split / "acme", "handoff", "-e", "apps")
    assert done.code == 5
    assert "apps: infra was never applied there" in done.err
    assert invoke(split / "acme-deploy", "handoff").code == 2
    shutil.rmtree(split / "acme-deploy/clusters/ops")
    commit(split / "acme-deploy")
    git(split / "acme-deploy", "push", "--quiet", "origin", "main")
    done = invoke(split / "acme", "handoff")
    assert done.code == 2
    assert "has no clusters/ops" in done.err


def test_outputs_become_names_and_texts() -> None:
    cluster = b'{"value": {"name": "gc0", "fqdn": "gc0.example.com", "name_servers": ["a", "b"]}}'
    found = read_outputs(b'{"eks_gc0_eu-west-1": %s, "n": {"value": 3}, "no": {"value": null}}' % cluster)
    assert found.variables == {
        "cluster_domain": "gc0.example.com",
        "cluster_name": "gc0",
        "eks_gc0_eu_west_1_fqdn": "gc0.example.com",
        "eks_gc0_eu_west_1_name": "gc0",
        "eks_gc0_eu_west_1_name_servers": "a,b",
        "n": "3",
    }

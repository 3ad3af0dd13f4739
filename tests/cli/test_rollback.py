"""`kubestack rollback`: a branch that restores what stacks were, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kubestack_py.config.load import load_platform, read_source
from kubestack_py.config.stacks import discover_stacks
from kubestack_py.model.evidence import RecordStatus
from kubestack_py.runner.content import CommitContent
from kubestack_py.system.git import Git
from tests.conftest import commit, git, isolate, make_remote, make_repository, write_tree
from tests.evidence import note, record
from tests.platforms import Ended, files_of, invoke, own_refs
from tests.unit.test_schemas import check

if TYPE_CHECKING:
    from kubestack_py.model.platform import Environment, Stack

SETTINGS = """\
version: 1
name: acme
environments:
  - {name: ops, apply_on: {branch: main}}
  - {name: apps, apply_on: {tag: "apps-deploy-*"}}
stacks:
  - path: infra
  - path: manifests/*
"""
KUSTOMIZATION = "resources: [../../base]\n"


def application(name: str, text: str = "") -> dict[str, str]:
    return {
        f"manifests/{name}/base/kustomization.yaml": f"resources: []\n{text}",
        f"manifests/{name}/overlays/ops/kustomization.yaml": KUSTOMIZATION,
        f"manifests/{name}/overlays/apps/kustomization.yaml": KUSTOMIZATION,
    }


FIRST = {
    "kubestack.yaml": SETTINGS,
    "README.md": "first\n",
    "infra/main.tf": 'module "a" {\n  source = "../modules/a"\n}\n',
    "infra/apps.tfvars": "size = 1\n",
    "infra/old.tf": "# old\n",
    "modules/a/main.tf": "# first\n",
    **application("web"),
}


@pytest.fixture
def root(delivered: Path, tmp_path: Path) -> Path:
    """A platform with two commits of which apps got the first, then the second; main went on."""
    return Path(shutil.copytree(delivered, tmp_path / "acme"))


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory, known_tools: Path, git_template: Path) -> Path:
    """The platform of `root`, to be copied."""
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, tmp_path_factory.mktemp("home"), known_tools, git_template)
        return make_delivered(tmp_path_factory.mktemp("delivered") / "acme")


def make_delivered(place: Path) -> Path:
    repository = make_repository(place, FIRST)
    root = repository.root
    first = deliver(root, 1)
    (root / "infra/old.tf").unlink()
    changed = {
        "README.md": "second\n",
        "infra/apps.tfvars": "size = 2\n",
        "infra/new\u00e4 file.tf": "# new\n",
        "modules/a/main.tf": "# second\n",
        "kubestack.yaml": SETTINGS + "verify: {checks: false}\n",
    }
    (root / "infra/main.tf").chmod(0o755)
    commit(root, "second", changed)
    deliver(root, 3)
    commit(root, "third", {"README.md": "third\n"})
    git(root, "tag", "first", first)
    return root


def deliver(root: Path, second: int, **more: str) -> str:
    """Let apps have the commit that is checked out."""
    head = git(root, "rev-parse", "HEAD")
    digests = CommitContent(Git(root), head).digests(
        stacks_of(root), load_platform(read_source(root)).environments
    )
    for environment in ("ops", "apps"):
        for stack, of in digests.items():
            common = {"environment": environment, "stack": stack, "digest": of[environment], **more}
            run = f"{environment}-{second}"
            note(root, record(head, second, status=RecordStatus.STARTED, run=run, **common))
            note(root, record(head, second + 1, run=run, **common))
    return head


def environments_of(root: Path) -> tuple[Environment, ...]:
    return load_platform(read_source(root)).environments


def stacks_of(root: Path) -> tuple[Stack, ...]:
    source = read_source(root)
    return discover_stacks(load_platform(source), source, root)


def prepare(root: Path, *args: str) -> Ended:
    done = invoke(root, "rollback", "apps", *args, "-o", "json")
    assert done.code == 0, done.err
    check("rollback", done.json)
    return done


def changed_files(root: Path, commit_id: str) -> dict[str, str]:
    lines = git(
        root, "-c", "core.quotePath=false", "show", "--format=", "--name-status", commit_id
    ).splitlines()
    return {path: status for status, path in (line.split("\t") for line in lines)}


def test_rollback_restores_the_files_of_stacks_alone(root: Path) -> None:
    done = prepare(root)
    branch = f"rollback/apps-{git(root, 'rev-parse', '--short=8', 'first')}"
    assert done.json["branch"] == branch
    assert changed_files(root, branch) == {
        "infra/main.tf": "M",
        "infra/apps.tfvars": "M",
        "infra/new\u00e4 file.tf": "D",
        "infra/old.tf": "A",
        "modules/a/main.tf": "M",
    }
    assert git(root, "show", f"{branch}:README.md") == "third"
    assert "checks: false" in git(root, "show", f"{branch}:kubestack.yaml")
    assert git(root, "ls-tree", branch, "infra/main.tf").startswith("100644 ")


def test_rollback_has_the_content_that_was_proved(root: Path) -> None:
    done = prepare(root)
    contents = [CommitContent(Git(root), name) for name in (done.json["commit"], done.json["target"])]
    restored, proved = (item.digests(stacks_of(root), environments_of(root)) for item in contents)
    assert restored == proved
    [infra] = done.json["stacks"]
    assert infra["stack"] == "infra"
    assert [(proof["environment"], proof["status"]) for proof in infra["proofs"]] == [
        ("ops", "verified"),
        ("apps", "verified"),
    ]


def test_rollback_is_one_commit_on_the_default_branch_that_says_what_it_is(root: Path) -> None:
    done = prepare(root)
    commit_id = done.json["commit"]
    assert git(root, "log", "-1", "--format=%P", commit_id) == git(root, "rev-parse", "main")
    trailers = git(root, "log", "-1", "--format=%(trailers:only)", commit_id).splitlines()
    deployed, target = git(root, "rev-parse", "main~1"), git(root, "rev-parse", "first")
    assert trailers[:2] == [f"Rollback-Of: {deployed}", f"Rollback-To: {target}"]


def test_rollback_touches_nothing_but_its_branch(root: Path) -> None:
    git(root, "checkout", "--quiet", "-b", "mine")
    write_tree(root, {"infra/main.tf": "# unfinished\n", "untracked": "x"})
    before = files_of(root), own_refs(root), git(root, "status", "--porcelain")
    branch = prepare(root).json["branch"]
    refs = own_refs(root)
    del refs[f"refs/heads/{branch}"]
    assert (files_of(root), refs, git(root, "status", "--porcelain")) == before


def test_rollback_text_says_what_and_what_next(root: Path) -> None:
    done = invoke(root, "rollback", "apps")
    for words in (
        "+ infra/old.tf",
        "- infra/new\u00e4 file.tf",
        "~ modules/a/main.tf",
        "apps: verified with this",
    ):
        assert words in done.out
    assert "git push origin rollback/apps-" in done.err
    assert "Promote the merge to apps" in done.err


def test_rollback_of_the_first_environment_needs_no_promotion(root: Path) -> None:
    assert "Promote" not in invoke(root, "rollback", "ops").err


def test_rollback_twice_is_the_same_branch(root: Path) -> None:
    first = prepare(root)
    assert prepare(root).json == first.json


def test_rollback_leaves_another_branch_of_that_name_alone(root: Path) -> None:
    branch = prepare(root).json["branch"]
    git(root, "branch", "--force", branch, "main")
    done = invoke(root, "rollback", "apps")
    assert done.code == 2
    assert f"git branch -D {branch}" in done.err
    assert git(root, "rev-parse", branch) == git(root, "rev-parse", "main")


def test_rollback_to_a_commit_that_was_never_delivered_warns(root: Path) -> None:
    git(root, "checkout", "--quiet", "-b", "odd", "first")
    odd = commit(root, "odd", {"infra/apps.tfvars": "size = 7\n"})
    done = invoke(root, "rollback", "apps", "--to", "odd")
    assert f"{odd[:8]} was never delivered to apps" in done.err
    assert "apps: verified with this content, but other files of its own" in done.out


def test_rollback_from_a_failed_run_goes_back_to_what_ran_until_then(root: Path) -> None:
    bad = commit(root, "bad", {"modules/a/main.tf": "# bad\n"})
    failed = RecordStatus.FAILED
    note(root, record(bad, 9, environment="apps", status=RecordStatus.STARTED, run="bad"))
    note(root, record(bad, 10, environment="apps", status=failed, run="bad"))
    done = prepare(root)
    assert done.json["deployed"] == bad
    assert done.json["target"] == git(root, "rev-parse", "main~2")


def test_rollback_keeps_stacks_that_did_not_exist_then(root: Path) -> None:
    commit(root, "add dns", application("dns"))
    done = prepare(root)
    assert done.json["absent"] == ["manifests/dns"]
    assert "manifests/dns/base/kustomization.yaml" in git(
        root, "ls-tree", "-r", "--name-only", done.json["commit"]
    )


def test_rollback_keeps_files_that_a_newer_stack_reads(root: Path) -> None:
    """A component that two stacks share goes with neither while one of them stays."""
    shared = {"manifests/web/base/kustomization.yaml": "resources: []\ncomponents: [../../../shared]\n"}
    component = "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n"
    commit(root, "share", {**shared, "shared/kustomization.yaml": component})
    added = application("dns", "components: [../../../shared]\n")
    commit(root, "add dns", added)
    deliver(root, 5)
    names = git(root, "ls-tree", "-r", "--name-only", prepare(root, "--to", "first").json["commit"])
    assert "shared/kustomization.yaml" in names


def test_rollback_pushes_when_asked(root: Path, tmp_path: Path) -> None:
    remote = make_remote(Git(root), tmp_path / "remote.git")
    done = prepare(root, "--push")
    assert git(remote, "rev-parse", done.json["branch"]) == done.json["commit"]
    assert done.json["remote"] == "origin"
    assert prepare(root, "--push").json["commit"] == done.json["commit"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["apps", "--to", "nowhere"], "'nowhere' is no commit in this clone"),
        (["apps", "--to", "--all"], "'--all' is no commit in this clone"),
        (["apps", "--to", "main"], "every stack is on main what it was at"),
        (["apps", "--push"], "there is no remote to push to"),
        (["prod"], "there is no environment 'prod'"),
    ],
)
def test_rollback_refuses(root: Path, args: list[str], words: str) -> None:
    before = own_refs(root)
    done = invoke(root, "rollback", *args)
    assert done.code == 2
    assert words in done.err
    assert own_refs(root) == before


def test_rollback_refuses_where_nothing_was_delivered(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "acme", FIRST).root
    done = invoke(root, "rollback", "apps")
    assert done.code == 2
    assert "apps runs nothing yet" in done.err
    deliver(root, 1)
    done = invoke(root, "rollback", "apps")
    assert done.code == 2
    assert "nothing was delivered to apps before" in done.err

"""`kubestack diff`: two environments side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubestack_py.delivery.stream import write_commit
from kubestack_py.model.changes import ContentDigest
from kubestack_py.system.git import Git
from tests.conftest import commit, git, make_repository
from tests.evidence import note, record
from tests.platforms import invoke
from tests.unit.test_schemas import check

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

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
CLUSTER = """\
module "cluster" {
  configuration = {
    apps = {
      size = 3
    }
    ops = {
      size = 1
    }
  }
}
"""
FILES = {
    "kubestack.yaml": SETTINGS,
    "infra/cluster.tf": CLUSTER,
    "infra/ops.tfvars": "a = 1\nb = 1\n",
    "infra/apps.tfvars": "a = 1\nb = 2\n",
    "manifests/web/base/kustomization.yaml": "resources: []\n",
    "manifests/web/overlays/ops/kustomization.yaml": "resources: [../../base]\n",
    "manifests/web/overlays/apps/kustomization.yaml": "resources: [../../base]\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "acme", FILES).root


def deliver(root: Path, environment: str, commit_id: str, second: int, shared: str = "5") -> None:
    digest = ContentDigest(shared=shared * 64, environment="e" * 64)
    for stack in ("infra", "manifests/web"):
        note(root, record(commit_id, second, environment=environment, stack=stack, digest=digest))


def render(root: Path, environment: str, *manifests: str) -> None:
    """Put objects on the rendered branch of an environment."""
    repository = Git(root)
    files = {f"manifests/web/x/{number}.yaml": text.encode() for number, text in enumerate(manifests)}
    made = write_commit(repository, parent=None, message="x", write=files, delete=[], seconds=1)
    repository.update_ref(f"refs/heads/env/{environment}", made)


def manifest(kind: str, namespace: str, name: str, body: str = "") -> str:
    metadata = f"{{namespace: {namespace}, name: {name}}}"
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {metadata}\n{body}"


def compare(root: Path) -> Any:
    done = invoke(root, "diff", "ops", "apps", "-o", "json")
    assert done.code == 0, done.err
    check("diff", done.json)
    return done.json


def stack(found: Any, name: str) -> Any:
    return next(item for item in found["stacks"] if item["stack"] == name)


def test_diff_before_anything_was_applied(root: Path) -> None:
    found = compare(root)
    assert [found[side]["commit"] for side in ("one", "other")] == ["", ""]
    assert {item["content"] for item in found["stacks"]} == {"nowhere"}
    assert "ops runs nothing yet" in invoke(root, "diff", "ops", "apps").out


def test_diff_of_commits(root: Path) -> None:
    first = git(root, "rev-parse", "HEAD")
    deliver(root, "apps", first, 1)
    second, third = commit(root, "second"), commit(root, "third")
    deliver(root, "ops", third, 2, shared="6")
    found = compare(root)
    assert found["one"]["commit"] == third
    assert [item["id"] for item in found["one"]["ahead"]] == [third, second]
    assert found["other"] == {"environment": "apps", "commit": first, "subject": "first", "ahead": []}
    assert {item["content"] for item in found["stacks"]} == {"different"}
    shown = invoke(root, "diff", "ops", "apps").out
    assert f"only in ops:\n  {third[:8]} third\n  {second[:8]} second\n" in shown
    assert "infra: different content" in shown


def test_diff_of_one_side_only(root: Path) -> None:
    deliver(root, "ops", git(root, "rev-parse", "HEAD"), 1)
    assert {item["content"] for item in compare(root)["stacks"]} == {"one_sided"}


def test_diff_of_terraform_shows_what_belongs_to_one_environment(root: Path) -> None:
    head = git(root, "rev-parse", "HEAD")
    deliver(root, "ops", head, 1)
    deliver(root, "apps", head, 2)
    texts = stack(compare(root), "infra")["texts"]
    assert [(item["one"], item["other"]) for item in texts] == [
        ("infra/cluster.tf module.cluster.ops", "infra/cluster.tf module.cluster.apps"),
        ("infra/ops.tfvars", "infra/apps.tfvars"),
    ]
    assert [line.strip() for line in texts[0]["lines"][3:]] == [
        "{",
        "-      size = 1",
        "+      size = 3",
        "}",
    ]
    assert texts[1]["lines"][3:] == [" a = 1", "-b = 1", "+b = 2"]


def test_diff_of_terraform_takes_each_side_from_what_it_runs(root: Path) -> None:
    deliver(root, "apps", git(root, "rev-parse", "HEAD"), 1)
    deliver(root, "ops", commit(root, "alike", {"infra/ops.tfvars": "a = 1\nb = 2\n"}), 2)
    names = [item["one"] for item in stack(compare(root), "infra")["texts"]]
    assert names == ["infra/cluster.tf module.cluster.ops"]


def test_diff_of_manifests(root: Path) -> None:
    render(
        root,
        "ops",
        manifest("ConfigMap", "web", "c", "data: {level: debug}\n"),
        manifest("Service", "web", "only-here"),
        manifest("Service", "ops", "web", "spec: {port: 1}\n"),
    )
    render(
        root,
        "apps",
        manifest("ConfigMap", "web", "c", "data: {level: info}\n"),
        manifest("Service", "apps", "web", "spec: {port: 2}\n"),
        manifest("Service", "web", "only-there"),
    )
    changes = {item["address"]: item for item in stack(compare(root), "manifests/web")["manifests"]}
    assert {address: item["action"] for address, item in changes.items()} == {
        "_/ConfigMap/web/c": "update",
        "_/Service/web/only-here": "delete",
        "_/Service/web/only-there": "create",
        "_/Service/<environment>/web": "update",
    }
    assert changes["_/ConfigMap/web/c"]["attributes"] == [
        {"path": "data.level", "before": '"debug"', "after": '"info"'}
    ]
    shown = invoke(root, "diff", "ops", "apps").out
    assert "- _/Service/web/only-here (only ops)" in shown
    assert "+ _/Service/web/only-there (only apps)" in shown
    assert 'data.level: "debug" → "info"' in shown


def test_diff_shows_no_secret(root: Path) -> None:
    for environment in ("ops", "apps"):
        secret = manifest("Secret", environment, "s", f"stringData: {{password: hunter2-{environment}}}\n")
        render(root, environment, secret)
    for args in ([], ["-o", "json"]):
        shown = invoke(root, "diff", "ops", "apps", *args).out
        assert "(sensitive)" in shown
        assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["ops", "ops"], "ops does not differ from itself"),
        (["ops", "prod"], "there is no environment 'prod'"),
    ],
)
def test_diff_refuses(root: Path, args: list[str], words: str) -> None:
    done = invoke(root, "diff", *args)
    assert done.code == 2
    assert words in done.err


def test_diff_of_a_commit_that_is_gone(root: Path) -> None:
    deliver(root, "ops", "f" * 40, 1)
    done = invoke(root, "diff", "ops", "apps")
    assert done.code == 2
    assert "ffffffff, which ops runs, is not in this clone" in done.err

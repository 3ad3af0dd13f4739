"""`kubestack drift`: changes behind the platform's back, in every environment at once."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import git
from tests.platforms import Platform


def tamper(platform: Platform, environment: str, old: str, new: str) -> None:
    """Somebody else pushes to the branch that a cluster follows."""
    assert platform.remote
    clone = platform.root.parent / f"meddler-{environment}"
    branch = f"env/{environment}"
    git(platform.root.parent, "clone", "--quiet", "-b", branch, str(platform.remote), str(clone))
    (deployment,) = clone.rglob("deployment.apps_web.yaml")
    text = deployment.read_text("utf-8")
    assert old in text
    deployment.write_text(text.replace(old, new), encoding="utf-8")
    git(clone, "commit", "--quiet", "--all", "--message", "quick fix")
    git(clone, "push", "--quiet", "origin", "HEAD")


def test_drift_of_nothing(hosted: Platform) -> None:
    hosted.ok("run")
    done = hosted.ok("drift")
    assert done.out.count("no drift") == 4, done.out
    assert hosted.ok("drift", "-e", "ops", "infra", "-o", "json").json["environments"][0]["action"] == "drift"


def test_drift_is_found_told_and_passed_over_where_it_is_expected(hosted: Platform, tmp_path: Path) -> None:
    hosted.ok("run")
    tamper(hosted, "ops", "replicas: 1", "replicas: 7")
    before = hosted.records()
    summary = tmp_path / "drift.md"
    done = hosted.kubestack("drift", "--summary", str(summary))
    assert done.code == 4, done.said
    assert "manifests/web (ops): drifted: 1 to update" in done.out
    assert "spec.replicas: 1 → 7" in done.out
    assert "changed without a commit: ops" in done.err
    assert "spec.replicas" in summary.read_text("utf-8")
    assert hosted.records() == before, "a look leaves no evidence"
    path = hosted.root / "kubestack.yaml"
    ignore = "\ndrift: {ignore: [{address: apps/Dep*, attributes: [spec.replicas], reason: HPA}]}\n"
    path.write_text(path.read_text("utf-8") + ignore, encoding="utf-8")
    done = hosted.ok("drift")
    assert "expected: apps/Deployment/web/web (HPA)" in done.out
    stacks = json.loads(hosted.ok("drift", "-e", "ops", "-o", "json").out)["environments"][0]["stacks"]
    assert [item["expected"] for item in stacks if item["stack"] == "manifests/web"] == [
        [{"address": "apps/Deployment/web/web", "reason": "HPA"}]
    ]


def test_drift_where_one_environment_cannot_be_looked_at(hosted: Platform) -> None:
    hosted.ok("run")
    (hosted.root / "infra" / "cluster.tf").write_text("module {", encoding="utf-8")
    done = hosted.kubestack("drift")
    assert done.code == 1, done.said
    assert "manifests/web (ops): no drift" in done.out

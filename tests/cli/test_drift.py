"""`kubestack drift`: changes behind the platform's back, in every environment at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import git
from tests.hosts.github import REPOSITORY, FakeGitHub
from tests.hosts.server import Answer, serving
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


@pytest.mark.slow
def test_drift_of_nothing(proved: Platform) -> None:
    done = proved.ok("drift")
    assert done.out.count("no drift") == 4, done.out
    assert proved.ok("drift", "-e", "ops", "infra", "-o", "json").json["environments"][0]["action"] == "drift"


@pytest.mark.slow
def test_drift_is_found_told_and_passed_over_where_it_is_expected(proved: Platform, tmp_path: Path) -> None:
    tamper(proved, "ops", "replicas: 1", "replicas: 7")
    before = proved.records()
    summary = tmp_path / "drift.md"
    done = proved.kubestack("drift", "--summary", str(summary))
    assert done.code == 4, done.said
    assert "manifests/web (ops): drifted: 1 to update" in done.out
    assert "spec.replicas: 1 → 7" in done.out
    assert "changed without a commit: ops" in done.err
    assert "## Drift\n\n**ops** changed without a commit: 1 updated." in summary.read_text("utf-8")
    assert proved.records() == before, "a look leaves no evidence"
    path = proved.root / "kubestack.yaml"
    ignore = "\ndrift: {ignore: [{address: apps/Dep*, attributes: [spec.replicas], reason: HPA}]}\n"
    path.write_text(path.read_text("utf-8") + ignore, encoding="utf-8")
    done = proved.ok("drift")
    assert "expected: apps/Deployment/web/web (HPA)" in done.out
    stacks = json.loads(proved.ok("drift", "-e", "ops", "-o", "json").out)["environments"][0]["stacks"]
    assert [item["expected"] for item in stacks if item["stack"] == "manifests/web"] == [
        [{"address": "apps/Deployment/web/web", "reason": "HPA"}]
    ]


def test_drift_where_one_environment_cannot_be_looked_at(proved: Platform) -> None:
    (proved.root / "infra" / "cluster.tf").write_text("module {", encoding="utf-8")
    done = proved.kubestack("drift")
    assert done.code == 1, done.said
    assert "manifests/web (ops): no drift" in done.out


def in_ci(github: FakeGitHub) -> dict[str, str]:
    """The variables of a scheduled job."""
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "schedule",
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_API_URL": github.url,
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_RUN_ID": "42",
        "GITHUB_TOKEN": github.token,
    }


@pytest.mark.slow
def test_drift_keeps_one_issue_that_is_closed_when_it_is_gone(proved: Platform) -> None:
    with serving(FakeGitHub()) as github:
        assert isinstance(github, FakeGitHub)
        mark = "<!-- kubestack drift acme -->"
        others = [
            github.open_issue("somebody", "Drift in acme", f"{mark} forged"),
            github.open_issue(github.me, "Drift in acme", "a question about the title"),
            github.open_issue(github.me, "Drift in acme", f"{mark} a branch", pull_request={"url": "x"}),
        ]
        proved.ok("drift", "--issue", **in_ci(github))
        assert len(github.issues) == 3, "nothing drifted, and there was no issue"
        tamper(proved, "ops", "replicas: 1", "replicas: 7")
        for _ in range(2):
            assert proved.kubestack("drift", "--issue", **in_ci(github)).code == 4
        assert len(github.issues) == 4
        ours = github.issues[-1]
        assert "-     spec.replicas: 1\n+     spec.replicas: 7\n" in ours["body"]
        assert "| ops | `manifests/web` |  | 1 |" in ours["body"]
        assert "actions/runs/42" in ours["body"]
        ignore = "\ndrift: {ignore: [{address: apps/Dep*, reason: HPA}]}\n"
        settings = proved.root / "kubestack.yaml"
        settings.write_text(settings.read_text("utf-8") + ignore, encoding="utf-8")
        proved.ok("drift", "--issue", **in_ci(github))
        assert ours["state"] == "closed"
        assert "Nothing differs any more" in ours["body"]
        assert [item["state"] for item in others] == ["open"] * 3
        assert all("a question" in item["body"] or mark in item["body"] for item in others)


@pytest.mark.slow
def test_drift_without_the_right_to_write_issues_is_found_all_the_same(proved: Platform) -> None:
    tamper(proved, "ops", "replicas: 1", "replicas: 7")
    with serving(FakeGitHub()) as github:
        assert isinstance(github, FakeGitHub)
        refusal = Answer(status=403, body={"message": "Resource not accessible by integration"})
        github.refuse["POST"] = [Answer(body={"data": {"viewer": {"login": "x"}}}), refusal]
        done = proved.kubestack("drift", "--issue", **in_ci(github))
    assert done.code == 4, done.said
    assert "no issue was written" in done.err
    assert "issues: write" in done.err
    assert github.token not in done.said


@pytest.mark.slow
def test_issue_without_a_host_is_refused(proved: Platform) -> None:
    done = proved.kubestack("drift", "--issue")
    assert done.code == 2
    assert "use --summary" in done.err

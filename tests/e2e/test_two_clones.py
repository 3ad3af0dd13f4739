"""Several runs at once, each in its own clone: no evidence is lost, and nothing is proved twice over."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.platforms import Ended, Platform, started

if TYPE_CHECKING:
    from collections.abc import Sequence


OLD = {
    "at": "2020-01-01T00:00:00.000000Z",
    "version": 1,
    "run": "0",
    "environment": "ops",
    "stack": "old",
    "status": "verified",
    "digest": {"shared": "a", "environment": "b"},
}


def together(runs: Sequence[tuple[Platform, Sequence[str]]]) -> list[Ended]:
    """Start all of them, then wait for each."""
    with ExitStack() as stack:
        running = [stack.enter_context(started(clone.root, *args)) for clone, args in runs]
        return [item.end() for item in running]


def keys(platform: Platform) -> list[tuple[str, str, str]]:
    return [(record["environment"], record["stack"], record["status"]) for record in platform.records()]


def promote(hosted: Platform, tag: str) -> None:
    """Tag what is checked out, and push the tag."""
    hosted.git("tag", tag)
    hosted.push(f"refs/tags/{tag}")


@pytest.mark.slow
def test_two_environments_at_once(proved: Platform) -> None:
    """While ops gets the next commit, apps gets the one before.

    Both have a state already: Terraform itself loses a first one on the disk that another command waits for.
    """
    promote(proved, "apps-deploy-1")
    proved.ok("run", "--ref", "refs/tags/apps-deploy-1")
    proved.land("manifests/web/base/deployment.yaml", "cpu: 50m", "cpu: 100m")
    proved.ok("run")
    promote(proved, "apps-deploy-2")
    proved.land("manifests/web/base/deployment.yaml", "cpu: 100m", "cpu: 150m")
    ops, apps = proved.clone("ops"), proved.clone("apps")
    apps.git("checkout", "--quiet", "apps-deploy-2")
    done = together([(ops, ["run"]), (apps, ["run", "--ref", "refs/tags/apps-deploy-2"])])
    assert [item.code for item in done] == [0, 0], done
    assert proved.statuses("apps") == ["started", "verified"]
    assert proved.statuses("apps", "manifests/web") == ["started", "verified"] * 2
    assert proved.statuses("ops", "manifests/web") == ["started", "verified"] * 3
    assert proved.statuses("ops") == ["started", "verified"]


@pytest.mark.slow
def test_the_same_environment_at_once(proved: Platform) -> None:
    """Two pipelines for one commit: they take turns, or one is refused; no record is lost.

    There is a state already, as in the test before.
    """
    proved.edit("manifests/web/base/deployment.yaml", "cpu: 50m", "cpu: 100m")
    proved.land("infra/cluster.tf", 'kubernetes_version = "1.32"', 'kubernetes_version = "1.33"')
    first, second = proved.clone("first"), proved.clone("second")
    done = together([(first, ["run"]), (second, ["run"])])
    assert {item.code for item in done} <= {0, 1, 5}, done
    assert any(item.code == 0 for item in done), done
    for item in done:
        assert "bug" not in item.err
    found = keys(proved)
    runs = {record["run"] for record in proved.records()}
    assert len(found) == 4 * len(runs)
    proved.git("fetch", "--quiet", "origin")
    proved.ok("run")
    assert proved.statuses("ops")[-1] == "verified"
    assert proved.ok("plan", "--detailed-exitcode").code == 0


@pytest.mark.slow
def test_many_writers_of_evidence(proved: Platform) -> None:
    """Six clones verify at the same moment; each one's record arrives."""
    before = len(proved.records())
    clones = [proved.clone(f"clone-{number}") for number in range(6)]
    done = together([(clone, ["verify", "manifests/web"]) for clone in clones])
    assert [item.code for item in done] == [0] * 6, done
    assert len(proved.records()) == before + 6
    assert len({record["run"] for record in proved.records()}) == 7


@pytest.mark.slow
def test_clone_without_the_notes_sees_them(proved: Platform) -> None:
    clone = proved.clone("fresh")
    assert clone.git("for-each-ref", "refs/notes") == ""
    status = clone.ok("status", "-o", "json").json
    assert status["environments"][0]["deployed"] == proved.head
    done = clone.ok("run")
    assert "infra (ops): unchanged since it was applied" in done.out


@pytest.mark.slow
def test_evidence_written_apart_is_joined(proved: Platform) -> None:
    """A clone that could not push keeps its records; both sides' are there afterwards."""
    clone = proved.clone("apart")
    clone.ok("status")
    clone.git("notes", "--ref=kubestack", "append", "-m", json.dumps({**OLD, "commit": clone.head}))
    proved.ok("verify")
    clone.ok("verify", "infra")
    assert "old" in {record["stack"] for record in clone.records()}
    assert proved.statuses("ops")[-3:] == ["verified", "verified", "verified"]

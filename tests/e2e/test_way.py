"""The way of a change: branch, pull request, merge, promotion; what is refused, and what is left alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.platforms import Platform, assert_refused, own_refs, reject_pushes

if TYPE_CHECKING:
    from pathlib import Path

VERSION = ("infra/cluster.tf", 'kubernetes_version = "1.32"', 'kubernetes_version = "1.33"')
CPU = ("manifests/web/base/deployment.yaml", "cpu: 50m", "cpu: 100m")


def promote(platform: Platform, tag: str) -> None:
    """Tag what is checked out, run the tag's pipeline, and go back to main."""
    platform.tag(tag)
    platform.ok("run", "--ref", f"refs/tags/{tag}")
    platform.git("checkout", "--quiet", "main")


def test_branch_is_planned_against_the_first_environment(proved: Platform) -> None:
    proved.git("checkout", "--quiet", "-b", "newer")
    proved.land(*VERSION)
    before = (own_refs(proved.root), proved.records())
    done = proved.ok("run")
    assert "plan ops" in done.err
    assert "infra (ops): 1 to update" in done.out
    assert '"1.32" → "1.33"' in done.out
    assert "manifests/web (ops): unchanged" in done.out
    assert "(apps)" not in done.out
    assert (own_refs(proved.root), proved.records()) == before


def test_pull_request_previews_every_environment(proved: Platform) -> None:
    proved.git("checkout", "--quiet", "-b", "newer")
    proved.land(*VERSION)
    args = ["--event", "pull_request", "--ref", "refs/heads/newer", "--target", "main"]
    done = proved.ok("run", *args)
    assert "infra (ops): 1 to update" in done.out
    assert "infra (apps): 3 to create" in done.out
    assert len(proved.records()) == 4


def test_pull_request_cannot_give_itself_an_environment(hosted: Platform) -> None:
    """Its own kubestack.yaml says that its branch is applied; the target branch's says what is so."""
    hosted.git("checkout", "--quiet", "-b", "greedy")
    hosted.land("kubestack.yaml", 'apply_on: {branch: "main"}', 'apply_on: {branch: "greedy"}')
    args = ["--event", "pull_request", "--ref", "refs/heads/greedy", "--target", "main"]
    done = hosted.ok("resolve", *args, "-o", "json")
    assert {decision["action"] for decision in done.json["decisions"]} == {"plan"}
    hosted.ok("run", *args)
    assert hosted.records() == []


def test_push_of_a_greedy_branch_is_refused(hosted: Platform) -> None:
    """Where a branch declares itself applied, the gate still asks whether it was merged."""
    hosted.git("checkout", "--quiet", "-b", "greedy")
    hosted.land("kubestack.yaml", 'apply_on: {branch: "main"}', 'apply_on: {branch: "greedy"}')
    assert_refused(hosted, "run", code=5, words=["is not part of main: it was never merged"])
    assert hosted.records() == []


def test_pull_request_from_a_fork_runs_nothing(hosted: Platform, tmp_path: Path) -> None:
    payload = tmp_path / "event.json"
    head = {"repo": {"full_name": "stranger/platform", "fork": True}}
    payload.write_text(json.dumps({"pull_request": {"head": head}}))
    hosted.git("checkout", "--quiet", "-b", "gift")
    evil = 'data "external" "evil" {\n  program = ["touch", "pwned"]\n}\n'
    hosted.commit("gift", {"infra/gift.tf": evil})
    done = hosted.ok(
        "run",
        GITHUB_ACTIONS="true",
        GITHUB_EVENT_NAME="pull_request",
        GITHUB_EVENT_PATH=str(payload),
        GITHUB_REPOSITORY="acme/platform",
        GITHUB_REF="refs/pull/7/merge",
        GITHUB_HEAD_REF="gift",
        GITHUB_BASE_REF="main",
    )
    assert "fork" in done.err
    assert not (hosted.root / "infra/.terraform").exists()
    assert hosted.records() == []


def test_merge_is_applied_verified_and_recorded(proved: Platform) -> None:
    proved.land(*VERSION)
    made = proved.land(*CPU)
    done = proved.ok("run")
    assert "infra (ops): verified, 1 to update" in done.out
    assert "manifests/web (ops): verified, 1 to update" in done.out
    assert "infra (apps): 3 to create" in done.out
    newest = proved.records("ops")[-1]
    assert newest["status"] == "verified"
    assert newest["commit"] == made
    assert proved.records("apps") == []
    previews = [record for record in proved.previews("apps") if record["commit"] == made]
    assert {record["stack"] for record in previews} == {"infra", "manifests/web"}
    assert previews[0]["outlines"][0]["action"] == "create"
    trailer = "--format=%(trailers:key=Source-Commit,valueonly,separator=)"
    assert proved.git("log", "-1", trailer, rendered(proved, "ops")) == made
    notes = proved.git("log", "-1", "--notes=kubestack", "--format=%N", made)
    assert '"status":"verified"' in notes


def rendered(platform: Platform, environment: str) -> str:
    """The tip of the rendered branch on the host, fetched."""
    platform.git("fetch", "--quiet", "origin", f"refs/heads/env/{environment}")
    return platform.git("rev-parse", "FETCH_HEAD")


def test_rendered_branch_holds_a_file_for_each_object(proved: Platform) -> None:
    tip = rendered(proved, "ops")
    names = proved.git("ls-tree", "-r", "--name-only", tip).splitlines()
    manifests = [name for name in names if name.startswith("manifests/web/")]
    assert len(manifests) == 5
    assert all(name.endswith(".yaml") for name in manifests)
    text = "\n".join(proved.git("show", f"{tip}:{name}") for name in manifests)
    assert "kind: Deployment" in text
    assert "kind: Ingress" in text


def test_promotion_of_what_ops_has_proved(proved: Platform) -> None:
    promote(proved, "apps-deploy-1")
    assert proved.statuses("apps") == ["started", "verified"]
    assert proved.statuses("apps", "manifests/web") == ["started", "verified"]
    table = proved.ok("status", "-o", "json").json["environments"]
    assert [item["deployed"] for item in table] == [proved.head, proved.head]
    assert [item["waiting"] for item in table] == [[], []]
    assert [item["concerns"] for item in table] == [[], []]


@pytest.mark.slow
def test_promotion_lists_every_reason_against_it(proved: Platform) -> None:
    """Not merged, without what apps runs, and with content that ops has never applied."""
    promote(proved, "apps-deploy-1")
    first = proved.head
    proved.land("README.md", "The whole platform", "All of the platform")
    proved.ok("run")
    promote(proved, "apps-deploy-2")
    proved.git("checkout", "--quiet", "-b", "wild", first)
    proved.edit(*VERSION)
    proved.edit(*CPU)
    proved.commit()
    proved.push("HEAD")
    proved.tag("apps-deploy-3")
    words = [
        "may not be applied to apps",
        "is not part of main: it was never merged",
        "Merge the change to main",
        "ops has never applied infra with this content",
        "ops has never applied manifests/web with this content",
        "Let ops apply it: push to branch main",
    ]
    done = assert_refused(proved, "run", "--ref", "refs/tags/apps-deploy-3", code=5, words=words)
    assert "the gate refused" in done.err


def test_tag_that_means_nothing(proved: Platform) -> None:
    proved.tag("v1.0")
    done = assert_refused(proved, "run", "--ref", "refs/tags/v1.0", code=0, words=["apps-deploy-*"])
    assert "not one that an environment applies on" in done.err


def test_older_commit_is_refused(proved: Platform) -> None:
    first = proved.head
    proved.land(*CPU)
    proved.ok("run")
    proved.git("checkout", "--quiet", "--detach", first)
    words = ["is older than", "which ops was last touched with", "revert the change on the default branch"]
    assert_refused(proved, "run", "--ref", "refs/heads/main", code=5, words=words)


def test_revert_goes_forward(proved: Platform) -> None:
    """The content of a revert was verified before, so that it needs no new proof to be promoted."""
    proved.land(*CPU)
    proved.ok("run")
    proved.git("revert", "--no-edit", "HEAD")
    proved.push()
    done = proved.ok("run")
    assert "manifests/web (ops): verified, 1 to update" in done.out
    assert "infra (ops): unchanged" in done.out


def test_second_run_does_nothing(proved: Platform) -> None:
    before = proved.snapshot()
    done = proved.ok("run")
    assert "infra (ops): unchanged since it was applied" in done.out
    assert "manifests/web (ops): unchanged since it was applied" in done.out
    assert "creating" not in done.err
    assert proved.snapshot() == before


def test_all_applies_what_is_in_place_too(proved: Platform) -> None:
    done = proved.ok("apply", "--all", "--yes")
    assert "unchanged" not in done.out
    assert proved.statuses("ops") == ["started", "verified", "started", "applied"]


def test_readme_alone_touches_no_stack_and_can_be_promoted(proved: Platform) -> None:
    proved.land("README.md", "The whole platform", "All of the platform")
    before = proved.records()
    done = proved.ok("run")
    assert "infra (ops): unchanged since it was applied" in done.out
    assert proved.records() == before
    promote(proved, "apps-deploy-1")
    assert proved.statuses("apps") == ["started", "verified"]
    assert proved.records("apps")[-1]["commit"] == proved.head


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "old", "new", "words"),
    [
        (
            "kubestack.yaml",
            "commands: []",
            'commands: [{run: [sh, -c, "echo no answer; exit 1"]}]',
            "no answer",
        ),
        (
            "kubestack.yaml",
            "commands: []",
            "commands: [{run: [sleep, '60'], timeout: 1}]",
            "took longer than 1 s",
        ),
        (
            "kubestack.yaml",
            "commands: []",
            "commands: [{run: [./no-such-program]}]",
            "./no-such-program is not",
        ),
        (
            "infra/outputs.tf",
            'output "cluster_name" {',
            'check "never" {\n  assert {\n    condition     = length(module.cluster.name) < 0\n'
            '    error_message = "never so"\n  }\n}\n\noutput "cluster_name" {',
            "not passed: check.never",
        ),
    ],
    ids=["command", "slow command", "missing command", "check"],
)
def test_failed_verification_is_recorded_and_tried_again(
    hosted: Platform, path: str, old: str, new: str, words: str
) -> None:
    hosted.land(path, old, new)
    done = hosted.kubestack("run")
    assert done.code == 1, done.said
    assert words in done.said
    assert "infra (ops): failed" in done.out
    assert "plan apps" not in done.err
    assert hosted.statuses("ops") == ["started", "failed"]
    assert "failed" in hosted.ok("status").out

    hosted.tag("apps-deploy-1")
    assert_refused(hosted, "run", "--ref", "refs/tags/apps-deploy-1", code=5, words=["ops failed on infra"])

    hosted.git("checkout", "--quiet", "main")
    hosted.land(path, new, old)
    hosted.ok("run")
    assert hosted.statuses("ops")[-1] == "verified"


def test_failing_precondition_is_recorded_and_applies_nothing_of_it(hosted: Platform) -> None:
    hosted.land("infra/modules/cluster/main.tf", "length(local.name) <= 63", "length(local.name) <= 3")
    done = hosted.kubestack("run")
    assert done.code == 1
    assert "must fit 63 characters" in done.out
    assert "infra/modules/cluster/main.tf" in done.out or "modules/cluster/main.tf" in done.out
    assert hosted.statuses("ops")[-1] == "failed"
    assert not list((hosted.root.parent / "state").rglob("*.tfstate"))


@pytest.mark.slow
def test_verify_proves_what_apply_left(hosted: Platform) -> None:
    hosted.ok("apply")
    assert hosted.statuses("ops") == ["started", "applied"]
    hosted.tag("apps-deploy-1")
    words = ["ops applied infra", "did not verify it", "kubestack verify -e ops"]
    assert_refused(hosted, "run", "--ref", "refs/tags/apps-deploy-1", code=5, words=words)
    hosted.git("checkout", "--quiet", "main")
    hosted.ok("verify")
    assert hosted.statuses("ops") == ["started", "applied", "verified"]
    hosted.git("checkout", "--quiet", "apps-deploy-1")
    hosted.ok("run", "--ref", "refs/tags/apps-deploy-1")


def test_verify_before_apply(hosted: Platform) -> None:
    words = ["not applied to ops with this content", "kubestack apply -e ops"]
    assert_refused(hosted, "verify", code=1, words=words)


def test_verify_finds_what_changed_by_hand(proved: Platform) -> None:
    (proved.root.parent / "state/ops/terraform.tfstate").unlink()
    done = proved.kubestack("verify", "infra")
    assert done.code == 1
    assert "planning again finds 3 to create" in done.out
    assert proved.statuses("ops")[-1] == "failed"


def test_drift_on_a_schedule(proved: Platform) -> None:
    before = proved.snapshot()
    done = proved.ok("run", "--event", "schedule")
    assert "drift ops" in done.err
    assert "drift apps" in done.err
    assert proved.snapshot() == before


@pytest.mark.slow
def test_platform_without_a_remote(platform: Platform) -> None:
    platform.ok("run")
    assert platform.statuses("ops") == ["started", "verified"]
    assert platform.git("for-each-ref", "refs/heads/env/ops")
    platform.tag("apps-deploy-1")
    platform.ok("run", "--ref", "refs/tags/apps-deploy-1")
    assert platform.statuses("apps", "manifests/web") == ["started", "verified"]
    assert "-" in platform.ok("status").out


def test_one_stack_at_a_time(hosted: Platform) -> None:
    hosted.ok("apply", "infra")
    assert {record["stack"] for record in hosted.records()} == {"infra"}
    hosted.ok("verify", "infra")
    assert hosted.statuses("ops") == ["started", "applied", "verified"]
    waiting = hosted.ok("status", "-o", "json").json["environments"][0]["waiting"]
    assert waiting == ["manifests/web"]


@pytest.mark.slow
def test_chain_of_three(hosted: Platform) -> None:
    """A change passes each environment in turn, and none can be left out."""
    hosted.edit(
        "kubestack.yaml",
        '  - name: "apps"\n',
        '  - name: "stage"\n    apply_on: {tag: "stage-deploy-*"}\n  - name: "apps"\n',
    )
    hosted.edit("infra/cluster.tf", "    ops = {", "    stage = {}\n\n    ops = {")
    overlay = (hosted.root / "manifests/web/overlays/ops/kustomization.yaml").read_text()
    hosted.commit("stage", {"manifests/web/overlays/stage/kustomization.yaml": overlay})
    hosted.push()
    hosted.ok("validate")
    done = hosted.ok("run")
    assert "infra (stage): 3 to create" in done.out
    hosted.tag("apps-deploy-1")
    words = ["stage has never applied infra", "push to tag stage-deploy-*"]
    assert_refused(hosted, "run", "--ref", "refs/tags/apps-deploy-1", code=5, words=words)
    hosted.tag("stage-deploy-1")
    done = hosted.ok("run", "--ref", "refs/tags/stage-deploy-1")
    assert "infra (apps): 3 to create" in done.out
    hosted.git("checkout", "--quiet", "apps-deploy-1")
    hosted.ok("run", "--ref", "refs/tags/apps-deploy-1")
    for environment in ("ops", "stage", "apps"):
        assert hosted.statuses(environment) == ["started", "verified"]


def test_refusal_writes_nothing_even_where_it_could_not(proved: Platform) -> None:
    """The gate speaks before anything is pushed: a host that takes nothing does not matter to it."""
    assert proved.remote
    proved.land(*CPU)
    proved.tag("apps-deploy-1")
    reject_pushes(proved.remote, "*", "read only")
    assert_refused(
        proved, "run", "--ref", "refs/tags/apps-deploy-1", code=5, words=["never applied manifests/web"]
    )

"""The gate with real plans: parity, preview, soak, and what an override lets pass."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.platforms import Platform, assert_refused

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.slow

APPS = 'apply_on: {tag: "apps-deploy-*"}'
BUDGET = "manifests/web/overlays/apps/kustomization.yaml"
BUDGET_LINE = "  - pod-disruption-budget.yaml\n"
NEWER = ("infra/cluster.tf", 'kubernetes_version = "1.32"', 'kubernetes_version = "1.33"')


@pytest.fixture
def both(proved: Platform) -> Platform:
    """A platform that runs in ops and apps, its main branch checked out."""
    promote(proved, "apps-deploy-0")
    return proved


def promote(platform: Platform, tag: str, *options: str, **env: str) -> None:
    """Tag what is checked out, run the tag's pipeline, and go back to main."""
    platform.tag(tag)
    platform.ok("run", "--ref", f"refs/tags/{tag}", *options, **env)
    platform.git("checkout", "--quiet", "main")


def ask_of_apps(platform: Platform, gate: str) -> None:
    """Set the gate of apps on main, and let ops apply that."""
    platform.land("kubestack.yaml", APPS, f"{APPS}\n    gate: {gate}")
    platform.ok("run")


def refused(platform: Platform, code: int, args: Sequence[str], *words: str) -> None:
    assert_refused(platform, *args, code=code, words=words)


def statuses(platform: Platform, stack: str) -> Sequence[str]:
    return platform.statuses("apps", stack)


def test_deletion_that_ops_never_had_is_refused(both: Platform) -> None:
    both.land(BUDGET, BUDGET_LINE, "")
    both.ok("run")
    both.tag("apps-deploy-1")
    words = ("Blocked: delete policy/PodDisruptionBudget/web/web: ops never touched it", "kubestack parity")
    refused(both, 5, ["run", "--ref", "refs/tags/apps-deploy-1"], *words)


def test_override_lets_it_pass_and_is_recorded(both: Platform) -> None:
    both.land(BUDGET, BUDGET_LINE, "")
    both.ok("run")
    both.tag("apps-deploy-1")
    args = ["run", "--ref", "refs/tags/apps-deploy-1", "--override", "parity", "--reason", "agreed in #7"]
    done = both.ok(*args)
    assert "(overridden: agreed in #7)" in done.out
    assert statuses(both, "manifests/web")[-2:] == ["started", "verified"]
    started = [record for record in both.records("apps") if record["status"] == "started"][-1]
    assert started["overrides"] == [{"check": "parity", "reason": "agreed in #7"}]


def test_override_of_another_check_does_not_help(both: Platform) -> None:
    both.land(BUDGET, BUDGET_LINE, "")
    both.ok("run")
    both.tag("apps-deploy-1")
    args = ["run", "--ref", "refs/tags/apps-deploy-1", "--override", "soak", "--reason", "in a hurry"]
    refused(both, 5, args, "delete policy/PodDisruptionBudget/web/web")


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--override", "parity"], "--override needs a --reason"),
        (["--reason", "because"], "--reason belongs to --override"),
        (["--override", "ancestry", "--reason", "because"], "'ancestry' is not one of"),
    ],
)
def test_override_has_to_be_complete_and_known(hosted: Platform, args: list[str], words: str) -> None:
    refused(hosted, 2, ["run", *args], words)


def test_deletion_may_be_allowed_by_the_settings(both: Platform) -> None:
    ask_of_apps(both, "{parity: {delete: warn}}")
    both.land(BUDGET, BUDGET_LINE, "")
    both.ok("run")
    promote(both, "apps-deploy-1")
    assert statuses(both, "manifests/web")[-1] == "verified"


def test_warning_of_a_whole_class_may_block(both: Platform) -> None:
    ask_of_apps(both, "{parity: {unexercised: block}}")
    both.land("manifests/web/overlays/apps/kustomization.yaml", "count: 3", "count: 4")
    both.ok("run")
    both.tag("apps-deploy-1")
    words = "Blocked: update apps/Deployment/web/web"
    refused(both, 5, ["run", "--ref", "refs/tags/apps-deploy-1"], words)


def test_same_change_in_both_is_exercised(both: Platform) -> None:
    both.land(*NEWER)
    both.ok("run")
    both.tag("apps-deploy-1")
    done = both.ok("run", "--ref", "refs/tags/apps-deploy-1", "-o", "json").json
    (applied,) = [item for item in done["environments"] if item["action"] == "apply"]
    assert [line["parity"] for line in applied["parity"]] == ["exercised"]
    assert all(check["passed"] and not check["warning"] for check in applied["gate"]["checks"])


def test_plan_that_differs_from_its_preview_may_block(both: Platform) -> None:
    ask_of_apps(both, "{preview: block}")
    both.land(*NEWER)
    both.ok("run")
    state = both.root.parent / "state/apps/terraform.tfstate"
    value = json.loads(state.read_text(encoding="utf-8"))
    value["resources"] = [item for item in value["resources"] if item["name"] != "node_pool"]
    state.write_text(json.dumps({**value, "serial": value["serial"] + 1}), encoding="utf-8")
    both.tag("apps-deploy-1")
    words = ("the plan differs from its preview", "now create module.cluster.terraform_data.node_pool")
    refused(both, 5, ["run", "--ref", "refs/tags/apps-deploy-1"], *words)


def test_promotion_without_a_preview_warns(both: Platform) -> None:
    both.land(*NEWER)
    both.ok("apply", "-e", "ops", "--yes")
    both.ok("verify", "-e", "ops")
    both.tag("apps-deploy-1")
    done = both.ok("run", "--ref", "refs/tags/apps-deploy-1")
    assert "no preview was recorded for infra" in done.out


def test_soak_that_is_not_over_refuses(both: Platform) -> None:
    ask_of_apps(both, "{soak: 2h}")
    both.tag("apps-deploy-1")
    words = ("ops has been verified since", "2:00:00 are asked for", "Run this again after")
    refused(both, 5, ["run", "--ref", "refs/tags/apps-deploy-1"], *words)


def test_failure_begins_the_soak_anew(both: Platform) -> None:
    ask_of_apps(both, "{soak: 1s}")
    proved = both.head
    both.land("infra/cluster.tf", "min_size = 3", "min_size = 99")
    assert both.kubestack("run").code == 1
    both.tag("apps-deploy-1", proved)
    words = "ops has not begun to soak: it failed since"
    refused(both, 5, ["run", "--ref", "refs/tags/apps-deploy-1"], words)


def test_soak_that_is_over_lets_pass(both: Platform) -> None:
    ask_of_apps(both, "{soak: 1s}")
    both.land(*NEWER)
    both.ok("run")
    both.ok("verify", "-e", "ops")
    both.tag("apps-deploy-1")
    done = both.kubestack("run", "--ref", "refs/tags/apps-deploy-1")
    while done.code == 5 and "Run this again after" in done.said:
        done = both.kubestack("run", "--ref", "refs/tags/apps-deploy-1")
    assert done.code == 0, done.said
    assert statuses(both, "infra")[-1] == "verified"

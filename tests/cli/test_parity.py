"""`kubestack parity` on real platforms: from recorded previews, by planning, and where neither can be."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from kubestack_py.config.schema import load_schema
from kubestack_py.system.files import resource
from tests.platforms import Platform, assert_refused

NEWER = ("infra/cluster.tf", 'kubernetes_version = "1.32"', 'kubernetes_version = "1.33"')
BUDGET = ("manifests/web/overlays/apps/kustomization.yaml", "  - pod-disruption-budget.yaml\n", "")


def check_schema(name: str, value: object) -> None:
    """Raise what a user of the schema would see."""
    names = [path.name for path in resource("schemas").glob("*.schema.json")]
    found = [(one, Resource.from_contents(load_schema(one.removesuffix(".schema.json")))) for one in names]
    Draft202012Validator(load_schema(name), registry=Registry().with_resources(found)).validate(value)


def sources(comparison: Any) -> dict[str, str]:
    return {stack["stack"]: stack["source"] for stack in comparison["stacks"]}


def promote(platform: Platform, tag: str) -> None:
    platform.tag(tag)
    platform.ok("run", "--ref", f"refs/tags/{tag}")
    platform.git("checkout", "--quiet", "main")


def test_parity_from_previews_needs_no_tool_and_no_checkout(proved: Platform) -> None:
    commit = proved.head
    proved.git("checkout", "--quiet", "--orphan", "elsewhere")
    proved.commit("another tree")
    done = proved.ok("parity", "main", "-o", "json", KUBECONFIG="/nowhere", TF_CLI_CONFIG_FILE="/nowhere")
    found = done.json
    check_schema("parity", found)
    assert (found["commit"], found["environment"], found["previous"]) == (commit, "apps", "ops")
    assert sources(found) == {"infra": "preview", "manifests/web": "preview"}
    assert {stack["commit"] for stack in found["stacks"]} == {commit}
    classes = {line["change"]["address"]: line["parity"] for line in found["lines"]}
    assert classes["module.cluster.terraform_data.cluster"] == "exercised"
    assert classes["policy/PodDisruptionBudget/web/web"] == "unexercised"
    assert not found["blocked"]


@pytest.mark.slow
def test_parity_plans_what_is_checked_out_and_was_never_previewed(proved: Platform) -> None:
    promote(proved, "apps-deploy-1")
    proved.land(*NEWER)
    done = proved.ok("parity")
    assert "infra: 1 to update (planned just now)" in done.out
    assert "manifests/web: in place already" in done.out
    assert "ops never touched it" in done.out
    assert "Planning infra in apps" in done.err
    proved.ok("run")
    again = proved.ok("parity")
    assert "infra: 1 to update (previewed " in again.out
    assert "ops went through the same" in again.out


@pytest.mark.parametrize("how", ["other commit", "own changes"])
def test_parity_says_what_to_do_where_nothing_is_known(proved: Platform, how: str) -> None:
    made = proved.land(*NEWER)
    if how == "other commit":
        proved.git("checkout", "--quiet", "--detach", "HEAD~1")
    else:
        proved.edit("README.md", "The whole platform", "All of it")
    words = [f"nothing recorded says what {made[:8]} would do to apps in infra", f"check out {made[:8]}"]
    assert_refused(proved, "parity", made, code=2, words=words)


@pytest.mark.slow
def test_parity_a_preview_from_before_another_apply_is_no_longer_used(proved: Platform) -> None:
    """The preview said `create`; apps has been applied to since, by an older commit."""
    first = proved.head
    proved.land(*NEWER)
    proved.ok("run")
    proved.git("checkout", "--quiet", "--detach", first)
    promote(proved, "apps-deploy-1")
    assert sources(proved.ok("parity", "-o", "json").json)["infra"] == "plan"
    proved.ok("run")
    found = proved.ok("parity", "-o", "json").json
    assert sources(found)["infra"] == "preview"
    assert [line["change"]["action"] for line in found["lines"]] == ["update"]


@pytest.mark.slow
def test_parity_blocked_deletion_as_table_and_markdown(proved: Platform) -> None:
    promote(proved, "apps-deploy-1")
    proved.land(*BUDGET)
    proved.ok("run")
    table = proved.ok("parity").out
    assert "✗  unexercised" in table
    assert "delete policy/PodDisruptionBudget/web/web" in table
    assert "1 unexercised; 1 blocked by the policy" in table
    marked = proved.ok("parity", "-o", "markdown").out
    assert "| ❌ | unexercised | manifests/web | delete policy/PodDisruptionBudget/web/web |" in marked
    assert proved.ok("parity", "-o", "json").json["blocked"] is True


def test_parity_tag_names_the_environment(proved: Platform) -> None:
    proved.git("tag", "apps-deploy-1")
    assert proved.ok("parity", "apps-deploy-1", "-o", "json").json["environment"] == "apps"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["-e", "ops"], "ops is the first environment"),
        (["-e", "nowhere"], "there is no environment 'nowhere'"),
        (["no-such-ref"], "'no-such-ref' is neither a tag nor a branch nor a commit"),
        (["--", "--upload-pack=evil"], "is neither a tag nor a branch nor a commit"),
        (["HEAD..main"], "is neither a tag nor a branch nor a commit"),
    ],
)
def test_parity_refuses(platform: Platform, args: list[str], words: str) -> None:
    assert_refused(platform, "parity", *args, code=2, words=[words])

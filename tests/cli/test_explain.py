"""`kubestack explain`: the story of a tag, a branch and a commit, with what is missing and what is next."""

from __future__ import annotations

import pytest

from tests.cli.test_parity import check_schema
from tests.platforms import Platform, assert_refused

NEWER = ("infra/cluster.tf", 'kubernetes_version = "1.32"', 'kubernetes_version = "1.33"')


def test_explain_default_branch_tells_of_every_environment(proved: Platform) -> None:
    found = proved.ok("explain", "main", "-o", "json").json
    check_schema("explanation", found)
    assert (found["ref"], found["kind"], found["commit"]) == ("refs/heads/main", "branch", proved.head)
    assert [decision["action"] for decision in found["decisions"]] == ["apply", "plan"]
    ops, apps = found["environments"]
    assert ops["next_step"] == "Nothing: ops runs this content."
    assert {witness["status"] for witness in ops["past"]} == {"started", "verified"}
    assert apps["assessment"]["gate"]["allowed"]
    assert (apps["missing"], apps["past"]) == ([], [])
    assert {(witness["stack"], witness["actor"]) for witness in apps["evidence"]} == {
        ("infra", "alice"),
        ("manifests/web", "alice"),
    }
    assert apps["evidence"][0]["url"].startswith("https://git.example.com/acme/platform/actions/runs/7")
    assert apps["next_step"] == f"Promote it: kubestack promote apps --to {proved.head[:12]} --push"


def test_explain_knows_the_stacks_of_a_commit_by_the_files_of_opentofu(proved: Platform) -> None:
    for path in sorted(proved.root.glob("infra/*.tf")):
        proved.git("mv", f"infra/{path.name}", f"infra/{path.stem}.tofu")
    proved.git("commit", "--quiet", "--message", "Call the files as OpenTofu does")
    told = proved.ok("explain", "HEAD", "-o", "json").json
    assert {stack["stack"] for stack in told["environments"][0]["assessment"]["stacks"]} == {
        "infra",
        "manifests/web",
    }


@pytest.mark.slow
def test_explain_follows_its_own_advice(proved: Platform) -> None:
    """What it says to do next is a command that does it."""
    [_, apps] = proved.ok("explain", "main", "-o", "json").json["environments"]
    advice = apps["next_step"].partition(": kubestack ")[2].split()
    proved.ok(*advice)
    tag = proved.git("tag")
    told = proved.ok("explain", tag)
    assert f"apply apps: Tag {tag} matches apps-deploy-*: promote to apps." in told.out
    assert "next Run the pipeline of the tag" in told.out
    assert "to ops" not in told.out
    proved.git("checkout", "--quiet", tag)
    proved.ok("run", "--ref", f"refs/tags/{tag}")
    after = proved.ok("explain", tag)
    assert "next Nothing: apps runs this content." in after.out
    assert "apps verified infra" in after.out


def test_explain_says_what_is_missing(proved: Platform) -> None:
    made = proved.land(*NEWER)
    text = proved.ok("explain", made[:10]).out
    for words in (
        "A commit means nothing by itself",
        f"{made[:8]} may not be applied to apps",
        "✗ ops has never applied infra with this content",
        "missing any proof of infra",
        "next Run the pipeline of branch main: it applies this to ops.",
        "next Let ops apply it: push to branch main",
        "ops verified manifests/web",
        "by alice, https://git.example.com/",
    ):
        assert words in text


def test_explain_shows_the_overrides_of_a_tag(proved: Platform) -> None:
    proved.land(*NEWER)
    proved.ok("promote", "--push", "--override", "evidence", "--reason", "fire drill")
    found = proved.ok("explain", proved.git("tag"), "-o", "json").json
    assert found["overrides"] == [{"check": "evidence", "reason": "fire drill"}]
    [apps] = found["environments"]
    [let] = [check for check in apps["assessment"]["gate"]["checks"] if check["override"]]
    assert (let["name"], let["passed"], let["override"]) == ("evidence", False, "fire drill")


def test_explain_a_branch_of_the_host(proved: Platform) -> None:
    proved.git("checkout", "--quiet", "-b", "newer")
    proved.land(*NEWER)
    proved.git("update-ref", "refs/remotes/origin/newer", "HEAD")
    proved.git("checkout", "--quiet", "main")
    proved.git("branch", "--quiet", "-D", "newer")
    for name in ("newer", "origin/newer"):
        found = proved.ok("explain", name, "-o", "json").json
        assert (found["ref"], found["kind"]) == ("refs/heads/newer", "branch")
        assert "is not part of main" in found["environments"][0]["assessment"]["gate"]["checks"][0]["message"]


def test_explain_a_tag_wins_over_a_branch_of_its_name(proved: Platform) -> None:
    proved.git("tag", "twin", "HEAD~1")
    proved.git("branch", "twin")
    found = proved.ok("explain", "twin", "-o", "json").json
    assert (found["kind"], found["commit"]) == ("tag", proved.git("rev-parse", "HEAD~1"))


def test_explain_changes_nothing(proved: Platform) -> None:
    proved.ok("explain", "main")
    before = proved.snapshot()
    proved.ok("explain", "main")
    proved.ok("explain", "HEAD~1")
    assert proved.snapshot() == before


def test_head_of_a_clone_is_a_commit_and_no_branch(proved: Platform) -> None:
    proved.git("remote", "set-head", "origin", "main")
    for name in ("HEAD", "origin/HEAD"):
        assert proved.ok("explain", name, "-o", "json").json["kind"] == "commit"


@pytest.mark.parametrize("ref", ["no-such-ref", "main..HEAD", "HEAD^{tree}", "refs/heads/", "*", " "])
def test_explain_what_is_no_ref(platform: Platform, ref: str) -> None:
    assert_refused(platform, "explain", ref, code=2, words=["is neither a tag nor a branch nor a commit"])


def test_explain_a_commit_without_a_platform(platform: Platform) -> None:
    platform.git("checkout", "--quiet", "--orphan", "empty")
    platform.git("rm", "-rfq", "--cached", ".")
    platform.git("commit", "--quiet", "--allow-empty", "-m", "nothing")
    platform.git("checkout", "--quiet", "--force", "main")
    assert_refused(platform, "explain", "empty", code=2, words=["kubestack.yaml does not exist"])

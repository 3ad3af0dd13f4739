"""Commands started in the wrong place, or with a work tree that is not a commit."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.conftest import git
from tests.platforms import Platform, assert_refused, files_of, kubestack

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = ["validate", "resolve", "plan", "apply", "verify", "run", "status"]


@pytest.mark.parametrize("command", COMMANDS)
def test_command_outside_a_repository(tmp_path: Path, command: str) -> None:
    done = kubestack(tmp_path, command)
    assert done.code == 1, done.said
    assert f"{tmp_path} is not inside a Git repository" in done.err
    assert "kubestack new platform NAME" in done.err
    assert not done.out
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["plan", "apply", "run", "status"])
def test_command_without_settings(tmp_path: Path, command: str) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "-m", "first")
    done = kubestack(tmp_path, command)
    assert done.code == 2, done.said
    assert "kubestack.yaml" in done.err
    assert "kubestack new platform" in done.err
    assert not files_of(tmp_path)


def test_platform_below_the_top_of_a_repository(platform: Platform, tmp_path: Path) -> None:
    around = tmp_path / "everything"
    shutil.copytree(platform.root, around / "ours", ignore=shutil.ignore_patterns(".git"))
    git(around, "init", "--quiet")
    for where in (around, around / "ours"):
        done = kubestack(where, "validate")
        assert done.code == 2, done.said
        assert "ours/kubestack.yaml is not at the top of its repository" in done.err
        assert "git subtree split --prefix ours" in done.err
    made = kubestack(around, "new", "platform", "theirs", "--no-input")
    assert made.code == 0, made.said
    assert f"repository of its own inside of {around}" in made.err


def test_plan_in_a_repository_without_a_commit(tmp_path: Path, template: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "kubestack.yaml").write_bytes((template / "kubestack.yaml").read_bytes())
    done = kubestack(tmp_path, "apply")
    assert done.code in {1, 2}, done.said
    assert "git commit" in done.err or "stack" in done.err


def test_directory_option_to_nowhere(tmp_path: Path) -> None:
    done = kubestack(tmp_path, "-C", "no-such-place", "plan")
    assert done.code == 2, done.said
    assert "no-such-place" in done.err
    assert "does not exist" in done.err


def test_commands_below_the_top_work_on_the_whole_platform(platform: Platform) -> None:
    done = kubestack(platform.root / "manifests" / "web", "plan", "-o", "json")
    assert done.code == 0, done.err
    assert [stack["stack"] for stack in done.json["stacks"]] == ["infra", "manifests/web"]


@pytest.mark.parametrize("command", ["apply", "verify", "run"])
def test_dirty_tree_is_not_applied(hosted: Platform, command: str) -> None:
    hosted.edit("infra/cluster.tf", "max_size = 9", "max_size = 12")
    (hosted.root / "new file.txt").write_text("untracked")
    words = ["the work tree differs from the commit", "infra/cluster.tf", "new file.txt", "Commit or stash"]
    assert_refused(hosted, command, code=2, words=words)
    assert hosted.records() == []


def test_dirty_tree_can_be_planned(hosted: Platform) -> None:
    hosted.edit("infra/cluster.tf", 'kubernetes_version = "1.32"', 'kubernetes_version = "1.99"')
    done = hosted.ok("plan", "infra", "-o", "json")
    assert "1.99" in done.out


def test_detached_head_needs_a_ref(hosted: Platform) -> None:
    hosted.git("checkout", "--quiet", "--detach")
    for command in ("run", "resolve"):
        assert_refused(
            hosted,
            command,
            code=2,
            words=["HEAD is detached", "--ref refs/heads/BRANCH", "--ref refs/tags/TAG"],
        )


def test_detached_head_with_a_ref(hosted: Platform) -> None:
    hosted.git("checkout", "--quiet", "--detach")
    done = hosted.ok("resolve", "--ref", "refs/heads/main")
    assert "apply ops" in done.out


@pytest.mark.parametrize("command", ["plan", "apply", "verify"])
def test_unknown_environment(hosted: Platform, command: str) -> None:
    words = ["there is no environment 'prod'", "The promotion chain is: ops, apps."]
    assert_refused(hosted, command, "-e", "prod", code=2, words=words)


@pytest.mark.parametrize("command", ["plan", "apply", "verify"])
def test_unknown_stack(hosted: Platform, command: str) -> None:
    words = ["there is no stack 'infrastructure'", "The stacks are: infra, manifests/web."]
    assert_refused(hosted, command, "infrastructure", code=2, words=words)


def test_all_unknown_stacks_are_named(hosted: Platform) -> None:
    assert_refused(hosted, "plan", "one", "infra", "two", code=2, words=["'one', 'two'"])


def test_unknown_command_suggests_the_nearest(tmp_path: Path) -> None:
    done = kubestack(tmp_path, "aply")
    assert done.code == 2
    assert "aply" in done.err
    assert "apply" in done.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--ref", "main"], "refs/heads/main"),
        (["--event", "pull_request", "--ref", "refs/heads/fix"], "--target main"),
        (["--target", "main"], "--event pull_request"),
        (["--ref", "refs/heads/main", "--target", "main"], "--event pull_request"),
        (["--event", "push"], "--ref refs/heads/BRANCH"),
    ],
)
def test_event_options_that_do_not_fit(hosted: Platform, args: list[str], words: str) -> None:
    for command in ("resolve", "run"):
        assert_refused(hosted, command, *args, code=2, words=[words])


def test_tag_that_is_not_here(hosted: Platform) -> None:
    words = ["apps-deploy-9 is not in this clone", "git fetch origin tag apps-deploy-9"]
    assert_refused(hosted, "run", "--ref", "refs/tags/apps-deploy-9", code=2, words=words)


def test_tag_on_another_commit_than_the_checkout(hosted: Platform) -> None:
    hosted.git("tag", "apps-deploy-1")
    hosted.commit("later")
    words = ["apps-deploy-1 is on", "is checked out", "git checkout apps-deploy-1"]
    assert_refused(hosted, "run", "--ref", "refs/tags/apps-deploy-1", code=2, words=words)


def test_branch_that_is_not_what_is_checked_out(hosted: Platform) -> None:
    """A push to main means applying main, not whatever else is checked out and happens to be clean."""
    hosted.git("checkout", "--quiet", "-b", "feature")
    hosted.commit("not merged", {"infra/note.txt": "x"})
    done = assert_refused(hosted, "run", "--ref", "refs/heads/main", code=5, words=["is not part of main"])
    assert "Merge the change to main" in done.out

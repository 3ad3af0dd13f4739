"""A pull request is judged by the settings of the branch that it wants to reach, and told what it changes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.conftest import git
from tests.platforms import Platform, assert_refused

if TYPE_CHECKING:
    from pathlib import Path

BRANCH = ("--event", "pull_request", "--ref", "refs/heads/change", "--target", "main")
SOAK = ('apply_on: {tag: "apps-deploy-*"}', 'apply_on: {tag: "apps-deploy-*"}\n    gate: {soak: 30m}')


@pytest.fixture
def pull(hosted: Platform) -> Platform:
    """A platform with the branch of a pull request checked out."""
    hosted.git("checkout", "--quiet", "-b", "change")
    return hosted


def test_pull_request_that_leaves_the_settings_alone_is_told_nothing(pull: Platform) -> None:
    pull.land("infra/cluster.tf", '"1.32"', '"1.33"')
    done = pull.ok("run", *BRANCH, "-o", "json")
    assert done.json["settings"] is None
    assert "kubestack.yaml" not in done.err


@pytest.mark.slow
def test_pull_request_is_told_what_it_changes(pull: Platform, tmp_path: Path) -> None:
    pull.land("kubestack.yaml", *SOAK)
    summary = tmp_path / "summary.md"
    done = pull.ok("run", *BRANCH, "--summary", str(summary))
    assert "kubestack.yaml changes after the merge; until then the settings of main decide" in done.out
    assert "  ~ environments[apps].gate.soak: 0 s → 1800 s" in done.out
    assert "This takes effect after the merge; until then the settings of main decide" in summary.read_text()
    assert r"- environments\[apps\].gate.soak: 0 s → 1800 s" in summary.read_text()
    news = pull.ok("run", *BRANCH, "-o", "json").json["settings"]
    assert news == {
        "target": "main",
        "changes": ["environments[apps].gate.soak: 0 s → 1800 s"],
        "findings": [],
    }


def test_pull_request_that_only_comments_on_the_settings_is_told_nothing(pull: Platform) -> None:
    pull.land("kubestack.yaml", "version: 1\n", "version: 1\n\n# A word on that.\n")
    assert pull.ok("run", *BRANCH, "-o", "json").json["settings"] is None


def test_pull_request_is_planned_in_the_environments_of_its_target(pull: Platform) -> None:
    greedy = '  - name: "greedy"\n    apply_on: {branch: "change"}\n'
    pull.edit("kubestack.yaml", '  - name: "apps"\n', f'{greedy}  - name: "prod"\n')
    pull.commit()
    done = pull.ok("run", *BRANCH)
    assert "infra (ops): 3 to create" in done.out
    assert "infra (apps): 3 to create" in done.out
    assert "(greedy)" not in done.said
    assert "~ environments[apps] is renamed to prod" in done.out
    assert "~ environments[greedy] is added: apply_on branch change" in done.out
    assert "~ promotion chain: ops, prod → ops, greedy, prod" in done.out
    assert pull.records() == []


def test_pull_request_is_planned_with_the_tools_of_its_target(pull: Platform) -> None:
    """Its own settings would find no Terraform at all."""
    pull.land("kubestack.yaml", 'terraform: ">= 1.6, < 2"', 'terraform: ">= 99"')
    done = pull.ok("run", *BRANCH)
    assert "infra (ops): 3 to create" in done.out
    assert "~ tools[terraform].version: >= 1.6, < 2 → >= 99" in done.out
    assert pull.kubestack("plan").code == 1


def in_ci(target: str = "main", **more: str) -> dict[str, str]:
    """The variables that GitLab gives a job of a merge request."""
    merge_request = {"SOURCE_BRANCH_NAME": "change", "TARGET_BRANCH_NAME": target, "IID": "7"}
    given = {f"CI_MERGE_REQUEST_{name}": value for name, value in merge_request.items()}
    same = {"CI_MERGE_REQUEST_PROJECT_ID": "1", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "1"}
    return {"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "merge_request_event"} | given | same | more


def test_plan_in_a_pull_request_goes_by_the_settings_of_its_target(pull: Platform) -> None:
    pull.land("kubestack.yaml", 'terraform: ">= 1.6, < 2"', 'terraform: ">= 99"')
    assert "infra (ops): 3 to create" in pull.ok("plan", "infra", **in_ci()).out
    pull.edit("kubestack.yaml", '  - name: "apps"\n', '  - name: "greedy"\n')
    pull.commit()
    done = pull.kubestack("plan", "-e", "greedy", **in_ci())
    assert done.code == 2, done.said
    assert "there is no environment 'greedy'" in done.err


def test_plan_in_a_pull_request_from_a_fork_is_refused(pull: Platform) -> None:
    fork = in_ci(CI_MERGE_REQUEST_SOURCE_PROJECT_ID="2")
    assert_refused(pull, "plan", code=5, words=["nothing is planned", "kubestack validate"], **fork)
    assert not (pull.root / "infra/.terraform").exists()


@pytest.mark.parametrize(("command", "word"), [("apply", "applied"), ("verify", "verified")])
def test_pull_request_reaches_no_environment(pull: Platform, command: str, word: str) -> None:
    words = [f"a pull request is never {word}", "Merge it into main"]
    assert_refused(pull, command, code=5, words=words, **in_ci())


@pytest.mark.slow
def test_pull_request_keeps_to_the_evidence_of_its_target(pull: Platform) -> None:
    pull.git("checkout", "--quiet", "main")
    pull.ok("run")
    pull.git("checkout", "--quiet", "change")
    pull.edit("kubestack.yaml", "ref: refs/notes/kubestack", "ref: refs/notes/mine")
    pull.commit()
    done = pull.ok("run", *BRANCH)
    assert "infra (ops): unchanged" in done.out
    assert "~ evidence.ref: refs/notes/kubestack → refs/notes/mine" in done.out
    assert "refs/notes/mine" not in pull.git("for-each-ref")


def test_pull_request_that_moves_a_stack_is_planned_as_far_as_its_target_knows_it(pull: Platform) -> None:
    pull.edit("kubestack.yaml", "path: infra", "path: cloud")
    pull.edit("kubestack.yaml", "needs: [infra]", "needs: [cloud]")
    pull.git("mv", "infra", "cloud")
    shutil.rmtree(pull.root / "infra", ignore_errors=True)
    pull.commit()
    done = pull.ok("run", *BRANCH)
    assert "manifests/web (ops): 5 to create" in done.out
    assert "stacks[infra] is removed" in done.out
    assert "stacks[cloud] is added" in done.out
    assert "stacks[manifests/*].needs: infra → cloud" in done.out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("version: 1", "version: [", "kubestack.yaml:"),
        ("version: 1", "version: 1\nunknown: true", "unknown"),
        ("path: infra", "path: nowhere", "no stack found at nowhere"),
        ('{tag: "apps-deploy-*"}', '{branch: "ma*"}', "both match branch"),
    ],
    ids=["no YAML", "unknown key", "missing stack", "contradiction"],
)
def test_pull_request_with_wrong_settings_is_planned_and_fails(
    pull: Platform, tmp_path: Path, old: str, new: str, words: str
) -> None:
    pull.land("kubestack.yaml", old, new)
    summary = tmp_path / "summary.md"
    done = pull.kubestack("run", *BRANCH, "--summary", str(summary))
    assert done.code == 2, done.said
    assert "infra (ops): 3 to create" in done.out
    assert words in done.out
    assert "kubestack.yaml of this pull request is not valid" in done.err
    assert "- ❌" in summary.read_text()
    assert pull.kubestack("run", *BRANCH, "-o", "json").json["settings"]["findings"] != []


def test_pull_request_that_removes_the_settings_is_told_so(pull: Platform) -> None:
    (pull.root / "kubestack.yaml").unlink()
    pull.commit()
    done = pull.kubestack("run", *BRANCH)
    assert done.code == 2, done.said
    assert "has no kubestack.yaml" in done.out
    assert "infra (ops): 3 to create" in done.out


def test_pull_request_that_is_behind_is_not_accused(pull: Platform) -> None:
    """The target's settings have moved on since the branch left it: the newer ones decide, in silence."""
    pull.land("infra/cluster.tf", '"1.32"', '"1.33"')
    pull.git("checkout", "--quiet", "main")
    pull.land("kubestack.yaml", 'terraform: ">= 1.6, < 2"', 'terraform: ">= 99"')
    pull.git("checkout", "--quiet", "change")
    done = pull.kubestack("run", *BRANCH, "-o", "json")
    assert done.code == 1, done.said
    assert ">= 99" in done.said
    assert done.json["settings"] is None


def test_target_that_is_not_in_the_clone_is_fetched(pull: Platform) -> None:
    pull.land("kubestack.yaml", '{branch: "main"}', '{branch: "change"}')
    pull.push("change")
    assert pull.remote
    there = Platform(root=pull.root.parent / "ci", remote=pull.remote)
    git(pull.root.parent, "clone", "--quiet", "--single-branch", "-b", "change", str(pull.remote), "ci")
    assert "refs/remotes/origin/main" not in there.git("for-each-ref")
    done = there.ok("resolve", *BRANCH, "-o", "json")
    assert [(item["action"], item["environment"]) for item in done.json["decisions"]] == [
        ("plan", "ops"),
        ("plan", "apps"),
    ]


def test_target_of_a_shallow_clone_is_fetched(pull: Platform) -> None:
    pull.land("kubestack.yaml", *SOAK)
    pull.push("change")
    there = Platform(root=pull.root.parent / "ci", remote=pull.remote)
    git(pull.root.parent, "clone", "--quiet", "--depth=1", "-b", "change", f"file://{pull.remote}", "ci")
    done = there.ok("run", *BRANCH)
    assert "infra (ops): 3 to create" in done.out
    assert "~ environments[apps].gate.soak: 0 s → 1800 s" in done.out


def test_target_that_cannot_be_fetched_is_a_refusal(pull: Platform) -> None:
    """The contributor's own settings are no way out."""
    pull.land("kubestack.yaml", '{branch: "main"}', '{branch: "change"}')
    pull.git("update-ref", "-d", "refs/remotes/origin/main")
    pull.git("branch", "--quiet", "-D", "main")
    pull.git("remote", "set-url", "origin", str(pull.root.parent / "gone.git"))
    here = Platform(root=pull.root)
    words = ["the settings that decide are those of main, which cannot be fetched from origin"]
    for command in ("resolve", "run"):
        assert_refused(here, command, *BRANCH, code=5, words=words)
    assert not (here.root / "infra/.terraform").exists()


def test_target_that_does_not_exist_is_said(pull: Platform) -> None:
    args = (*BRANCH[:-1], "nowhere")
    assert_refused(pull, "run", *args, code=2, words=["nowhere, which is not in this clone"])


@pytest.mark.parametrize("name", ["main:refs/heads/other", "*", "a b", "../main", "-x"])
def test_target_is_never_a_refspec(pull: Platform, name: str) -> None:
    assert_refused(pull, "run", *BRANCH[:-1], name, code=2, words=["branch"])


def test_first_pull_request_of_a_platform_does_nothing(pull: Platform) -> None:
    """Its target has no settings yet, so nothing says what it means."""
    pull.git("checkout", "--quiet", "--orphan", "empty")
    pull.git("rm", "--quiet", "-r", "--cached", ".")
    pull.git("commit", "--quiet", "--allow-empty", "--message", "nothing here")
    pull.push("empty")
    pull.git("checkout", "--quiet", "--force", "change")
    done = pull.ok("run", *BRANCH[:-1], "empty")
    assert "empty has no kubestack.yaml yet" in done.said
    assert not (pull.root / "infra/.terraform").exists()

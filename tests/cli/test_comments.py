"""`kubestack run` and the pull request that it tells, over the real client and a host on this machine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from kubestack_py.model.review import ReviewState, mark_of
from tests.hosts.github import REPOSITORY, FakeGitHub
from tests.hosts.server import Answer, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.platforms import Ended, Platform


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    host = FakeGitHub()
    with serving(host):
        yield host


def variables(github: FakeGitHub, tmp_path: Path, **more: str) -> dict[str, str | None]:
    event = tmp_path / "event.json"
    head = {"sha": github.head, "repo": {"full_name": REPOSITORY}}
    event.write_text(json.dumps({"pull_request": {"number": 7, "head": head}}))
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_HEAD_REF": "change",
        "GITHUB_BASE_REF": "main",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_API_URL": github.url,
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_RUN_ID": "42",
        "GITHUB_TOKEN": github.token,
        **more,
    }


@pytest.fixture
def pull(hosted: Platform) -> Platform:
    """A platform with the branch of a pull request checked out."""
    hosted.git("checkout", "--quiet", "-b", "change")
    return hosted


@pytest.mark.slow
def test_pull_request_gets_one_comment_that_is_changed_in_place(
    pull: Platform, github: FakeGitHub, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    done = pull.kubestack(
        "run", "--label", "--status", "--summary", str(summary), **variables(github, tmp_path)
    )
    assert done.code == 0, done.said
    [comment] = github.comments
    mark = mark_of(comment["body"])
    assert mark is not None
    assert (mark.number, mark.head, mark.state) == (7, github.head, ReviewState.PLANNED)
    assert set(mark.digests) == {"ops", "apps"}
    assert "| ops | `infra` |" in comment["body"]
    assert "actions/runs/42" in comment["body"]
    assert github.labels == ["add-or-update"]
    assert [(sha, status["state"]) for sha, status in github.statuses] == [(github.head, "success")]
    assert "| ops | `infra` |" in summary.read_text()
    github.head = "b" * 40
    assert pull.kubestack("run", **variables(github, tmp_path)).code == 0
    [comment] = github.comments
    assert (mark_of(comment["body"]) or mark).head == github.head
    assert github.token not in done.said + comment["body"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(status=401, body={"message": "Bad credentials"}), "it is wrong, or has expired"),
        (
            Answer(status=403, body={"message": "Resource not accessible by integration"}),
            "pull-requests: write",
        ),
    ],
)
def test_comment_that_fails_fails_no_plan(
    pull: Platform, github: FakeGitHub, tmp_path: Path, answer: Answer, said: str
) -> None:
    def refuse(request: object) -> None:
        github.refuse = {"GET": [answer], "POST": [answer], "PATCH": [answer]}

    github.before = refuse
    done: Ended = pull.kubestack("run", **variables(github, tmp_path))
    assert done.code == 0, done.said
    assert "the pull request was not told" in done.err
    assert said in done.err
    assert github.token not in done.said
    assert pull.kubestack("run", "--require-comment", **variables(github, tmp_path)).code == 1


@pytest.mark.slow
def test_comment_turns_to_applied_and_keeps_its_plan(
    hosted: Platform, github: FakeGitHub, tmp_path: Path
) -> None:
    given = variables(github, tmp_path)
    assert hosted.kubestack("run", **given).code == 0
    planned = github.comments[0]["body"]
    head = hosted.git("rev-parse", "HEAD").strip()
    github.merged = {head: 7}
    seen: list[str] = []
    github.before = lambda request: seen.append(request.body["body"]) if request.verb == "PATCH" else None
    push = {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": head}
    done = hosted.kubestack("run", "--only", "apply", **{**given, **push})
    assert done.code == 0, done.said
    states = [mark.state for body in seen if (mark := mark_of(body))]
    assert states == [ReviewState.APPLYING, ReviewState.APPLIED]
    [comment] = github.comments
    assert "**✅ applied to ops**" in comment["body"]
    assert comment["body"].partition("<!-- /kubestack -->")[2] == planned.partition("<!-- /kubestack -->")[2]


def test_fork_is_told_why_it_is_not_planned(pull: Platform, github: FakeGitHub, tmp_path: Path) -> None:
    """The job of a fork has no token; its summary and an annotation say why."""
    summary = tmp_path / "summary.md"
    given = variables(github, tmp_path, GITHUB_TOKEN="")
    (tmp_path / "event.json").write_text(
        json.dumps({"pull_request": {"number": 7, "head": {"repo": {"full_name": "mallory/platform"}}}})
    )
    done = pull.kubestack("run", "--only", "plan", "--summary", str(summary), **given)
    assert done.code == 0, done.said
    assert "::warning" in done.err
    assert "from a fork is validated only" in done.err
    assert "a fork gets none that may write" in done.err
    assert "from a fork is validated only" in summary.read_text()
    assert github.requests == []


@pytest.mark.slow
def test_refused_code_is_told_in_the_comment(pull: Platform, github: FakeGitHub, tmp_path: Path) -> None:
    """What a plan would run is refused before it; the comment of before must not stand as if it held."""
    assert pull.kubestack("run", **variables(github, tmp_path)).code == 0
    github.head = "b" * 40
    for number in range(30):
        evil = pull.root / "infra" / f"evil`<b>{number:02}.tf"
        evil.write_text(f'module "x{number}" {{\n  source = "evil.example/x/y/z{number}"\n}}\n')
    pull.commit("Run something")
    text, whole = tmp_path / "comment.md", tmp_path / "whole.md"
    options = ("--status", "--label", "--comment-file", str(text), "--full-text", str(whole))
    done = pull.kubestack("run", *options, **variables(github, tmp_path))
    assert done.code == 5, done.said
    [comment] = github.comments
    mark = mark_of(comment["body"])
    assert mark is not None
    assert (mark.head, mark.state) == (github.head, ReviewState.REFUSED)
    assert "## ⛔ Refused: nothing is planned" in comment["body"]
    assert "- `` infra/evil`<b>00.tf:1" in comment["body"]
    assert "- … and 10 more, in the log of the run\n\nLook at it, then allow it on main" in comment["body"]
    assert "| ops |" not in comment["body"]
    assert text.read_text() == comment["body"]
    assert "⛔" not in whole.read_text()
    assert "evil.example/x/y/z1" in whole.read_text()
    assert [(sha, status["state"]) for sha, status in github.statuses] == [(github.head, "failure")]
    assert github.labels == []


def test_full_text_has_what_the_comment_has_no_room_for(
    pull: Platform, github: FakeGitHub, tmp_path: Path
) -> None:
    map_ = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: map-{0:03}}}\ndata: {{key: {1}}}\n"
    maps = "---\n".join(map_.format(number, "x" * 200) for number in range(400))
    (pull.root / "manifests/web/base/large.yaml").write_text(maps)
    pull.edit("manifests/web/base/kustomization.yaml", "resources:\n", "resources:\n  - large.yaml\n")
    pull.commit("Add much")
    whole = tmp_path / "whole.md"
    done = pull.kubestack("run", "--full-text", str(whole), **variables(github, tmp_path))
    assert done.code == 0, done.said
    [comment] = github.comments
    assert len(comment["body"]) < 65_536
    assert "map-399" not in comment["body"]
    assert whole.read_text().count("ConfigMap/web/map-399") == 2  # a bullet for each environment

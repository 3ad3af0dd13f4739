"""Options win over CI variables, those over the checkout."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kubestack_py.errors import UsageError
from kubestack_py.model.event import Event, EventKind
from kubestack_py.runner.events import event_from_options
from kubestack_py.system.git import Git
from tests.conftest import git as run_git
from tests.conftest import make_repository

CI = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_ACTOR": "alice",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/platform",
    "GITHUB_RUN_ID": "7",
}
RUN = "https://github.com/acme/platform/actions/runs/7"


@pytest.fixture
def repository(tmp_path: Path) -> Git:
    return make_repository(tmp_path / "platform")


def event(
    repository: Git,
    *,
    kind: EventKind | None = None,
    ref: str = "",
    target: str = "",
    environ: dict[str, str] | None = None,
) -> Event:
    return event_from_options(kind=kind, ref=ref, target=target, environ=environ or {}, git=repository)


def test_event_ref_alone_is_a_push(repository: Git) -> None:
    assert event(repository, ref="refs/tags/v1") == Event(kind=EventKind.PUSH, ref="refs/tags/v1")


def test_event_options_win_over_ci_which_still_tells_who_and_where(repository: Git) -> None:
    found = event(repository, ref="refs/heads/other", environ=CI)
    assert (found.kind, found.ref, found.source) == (EventKind.PUSH, "refs/heads/other", "the command line")
    assert (found.actor, found.url) == ("alice", RUN)


def test_event_ci_wins_over_the_checkout(repository: Git) -> None:
    run_git(repository.root, "switch", "--quiet", "--create", "other")
    assert event(repository, environ=CI).ref == "refs/heads/main"


def test_event_of_the_checkout(repository: Git) -> None:
    run_git(repository.root, "switch", "--quiet", "--create", "fix/dns")
    found = event(repository)
    assert (found.kind, found.ref, found.source) == (EventKind.PUSH, "refs/heads/fix/dns", "the checkout")


def test_event_detached_head_without_a_ref(repository: Git) -> None:
    run_git(repository.root, "checkout", "--quiet", "--detach")
    with pytest.raises(UsageError) as caught:
        event(repository)
    assert "HEAD is detached" in caught.value.message
    assert "--ref refs/heads/BRANCH" in caught.value.hint
    assert event(repository, ref="refs/heads/x").branch == "x", "a ref of its own is enough"


def test_event_pull_request(repository: Git) -> None:
    found = event(repository, kind=EventKind.PULL_REQUEST, ref="refs/heads/fix", target="refs/heads/main")
    assert (found.kind, found.ref, found.target) == (EventKind.PULL_REQUEST, "refs/heads/fix", "main")


@pytest.mark.parametrize("kind", [EventKind.SCHEDULE, EventKind.MANUAL, EventKind.OTHER])
def test_event_that_needs_no_ref(repository: Git, kind: EventKind) -> None:
    assert event(repository, kind=kind).kind is kind


@pytest.mark.parametrize(
    ("kind", "ref", "target", "words"),
    [
        (EventKind.PULL_REQUEST, "refs/heads/x", "", "--target main"),
        (EventKind.PUSH, "", "", "--ref refs/heads/BRANCH"),
        (EventKind.PUSH, "refs/heads/x", "main", "--event pull_request"),
        (EventKind.SCHEDULE, "", "main", "--event pull_request"),
        (None, "refs/heads/x", "main", "--event pull_request"),
        (None, "", "main", "--event pull_request"),
        (None, "main", "", "refs/heads/main for a branch or refs/tags/main for a tag"),
        (None, "v1", "", "refs/tags/v1"),
        (None, "--output=x", "", "refs/heads/--output=x"),
        (None, " ", "", "refs/heads/"),
    ],
)
def test_event_options_that_do_not_fit(
    repository: Git, kind: EventKind | None, ref: str, target: str, words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        event(repository, kind=kind, ref=ref, target=target)
    assert words in caught.value.hint


def test_event_payload_tells_forks(repository: Git, tmp_path: Path) -> None:
    payload = tmp_path / "event.json"
    payload.write_text(json.dumps({"pull_request": {"head": {"repo": {"full_name": "mallory/platform"}}}}))
    environ = {
        **CI,
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_BASE_REF": "main",
        "GITHUB_EVENT_PATH": str(payload),
    }
    found = event(repository, environ=environ)
    assert (found.fork, found.target) == (True, "main")


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b""])
def test_event_payload_that_cannot_be_read(repository: Git, tmp_path: Path, content: bytes) -> None:
    payload = tmp_path / "event.json"
    payload.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        event(repository, environ={**CI, "GITHUB_EVENT_PATH": str(payload)})
    assert str(payload) in caught.value.message


@pytest.mark.parametrize("path", ["", "/dev/null/event.json"])
def test_event_without_a_payload(repository: Git, path: str) -> None:
    assert event(repository, environ={**CI, "GITHUB_EVENT_PATH": path}).ref == "refs/heads/main"


@pytest.mark.parametrize("content", ["[]", "null", '"text"'])
def test_event_payload_of_an_odd_shape_is_left_aside(repository: Git, tmp_path: Path, content: str) -> None:
    payload = tmp_path / "event.json"
    payload.write_text(content)
    assert event(repository, environ={**CI, "GITHUB_EVENT_PATH": str(payload)}).ref == "refs/heads/main"

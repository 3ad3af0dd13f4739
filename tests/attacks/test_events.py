"""Events that outsiders cause: what they may make happen is nothing, or a look without rights."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.platforms import Platform, assert_refused, invoke

if TYPE_CHECKING:
    from pathlib import Path

BORROWED: dict[str, dict[str, Any]] = {
    "pull_request_target": {"pull_request": {"head": {"ref": "evil", "repo": {"full_name": "mallory/acme"}}}},
    "workflow_run": {"workflow_run": {"event": "pull_request", "head_branch": "evil"}},
    "issue_comment": {
        "issue": {
            "number": 7,
            "pull_request": {},
        },
        "comment": {"body": "kubestack apply"},
    },
}


@pytest.mark.parametrize("event", BORROWED)
def test_rights_of_the_target_are_not_borrowed(
    hosted: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    """The payload is checked out and the job has every secret: nothing of it is planned or applied."""
    payload = tmp_path / "event.json"
    payload.write_text(json.dumps(BORROWED[event]))
    env = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_BASE_REF": "main",
        "GITHUB_EVENT_PATH": str(payload),
    }
    words = [f"the event {event} is refused", "would run a contributor's code", "`pull_request`"]
    assert_refused(hosted, "run", code=5, words=words, **env)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    for args in (["resolve"], ["run", "--ref", "refs/heads/main"], ["plan"], ["apply"], ["verify"]):
        done = invoke(hosted.root, *args)
        assert done.code == 5, done.said
        assert [word for word in words if word not in done.said] == []
    assert not (hosted.root / "infra/.terraform").exists()
    assert hosted.records() == []

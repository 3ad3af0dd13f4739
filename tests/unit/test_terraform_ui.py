from __future__ import annotations

import json
from typing import Any

import pytest

from kubestack_py.terraform.ui import Listener


def listen(*events: dict[str, Any] | str) -> tuple[Listener, list[str]]:
    heard: list[str] = []
    listener = Listener("infra", heard.append)
    for event in events:
        listener(event if isinstance(event, str) else json.dumps(event))
    return listener, heard


def hook(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "hook": {"resource": {"addr": "aws_vpc.main"}, **more}}


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (hook("refresh_start"), "aws_vpc.main: refreshing"),
        (hook("apply_start", action="create"), "aws_vpc.main: creating"),
        (hook("apply_progress", action="delete", elapsed_seconds=10), "aws_vpc.main: still deleting (10s)"),
        (hook("apply_complete", action="update", elapsed_seconds=3), "aws_vpc.main: updated (3s)"),
        (hook("apply_errored", action="create", elapsed_seconds=0), "aws_vpc.main: create failed (0s)"),
        (hook("provision_start", provisioner="local-exec"), "aws_vpc.main: running local-exec"),
        (
            {"type": "state_lock_acquire", "@message": "Acquiring state lock."},
            "Acquiring state lock.",
        ),
    ],
)
def test_listener_tells_what_happens(event: dict[str, Any], line: str) -> None:
    assert listen(event)[1] == [line]


@pytest.mark.parametrize(
    "event",
    [
        {"type": "outputs", "@message": "Outputs: 1", "outputs": {"token": {"value": "secret"}}},
        hook("provision_progress", provisioner="local-exec", output="secret"),
        hook("apply_complete", action="create", id_key="id", id_value="secret", elapsed_seconds=0),
        {"type": "change_summary", "@message": "Plan: 1 to add"},
        {"type": "something new", "@message": "secret"},
    ],
)
def test_listener_passes_no_values_on(event: dict[str, Any]) -> None:
    assert "secret" not in "".join(listen(event)[1])


def test_listener_collects_errors_and_tells_warnings() -> None:
    error = {"severity": "error", "summary": "Bad", "detail": "worse"}
    warning = {"severity": "warning", "summary": "Deprecated", "detail": "Use b.\nMore."}
    listener, heard = listen(
        {"type": "diagnostic", "diagnostic": error}, {"type": "diagnostic", "diagnostic": warning}
    )
    assert [str(item) for item in listener.errors] == ["Bad: worse"]
    assert heard == ["warning: Deprecated: Use b."]
    assert not listener.wants_init


def test_listener_keeps_the_last_lines_that_are_no_json() -> None:
    listener, heard = listen(*(f"line {number}" for number in range(50)), "3")
    assert heard == []
    assert listener.stray[-2:] == ["line 49", "3"]
    assert len(listener.stray) == 40

"""Azure Pipelines (learn.microsoft.com, "Use predefined variables")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.model.event import BRANCH_PREFIX, Event, EventKind

if TYPE_CHECKING:
    from collections.abc import Mapping

_KINDS = {
    "IndividualCI": EventKind.PUSH,
    "BatchedCI": EventKind.PUSH,
    "PullRequest": EventKind.PULL_REQUEST,
    "Schedule": EventKind.SCHEDULE,
    "Manual": EventKind.MANUAL,
}


def detect(environ: Mapping[str, str], _payload: Mapping[str, Any]) -> Event | None:
    """The event of a run."""
    if environ.get("TF_BUILD") != "True":
        return None
    name = environ.get("BUILD_REASON", "")
    kind = _KINDS.get(name, EventKind.OTHER)
    pull_request = kind is EventKind.PULL_REQUEST
    ref = environ.get("SYSTEM_PULLREQUEST_SOURCEBRANCH" if pull_request else "BUILD_SOURCEBRANCH", "")
    target = environ.get("SYSTEM_PULLREQUEST_TARGETBRANCH", "").removeprefix(BRANCH_PREFIX)
    return Event(
        kind=kind,
        ref=ref,
        target=target if pull_request else "",
        fork=pull_request and environ.get("SYSTEM_PULLREQUEST_ISFORK", "").lower() == "true",
        commit=environ.get("BUILD_SOURCEVERSION", ""),
        source="Azure Pipelines",
        name=name,
        actor=environ.get("BUILD_REQUESTEDFOR", ""),
        url=_run_url(environ),
    )


def _run_url(environ: Mapping[str, str]) -> str:
    names = ("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID")
    parts = [environ.get(name, "") for name in names]
    return f"{parts[0].rstrip('/')}/{parts[1]}/_build/results?buildId={parts[2]}" if all(parts) else ""

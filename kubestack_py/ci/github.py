"""GitHub Actions (docs.github.com, "Variables" and "Events that trigger workflows")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.model.event import BRANCH_PREFIX, Event, EventKind

if TYPE_CHECKING:
    from collections.abc import Mapping

_KINDS = {
    "push": EventKind.PUSH,
    "create": EventKind.OTHER,
    "pull_request": EventKind.PULL_REQUEST,
    "schedule": EventKind.SCHEDULE,
    "workflow_dispatch": EventKind.MANUAL,
}


def detect(environ: Mapping[str, str], payload: Mapping[str, Any]) -> Event | None:
    """The event of a workflow run. `payload` is the JSON of GITHUB_EVENT_PATH; it tells forks and deletions.

    `pull_request_target` and its like have the secrets of the target for the contributor's code; they
    have no meaning here on purpose, and are refused where anything of it would be run.
    """
    if environ.get("GITHUB_ACTIONS") != "true":
        return None
    name = environ.get("GITHUB_EVENT_NAME", "")
    if name == "merge_group":
        return _queued(environ, payload)
    kind = _KINDS.get(name, EventKind.OTHER)
    ref = environ.get("GITHUB_REF", "")
    if kind is EventKind.PULL_REQUEST and environ.get("GITHUB_HEAD_REF"):
        ref = BRANCH_PREFIX + environ["GITHUB_HEAD_REF"]
    return Event(
        kind=kind,
        ref=ref,
        target=environ.get("GITHUB_BASE_REF", "") if kind is EventKind.PULL_REQUEST else "",
        fork=kind is EventKind.PULL_REQUEST and _from_fork(payload, environ.get("GITHUB_REPOSITORY", "")),
        deleted=bool(payload.get("deleted")),
        borrowed=_borrows_rights(name, payload),
        commit=environ.get("GITHUB_SHA", ""),
        source="GitHub Actions",
        name=name,
        actor=environ.get("GITHUB_ACTOR", ""),
        url=_run_url(environ),
    )


def _borrows_rights(name: str, payload: Mapping[str, Any]) -> bool:
    """True for events that outsiders cause and that have the secrets and the write token of the target.

    GitHub's own list (securitylab.github.com, "Preventing pwn requests"): a workflow that follows on
    that of a pull request, and a comment on one, are as good as `pull_request_target`.
    """
    match name:
        case "pull_request_target":
            return True
        case "workflow_run":
            before = payload.get("workflow_run")
            return isinstance(before, dict) and str(before.get("event", "")).startswith("pull_request")
        case "issue_comment":
            issue = payload.get("issue")
            return isinstance(issue, dict) and "pull_request" in issue
    return False


def _queued(environ: Mapping[str, str], payload: Mapping[str, Any]) -> Event:
    """A merge queue tries approved pull requests together; what they would do to their target counts."""
    group = payload.get("merge_group")
    group = group if isinstance(group, dict) else {}
    return Event(
        kind=EventKind.PULL_REQUEST,
        ref=str(group.get("head_ref") or environ.get("GITHUB_REF", "")),
        target=str(group.get("base_ref", "")).removeprefix(BRANCH_PREFIX),
        commit=environ.get("GITHUB_SHA", ""),
        source="GitHub Actions",
        name="merge_group",
        actor=environ.get("GITHUB_ACTOR", ""),
        url=_run_url(environ),
    )


def _from_fork(payload: Mapping[str, Any], repository: str) -> bool:
    """True when the payload says that the branch lives in another repository, or in one since deleted."""
    pull_request = payload.get("pull_request")
    head = pull_request.get("head") if isinstance(pull_request, dict) else None
    if not isinstance(head, dict):
        return False
    source = head.get("repo")
    if not isinstance(source, dict):
        return "repo" in head
    return bool(source.get("fork")) if not repository else source.get("full_name", repository) != repository


def _run_url(environ: Mapping[str, str]) -> str:
    parts = [environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    return "{}/{}/actions/runs/{}".format(*parts) if all(parts) else ""

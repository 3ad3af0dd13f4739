"""GitLab CI (docs.gitlab.com, "Predefined CI/CD variables")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.model.event import BRANCH_PREFIX, TAG_PREFIX, Event, EventKind

if TYPE_CHECKING:
    from collections.abc import Mapping

_KINDS = {
    "push": EventKind.PUSH,
    "merge_request_event": EventKind.PULL_REQUEST,
    "schedule": EventKind.SCHEDULE,
    "web": EventKind.MANUAL,
}


def detect(environ: Mapping[str, str], _payload: Mapping[str, Any]) -> Event | None:
    """The event of a pipeline."""
    if environ.get("GITLAB_CI") != "true":
        return None
    name = environ.get("CI_PIPELINE_SOURCE", "")
    kind = _KINDS.get(name, EventKind.OTHER)
    merge_request = kind is EventKind.PULL_REQUEST
    if tag := environ.get("CI_COMMIT_TAG", ""):
        ref = TAG_PREFIX + tag
    else:
        branch_variable = "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME" if merge_request else "CI_COMMIT_BRANCH"
        ref = BRANCH_PREFIX + environ.get(branch_variable, environ.get("CI_COMMIT_REF_NAME", ""))
    source_project = environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "")
    return Event(
        kind=kind,
        ref=ref,
        target=environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "") if merge_request else "",
        fork=merge_request and source_project != environ.get("CI_MERGE_REQUEST_PROJECT_ID", source_project),
        commit=environ.get("CI_COMMIT_SHA", ""),
        source="GitLab CI",
        name=name,
        actor=environ.get("GITLAB_USER_LOGIN", ""),
        url=environ.get("CI_JOB_URL", ""),
    )

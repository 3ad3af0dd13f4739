"""Bitbucket Pipelines (support.atlassian.com, "Variables and secrets")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.model.event import BRANCH_PREFIX, TAG_PREFIX, Event, EventKind

if TYPE_CHECKING:
    from collections.abc import Mapping


def detect(environ: Mapping[str, str], _payload: Mapping[str, Any]) -> Event | None:
    """The event of a pipeline.

    Bitbucket has no variable for the trigger: a pull request and a tag are told by variables that
    exist only then, and a scheduled pipeline sets KUBESTACK_EVENT=schedule, as a push cannot be told
    from a schedule otherwise. Pipelines never run for pull requests from forks.
    """
    if not environ.get("BITBUCKET_BUILD_NUMBER"):
        return None
    branch = environ.get("BITBUCKET_BRANCH", "")
    tag = environ.get("BITBUCKET_TAG", "")
    scheduled = environ.get("KUBESTACK_EVENT") == EventKind.SCHEDULE
    pull_request = environ.get("BITBUCKET_PR_ID")
    kind = EventKind.PULL_REQUEST if pull_request else EventKind.SCHEDULE if scheduled else EventKind.PUSH
    workspace, build = environ.get("BITBUCKET_REPO_FULL_NAME", ""), environ["BITBUCKET_BUILD_NUMBER"]
    return Event(
        kind=kind,
        ref=TAG_PREFIX + tag if tag else BRANCH_PREFIX + branch,
        target=environ.get("BITBUCKET_PR_DESTINATION_BRANCH", "") if kind is EventKind.PULL_REQUEST else "",
        commit=environ.get("BITBUCKET_COMMIT", ""),
        source="Bitbucket Pipelines",
        name=kind,
        actor=environ.get("BITBUCKET_STEP_TRIGGERER_UUID", ""),
        url=f"https://bitbucket.org/{workspace}/pipelines/results/{build}" if workspace else "",
    )

"""Jenkins multibranch pipelines (the branch API plugin's environment variables)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.model.event import BRANCH_PREFIX, TAG_PREFIX, Event, EventKind

if TYPE_CHECKING:
    from collections.abc import Mapping


def detect(environ: Mapping[str, str], _payload: Mapping[str, Any]) -> Event | None:
    """The event of a build: CHANGE_ID marks a pull request, TAG_NAME a tag.

    A timer is told by BUILD_CAUSE where the EnvInject plugin sets it, else by KUBESTACK_EVENT=schedule
    from the Jenkinsfile. It also builds pull requests, which stay pull requests.
    """
    if not environ.get("JENKINS_URL"):
        return None
    change, tag = environ.get("CHANGE_ID", ""), environ.get("TAG_NAME", "")
    branch = environ.get("CHANGE_BRANCH" if change else "BRANCH_NAME", "")
    timer = "TIMERTRIGGER" in environ.get("BUILD_CAUSE", "")
    scheduled = timer or environ.get("KUBESTACK_EVENT") == EventKind.SCHEDULE
    kind = EventKind.PULL_REQUEST if change else EventKind.SCHEDULE if scheduled else EventKind.PUSH
    return Event(
        kind=kind,
        ref=TAG_PREFIX + tag if tag else BRANCH_PREFIX + branch,
        target=environ.get("CHANGE_TARGET", "") if kind is EventKind.PULL_REQUEST else "",
        fork=kind is EventKind.PULL_REQUEST and bool(environ.get("CHANGE_FORK")),
        commit=environ.get("GIT_COMMIT", ""),
        source="Jenkins",
        name=kind,
        actor=environ.get("CHANGE_AUTHOR", ""),
        url=environ.get("BUILD_URL", ""),
    )

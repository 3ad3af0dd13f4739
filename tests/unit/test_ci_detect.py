"""What the variables of each CI system say, as those systems set them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kubestack_py.ci.detect import detect
from kubestack_py.model.event import Event, EventKind

COMMIT = "1f0c3d6e9a5b47d2b8c1a4f6e7d8c9b0a1b2c3d4"

GITHUB = {
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "GITHUB_ACTOR": "alice",
    "GITHUB_REPOSITORY": "acme/platform",
    "GITHUB_RUN_ID": "4242",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_SHA": COMMIT,
}
ON_GITHUB = Event(
    kind=EventKind.PUSH,
    commit=COMMIT,
    source="GitHub Actions",
    name="push",
    actor="alice",
    url="https://github.com/acme/platform/actions/runs/4242",
)
GITHUB_PULL = {
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_REF": "refs/pull/7/merge",
    "GITHUB_REF_NAME": "7/merge",
    "GITHUB_HEAD_REF": "fix/dns",
    "GITHUB_BASE_REF": "main",
}
ON_PULL = replace(
    ON_GITHUB, kind=EventKind.PULL_REQUEST, name="pull_request", ref="refs/heads/fix/dns", target="main"
)


def pull(head_repo: object, **more: object) -> dict[str, Any]:
    """The part of GitHub's payload that tells where the contributor's branch lives."""
    return {"pull_request": {"head": {"ref": "fix/dns", "repo": head_repo, **more}, "base": {"ref": "main"}}}


@pytest.mark.parametrize(
    ("variables", "payload", "expected"),
    [
        pytest.param(
            {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main", "GITHUB_HEAD_REF": ""},
            {"ref": "refs/heads/main", "deleted": False},
            replace(ON_GITHUB, ref="refs/heads/main"),
            id="push of a branch",
        ),
        pytest.param(
            {"GITHUB_EVENT_NAME": "merge_group", "GITHUB_REF": "refs/heads/gh-readonly-queue/main/pr-7"},
            {
                "merge_group": {
                    "head_ref": "refs/heads/gh-readonly-queue/main/pr-7",
                    "base_ref": "refs/heads/main",
                }
            },
            replace(ON_PULL, name="merge_group", ref="refs/heads/gh-readonly-queue/main/pr-7", target="main"),
            id="merge queue",
        ),
        pytest.param(
            {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/tags/apps-deploy-20260101-1"},
            {"ref": "refs/tags/apps-deploy-20260101-1"},
            replace(ON_GITHUB, ref="refs/tags/apps-deploy-20260101-1"),
            id="push of a tag",
        ),
        pytest.param(
            {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/fix/dns"},
            {"ref": "refs/heads/fix/dns", "deleted": True, "after": "0" * 40},
            replace(ON_GITHUB, ref="refs/heads/fix/dns", deleted=True),
            id="deleted branch",
        ),
        pytest.param(
            GITHUB_PULL, pull({"full_name": "acme/platform", "fork": False}), ON_PULL, id="pull request"
        ),
        pytest.param(
            GITHUB_PULL, {"number": 7, **pull(None)}, replace(ON_PULL, fork=True), id="fork since deleted"
        ),
        pytest.param(
            GITHUB_PULL,
            pull({"full_name": "mallory/platform", "fork": True}),
            replace(ON_PULL, fork=True),
            id="pull request from a fork",
        ),
        pytest.param(
            GITHUB_PULL,
            pull({"full_name": "acme/platform", "fork": True}),
            ON_PULL,
            id="pull request in a repository that is a fork itself",
        ),
        pytest.param(
            GITHUB_PULL,
            {"number": 7, "pull_request": {"head": {"ref": "fix/dns", "sha": COMMIT}}},
            ON_PULL,
            id="pull request with a payload that tells little",
        ),
        pytest.param(
            {"GITHUB_EVENT_NAME": "schedule", "GITHUB_REF": "refs/heads/main"},
            {"schedule": "0 3 * * *"},
            replace(ON_GITHUB, kind=EventKind.SCHEDULE, name="schedule", ref="refs/heads/main"),
            id="schedule",
        ),
        pytest.param(
            {"GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_REF": "refs/heads/main"},
            {"inputs": {"env": "prod"}},
            replace(ON_GITHUB, kind=EventKind.MANUAL, name="workflow_dispatch", ref="refs/heads/main"),
            id="by hand",
        ),
        pytest.param(
            {**GITHUB_PULL, "GITHUB_EVENT_NAME": "pull_request_target", "GITHUB_REF": "refs/heads/main"},
            pull({"full_name": "mallory/platform"}),
            replace(
                ON_GITHUB,
                kind=EventKind.OTHER,
                name="pull_request_target",
                ref="refs/heads/main",
                borrowed=True,
            ),
            id="pull_request_target has no meaning",
        ),
        pytest.param(
            {"GITHUB_EVENT_NAME": "workflow_run", "GITHUB_REF": "refs/heads/main"},
            {"workflow_run": {"event": "pull_request"}},
            replace(
                ON_GITHUB, kind=EventKind.OTHER, name="workflow_run", ref="refs/heads/main", borrowed=True
            ),
            id="what follows on a pull request",
        ),
        pytest.param(
            {"GITHUB_EVENT_NAME": "workflow_run", "GITHUB_REF": "refs/heads/main"},
            {"workflow_run": {"event": "push"}},
            replace(ON_GITHUB, kind=EventKind.OTHER, name="workflow_run", ref="refs/heads/main"),
            id="what follows on a push",
        ),
        pytest.param(
            {"GITHUB_EVENT_NAME": "issue_comment", "GITHUB_REF": "refs/heads/main"},
            {"issue": {"number": 7, "pull_request": {"url": "x"}}},
            replace(
                ON_GITHUB, kind=EventKind.OTHER, name="issue_comment", ref="refs/heads/main", borrowed=True
            ),
            id="a comment on a pull request",
        ),
        pytest.param(
            {"GITHUB_EVENT_NAME": "delete", "GITHUB_REF": "refs/heads/main"},
            {"ref": "fix/dns", "ref_type": "branch"},
            replace(ON_GITHUB, kind=EventKind.OTHER, name="delete", ref="refs/heads/main"),
            id="delete event",
        ),
    ],
)
def test_github(variables: dict[str, str], payload: dict[str, Any], expected: Event) -> None:
    assert detect({**GITHUB, **variables}, payload) == expected


@pytest.mark.parametrize(
    "payload", [None, {}, {"pull_request": None}, {"pull_request": "x"}, {"pull_request": {}}]
)
def test_github_payload_of_an_odd_shape_breaks_nothing(payload: dict[str, Any] | None) -> None:
    assert detect({**GITHUB, **GITHUB_PULL}, payload) == ON_PULL


GITLAB = {
    "CI": "true",
    "GITLAB_CI": "true",
    "CI_COMMIT_SHA": COMMIT,
    "CI_JOB_URL": "https://gitlab.com/acme/platform/-/jobs/7",
    "CI_PROJECT_ID": "34",
    "GITLAB_USER_LOGIN": "alice",
}
ON_GITLAB = Event(
    kind=EventKind.PUSH,
    ref="refs/heads/main",
    commit=COMMIT,
    source="GitLab CI",
    name="push",
    actor="alice",
    url="https://gitlab.com/acme/platform/-/jobs/7",
)
GITLAB_MERGE = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_COMMIT_REF_NAME": "fix/dns",
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_PROJECT_ID": "34",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "34",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "fix/dns",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
}
ON_MERGE = replace(
    ON_GITLAB,
    kind=EventKind.PULL_REQUEST,
    name="merge_request_event",
    ref="refs/heads/fix/dns",
    target="main",
)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param(
            {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main"},
            ON_GITLAB,
            id="branch",
        ),
        pytest.param(
            {
                "CI_PIPELINE_SOURCE": "push",
                "CI_COMMIT_TAG": "apps-deploy-1",
                "CI_COMMIT_REF_NAME": "apps-deploy-1",
            },
            replace(ON_GITLAB, ref="refs/tags/apps-deploy-1"),
            id="tag",
        ),
        pytest.param(GITLAB_MERGE, ON_MERGE, id="merge request"),
        pytest.param(
            {**GITLAB_MERGE, "CI_MERGE_REQUEST_EVENT_TYPE": "merged_result"},
            ON_MERGE,
            id="merge request, merged with its target",
        ),
        pytest.param(
            {
                **GITLAB_MERGE,
                "CI_MERGE_REQUEST_EVENT_TYPE": "merge_train",
                "CI_COMMIT_REF_NAME": "refs/merge-requests/7/train",
            },
            ON_MERGE,
            id="merge train",
        ),
        pytest.param(
            {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_TAG": "apps-deploy-1"},
            replace(ON_GITLAB, kind=EventKind.SCHEDULE, name="schedule", ref="refs/tags/apps-deploy-1"),
            id="a schedule on a tag promotes nothing",
        ),
        pytest.param(
            {**GITLAB_MERGE, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "99"},
            replace(ON_MERGE, fork=True),
            id="merge request from a fork",
        ),
        pytest.param(
            {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"},
            replace(ON_GITLAB, kind=EventKind.SCHEDULE, name="schedule"),
            id="schedule",
        ),
        pytest.param(
            {"CI_PIPELINE_SOURCE": "web", "CI_COMMIT_BRANCH": "main"},
            replace(ON_GITLAB, kind=EventKind.MANUAL, name="web"),
            id="by hand",
        ),
        pytest.param(
            {"CI_PIPELINE_SOURCE": "parent_pipeline", "CI_COMMIT_BRANCH": "main"},
            replace(ON_GITLAB, kind=EventKind.OTHER, name="parent_pipeline"),
            id="child pipeline",
        ),
    ],
)
def test_gitlab(variables: dict[str, str], expected: Event) -> None:
    assert detect({**GITLAB, **variables}) == expected


AZURE = {
    "TF_BUILD": "True",
    "BUILD_BUILDID": "7",
    "BUILD_REQUESTEDFOR": "Alice",
    "BUILD_SOURCEVERSION": COMMIT,
    "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://dev.azure.com/acme/",
    "SYSTEM_TEAMPROJECT": "platform",
}
ON_AZURE = Event(
    kind=EventKind.PUSH,
    ref="refs/heads/main",
    commit=COMMIT,
    source="Azure Pipelines",
    name="IndividualCI",
    actor="Alice",
    url="https://dev.azure.com/acme/platform/_build/results?buildId=7",
)
AZURE_PULL = {
    "BUILD_REASON": "PullRequest",
    "BUILD_SOURCEBRANCH": "refs/pull/123/merge",
    "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/fix/dns",
    "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main",
    "SYSTEM_PULLREQUEST_ISFORK": "False",
}
ON_AZURE_PULL = replace(
    ON_AZURE, kind=EventKind.PULL_REQUEST, name="PullRequest", ref="refs/heads/fix/dns", target="main"
)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param(
            {"BUILD_REASON": "IndividualCI", "BUILD_SOURCEBRANCH": "refs/heads/main"}, ON_AZURE, id="branch"
        ),
        pytest.param(
            {"BUILD_REASON": "BatchedCI", "BUILD_SOURCEBRANCH": "refs/heads/main"},
            replace(ON_AZURE, name="BatchedCI"),
            id="branch, several pushes at once",
        ),
        pytest.param(
            {"BUILD_REASON": "IndividualCI", "BUILD_SOURCEBRANCH": "refs/tags/apps-deploy-1"},
            replace(ON_AZURE, ref="refs/tags/apps-deploy-1"),
            id="tag",
        ),
        pytest.param(AZURE_PULL, ON_AZURE_PULL, id="pull request"),
        pytest.param(
            {**AZURE_PULL, "SYSTEM_PULLREQUEST_TARGETBRANCH": "main"},
            ON_AZURE_PULL,
            id="pull request of a repository on GitHub",
        ),
        pytest.param(
            {**AZURE_PULL, "SYSTEM_PULLREQUEST_ISFORK": "True"},
            replace(ON_AZURE_PULL, fork=True),
            id="pull request from a fork",
        ),
        pytest.param(
            {"BUILD_REASON": "Schedule", "BUILD_SOURCEBRANCH": "refs/heads/main"},
            replace(ON_AZURE, kind=EventKind.SCHEDULE, name="Schedule"),
            id="schedule",
        ),
        pytest.param(
            {"BUILD_REASON": "Manual", "BUILD_SOURCEBRANCH": "refs/heads/main"},
            replace(ON_AZURE, kind=EventKind.MANUAL, name="Manual"),
            id="by hand",
        ),
        pytest.param(
            {"BUILD_REASON": "ResourceTrigger", "BUILD_SOURCEBRANCH": "refs/heads/main"},
            replace(ON_AZURE, kind=EventKind.OTHER, name="ResourceTrigger"),
            id="another pipeline ended",
        ),
    ],
)
def test_azure(variables: dict[str, str], expected: Event) -> None:
    assert detect({**AZURE, **variables}) == expected


BITBUCKET = {
    "CI": "true",
    "BITBUCKET_BUILD_NUMBER": "7",
    "BITBUCKET_COMMIT": COMMIT,
    "BITBUCKET_REPO_FULL_NAME": "acme/platform",
    "BITBUCKET_STEP_TRIGGERER_UUID": "{alice}",
}
ON_BITBUCKET = Event(
    kind=EventKind.PUSH,
    ref="refs/heads/main",
    commit=COMMIT,
    source="Bitbucket Pipelines",
    name="push",
    actor="{alice}",
    url="https://bitbucket.org/acme/platform/pipelines/results/7",
)
BITBUCKET_PULL = {
    "BITBUCKET_BRANCH": "fix/dns",
    "BITBUCKET_PR_ID": "7",
    "BITBUCKET_PR_DESTINATION_BRANCH": "main",
}
ON_BITBUCKET_PULL = replace(
    ON_BITBUCKET, kind=EventKind.PULL_REQUEST, name="pull_request", ref="refs/heads/fix/dns", target="main"
)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param({"BITBUCKET_BRANCH": "main"}, ON_BITBUCKET, id="branch"),
        pytest.param(
            {"BITBUCKET_TAG": "apps-deploy-1"}, replace(ON_BITBUCKET, ref="refs/tags/apps-deploy-1"), id="tag"
        ),
        pytest.param(BITBUCKET_PULL, ON_BITBUCKET_PULL, id="pull request"),
        pytest.param(
            {"BITBUCKET_BRANCH": "main", "KUBESTACK_EVENT": "schedule"},
            replace(ON_BITBUCKET, kind=EventKind.SCHEDULE, name="schedule"),
            id="schedule",
        ),
        pytest.param(
            {**BITBUCKET_PULL, "KUBESTACK_EVENT": "schedule"},
            ON_BITBUCKET_PULL,
            id="a pull request stays one",
        ),
    ],
)
def test_bitbucket(variables: dict[str, str], expected: Event) -> None:
    assert detect({**BITBUCKET, **variables}) == expected


JENKINS = {
    "JENKINS_URL": "https://ci.acme.example/",
    "BUILD_URL": "https://ci.acme.example/job/7/",
    "GIT_COMMIT": COMMIT,
}
ON_JENKINS = Event(
    kind=EventKind.PUSH,
    ref="refs/heads/main",
    commit=COMMIT,
    source="Jenkins",
    name="push",
    url="https://ci.acme.example/job/7/",
)
JENKINS_PULL = {
    "BRANCH_NAME": "PR-7",
    "CHANGE_ID": "7",
    "CHANGE_BRANCH": "fix/dns",
    "CHANGE_TARGET": "main",
    "CHANGE_AUTHOR": "alice",
}
ON_JENKINS_PULL = replace(
    ON_JENKINS,
    kind=EventKind.PULL_REQUEST,
    name="pull_request",
    ref="refs/heads/fix/dns",
    target="main",
    actor="alice",
)
ON_JENKINS_TIMER = replace(ON_JENKINS, kind=EventKind.SCHEDULE, name="schedule")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param({"BRANCH_NAME": "main"}, ON_JENKINS, id="branch"),
        pytest.param(
            {"BRANCH_NAME": "apps-deploy-1", "TAG_NAME": "apps-deploy-1"},
            replace(ON_JENKINS, ref="refs/tags/apps-deploy-1"),
            id="tag",
        ),
        pytest.param(JENKINS_PULL, ON_JENKINS_PULL, id="pull request"),
        pytest.param(
            {**JENKINS_PULL, "CHANGE_FORK": "mallory"},
            replace(ON_JENKINS_PULL, fork=True),
            id="pull request from a fork",
        ),
        pytest.param({"BRANCH_NAME": "main", "BUILD_CAUSE": "TIMERTRIGGER"}, ON_JENKINS_TIMER, id="timer"),
        pytest.param({"BRANCH_NAME": "main", "KUBESTACK_EVENT": "schedule"}, ON_JENKINS_TIMER, id="schedule"),
        pytest.param(
            {
                **JENKINS_PULL,
                "CHANGE_FORK": "mallory",
                "BUILD_CAUSE": "TIMERTRIGGER",
                "KUBESTACK_EVENT": "schedule",
            },
            replace(ON_JENKINS_PULL, fork=True),
            id="a timer does not lift a fork's pull request",
        ),
    ],
)
def test_jenkins(variables: dict[str, str], expected: Event) -> None:
    assert detect({**JENKINS, **variables}) == expected


LIGHTHOUSE = {
    "BUILD_ID": "7",
    "JOB_NAME": "release",
    "JOB_TYPE": "postsubmit",
    "JOB_SPEC": "type:postsubmit",
    "REPO_OWNER": "acme",
    "REPO_NAME": "platform",
    "REPO_URL": "https://git.acme.example/acme/platform.git",
}
PUSHED = {"PULL_BASE_REF": "main", "PULL_BASE_SHA": COMMIT, "PULL_REFS": f"main:{COMMIT}"}
ON_LIGHTHOUSE = Event(
    kind=EventKind.PUSH, ref="refs/heads/main", commit=COMMIT, source="Lighthouse", name="postsubmit"
)
LIGHTHOUSE_PULL = {
    **PUSHED,
    "JOB_TYPE": "presubmit",
    "JOB_SPEC": "type:presubmit",
    "PULL_BASE_SHA": "0" * 40,
    "PULL_NUMBER": "7",
    "PULL_PULL_SHA": COMMIT,
    "PULL_PULL_REF": "refs/pull/7/head",
}
FROM_FORK = replace(
    ON_LIGHTHOUSE, kind=EventKind.PULL_REQUEST, name="presubmit", ref="", target="main", fork=True
)
IN_PROW = {"JOB_SPEC": '{"type":"presubmit","job":"pr","refs":{"org":"acme"}}'}
TIMER = {"JOB_TYPE": "periodic", "JOB_SPEC": "type:periodic"}
BATCH = {**PUSHED, "JOB_TYPE": "batch", "JOB_SPEC": "type:batch"}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param(PUSHED, ON_LIGHTHOUSE, id="branch"),
        pytest.param(
            {**PUSHED, "PULL_BASE_REF": "apps-deploy-1", "KUBESTACK_REF": "refs/tags/apps-deploy-1"},
            replace(ON_LIGHTHOUSE, ref="refs/tags/apps-deploy-1"),
            id="tag, which only the pipeline can tell",
        ),
        pytest.param(
            {**LIGHTHOUSE_PULL, "KUBESTACK_REF": "refs/heads/fix/dns"},
            replace(FROM_FORK, ref="refs/heads/fix/dns", fork=False),
            id="pull request",
        ),
        pytest.param(LIGHTHOUSE_PULL, FROM_FORK, id="pull request that no branch of the repository has"),
        pytest.param(
            {**LIGHTHOUSE_PULL, "KUBESTACK_REF": "refs/pull/7/head"},
            replace(FROM_FORK, ref="refs/pull/7/head"),
            id="a ref of a pull request is not a branch of the repository",
        ),
        pytest.param({**LIGHTHOUSE_PULL, **IN_PROW}, replace(FROM_FORK, source="Prow"), id="Prow"),
        pytest.param(
            TIMER,
            Event(kind=EventKind.SCHEDULE, source="Lighthouse", name="periodic"),
            id="periodic, which has no refs",
        ),
        pytest.param(
            BATCH,
            replace(ON_LIGHTHOUSE, kind=EventKind.OTHER, name="batch", ref=""),
            id="batch of the keeper",
        ),
    ],
)
def test_lighthouse(variables: dict[str, str], expected: Event) -> None:
    assert detect({**LIGHTHOUSE, **variables}) == expected


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"CI": "true"},
        {"GITHUB_ACTIONS": "false"},
        {"GITHUB_REF": "refs/heads/main"},
        {"JOB_TYPE": "postsubmit"},
        {"JOB_SPEC": "type:postsubmit"},
    ],
)
def test_detect_outside_of_the_known_systems(environ: dict[str, str]) -> None:
    assert detect(environ) is None


@pytest.mark.parametrize("system", [GITHUB, GITLAB, AZURE, BITBUCKET, JENKINS, LIGHTHOUSE])
def test_detect_with_the_least_a_system_sets_names_no_ref(system: dict[str, str]) -> None:
    event = detect(system)
    assert event is not None
    assert (event.branch, event.tag) == ("", "")


@pytest.mark.parametrize("name", ["--output=x", "$(touch x)", "a b", "ünï", "a;b", "refs/heads/main", "a\nb"])
def test_detect_hands_names_on_as_they_are(name: str) -> None:
    event = detect({**GITLAB, "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": name})
    assert event is not None
    assert event.branch == name

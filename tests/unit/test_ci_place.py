"""Which repository and pull request comments go to, by the variables of every host; and which token."""

from __future__ import annotations

from typing import Any

import pytest

from kubestack_py.ci.hosts.place import place_of
from kubestack_py.model.ci import CiHost
from kubestack_py.model.review import Place
from tests.unit.test_ci_detect import (
    AZURE,
    AZURE_PULL,
    BITBUCKET,
    BITBUCKET_PULL,
    COMMIT,
    GITHUB,
    GITHUB_PULL,
    GITLAB,
    GITLAB_MERGE,
    JENKINS,
    JENKINS_PULL,
    LIGHTHOUSE,
    LIGHTHOUSE_PULL,
    PUSHED,
)

HEAD = "e" * 40
OWN = {"KUBESTACK_COMMENT_TOKEN": "x"}
ON_GITHUB = {"KUBESTACK_COMMENT_HOST": "github"}
ON_GITLAB = {"KUBESTACK_COMMENT_HOST": "gitlab"}
ON_BITBUCKET = {"KUBESTACK_COMMENT_HOST": "bitbucket"}
REPOS = {**AZURE, "BUILD_REPOSITORY_ID": "4f1d", "BUILD_REPOSITORY_PROVIDER": "TfsGit"}
PUBLIC, CLOUD = "https://api.github.com", "https://api.bitbucket.org/2.0"
DEVOPS = "https://dev.azure.com/acme"


def place(
    host: CiHost, api: str, repository: str, number: int = 0, head: str = COMMIT, *, token: str = ""
) -> Place:
    return Place(host=host, api=api, repository=repository, number=number, head=head, token=token)


@pytest.mark.parametrize(
    ("variables", "payload", "expected"),
    [
        pytest.param(
            {**GITHUB, **GITHUB_PULL, "GITHUB_TOKEN": "x"},
            {"pull_request": {"head": {"sha": HEAD}}},
            place(CiHost.GITHUB, PUBLIC, "acme/platform", 7, HEAD, token="GITHUB_TOKEN"),
            id="pull request on GitHub: the head, not the merge that GITHUB_SHA is",
        ),
        pytest.param(
            {**GITHUB, "GITHUB_REF": "refs/heads/main", "GH_TOKEN": "x", **OWN},
            {},
            place(CiHost.GITHUB, PUBLIC, "acme/platform", token="KUBESTACK_COMMENT_TOKEN"),
            id="push on GitHub",
        ),
        pytest.param(
            {**GITHUB, "GITHUB_REF": "refs/tags/pull/7", "GITHUB_API_URL": "https://git.acme.example/api/v3"},
            {"pull_request": "no mapping"},
            place(CiHost.GITHUB, "https://git.acme.example/api/v3", "acme/platform"),
            id="tag on GitHub Enterprise",
        ),
        pytest.param(
            {**GITLAB, **GITLAB_MERGE, "GITLAB_TOKEN": "x", "CI_JOB_TOKEN": "y"},
            {},
            place(CiHost.GITLAB, "https://gitlab.com", "34", 7, COMMIT, token="GITLAB_TOKEN"),
            id="merge request on GitLab",
        ),
        pytest.param(
            {
                **GITLAB,
                **GITLAB_MERGE,
                "CI_PROJECT_ID": "35",
                "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "35",
                "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD,
                "CI_SERVER_URL": "https://git.acme.example",
                "CI_JOB_TOKEN": "y",
            },
            {},
            place(CiHost.GITLAB, "https://git.acme.example", "34", 7, HEAD),
            id="merged result of a fork on a GitLab of their own, without a token that may write notes",
        ),
        pytest.param(
            {**GITLAB, "CI_COMMIT_BRANCH": "main"},
            {},
            place(CiHost.GITLAB, "https://gitlab.com", "34"),
            id="push on GitLab",
        ),
        pytest.param(
            {
                **REPOS,
                **AZURE_PULL,
                "SYSTEM_PULLREQUEST_PULLREQUESTID": "123",
                "SYSTEM_PULLREQUEST_SOURCECOMMITID": HEAD,
                "SYSTEM_ACCESSTOKEN": "x",
            },
            {},
            place(CiHost.AZURE, DEVOPS, "platform/4f1d", 123, HEAD, token="SYSTEM_ACCESSTOKEN"),
            id="pull request in Azure Repos",
        ),
        pytest.param(
            {**REPOS, "BUILD_SOURCEBRANCH": "refs/heads/main"},
            {},
            place(CiHost.AZURE, DEVOPS, "platform/4f1d"),
            id="push in Azure Repos",
        ),
        pytest.param(
            {**REPOS, **AZURE_PULL, "BUILD_REPOSITORY_PROVIDER": "GitHub"},
            {},
            None,
            id="Azure Pipelines for a repository on GitHub",
        ),
        pytest.param(
            {**BITBUCKET, **BITBUCKET_PULL, "BITBUCKET_TOKEN": "x"},
            {},
            place(CiHost.BITBUCKET, CLOUD, "acme/platform", 7, COMMIT, token="BITBUCKET_TOKEN"),
            id="pull request on Bitbucket",
        ),
        pytest.param(
            {**BITBUCKET, "BITBUCKET_TAG": "apps-deploy-1"},
            {},
            place(CiHost.BITBUCKET, CLOUD, "acme/platform"),
            id="tag on Bitbucket",
        ),
        pytest.param({**JENKINS, **JENKINS_PULL, **OWN}, {}, None, id="Jenkins that is not told the host"),
        pytest.param(
            {
                **JENKINS,
                **JENKINS_PULL,
                **ON_GITHUB,
                **OWN,
                "CHANGE_URL": "https://github.com/acme/platform/pull/7",
                "GIT_URL": "https://github.com/mallory/platform.git",
            },
            {},
            place(CiHost.GITHUB, PUBLIC, "acme/platform", 7, "", token="KUBESTACK_COMMENT_TOKEN"),
            id="pull request of GitHub in Jenkins, whose commit may be a merge of its own",
        ),
        pytest.param(
            {
                **JENKINS,
                **ON_GITHUB,
                "BRANCH_NAME": "main",
                "GIT_URL": "git@git.acme.example:acme/platform.git",
            },
            {},
            place(CiHost.GITHUB, "https://git.acme.example/api/v3", "acme/platform", head=""),
            id="push to GitHub Enterprise in Jenkins, over SSH and without a token",
        ),
        pytest.param(
            {
                **JENKINS,
                **JENKINS_PULL,
                **ON_GITLAB,
                "CHANGE_URL": "https://git.acme.example:8443/group/sub/platform/-/merge_requests/7",
            },
            {},
            place(CiHost.GITLAB, "https://git.acme.example:8443", "group/sub/platform", 7, ""),
            id="merge request of a GitLab of their own in Jenkins",
        ),
        pytest.param(
            {
                **JENKINS,
                **JENKINS_PULL,
                **ON_BITBUCKET,
                "CHANGE_URL": "https://bitbucket.org/acme/platform/pull-requests/7/overview",
            },
            {},
            place(CiHost.BITBUCKET, CLOUD, "acme/platform", 7, ""),
            id="pull request of Bitbucket in Jenkins",
        ),
        pytest.param(
            {**JENKINS, **ON_GITHUB, "GIT_URL": "ssh://git@git.acme.example:2222/acme/platform"},
            {},
            place(CiHost.GITHUB, "https://git.acme.example/api/v3", "acme/platform", head=""),
            id="another address for SSH",
        ),
        pytest.param(
            {**JENKINS, **ON_GITHUB, "GIT_URL": "/srv/git/platform.git"}, {}, None, id="a path is no host"
        ),
        pytest.param(
            {**LIGHTHOUSE, **LIGHTHOUSE_PULL, **ON_GITLAB, **OWN},
            {},
            place(
                CiHost.GITLAB, "https://git.acme.example", "acme/platform", 7, token="KUBESTACK_COMMENT_TOKEN"
            ),
            id="pull request in Lighthouse",
        ),
        pytest.param(
            {**LIGHTHOUSE, **PUSHED, **ON_GITLAB},
            {},
            place(CiHost.GITLAB, "https://git.acme.example", "acme/platform", head=""),
            id="push in Lighthouse",
        ),
        pytest.param({**LIGHTHOUSE, **PUSHED}, {}, None, id="Lighthouse that is not told the host"),
        pytest.param({"CI": "true", **OWN}, {}, None, id="another CI system"),
        pytest.param({"GITHUB_TOKEN": "x", "GITLAB_TOKEN": "y"}, {}, None, id="a person"),
    ],
)
def test_place(variables: dict[str, str], payload: dict[str, Any], expected: Place | None) -> None:
    assert place_of(variables, payload) == expected

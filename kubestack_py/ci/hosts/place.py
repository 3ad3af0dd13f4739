"""Where the pull request is that CI works on, and which variable holds a token: from CI's variables."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kubestack_py.model.ci import REPOSITORY_HOSTS, CiHost
from kubestack_py.model.review import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN_TOKEN = "KUBESTACK_COMMENT_TOKEN"  # noqa: S105 - the name of a variable
DEPLOY_TOKEN = "KUBESTACK_DEPLOY_TOKEN"  # noqa: S105 - for pull requests in another repository
OWN_HOST = "KUBESTACK_COMMENT_HOST"  # for CI systems that watch the repositories of others
USUAL_TOKENS = {
    CiHost.GITHUB: ("GITHUB_TOKEN", "GH_TOKEN"),
    CiHost.GITLAB: ("GITLAB_TOKEN",),
    CiHost.BITBUCKET: ("BITBUCKET_TOKEN",),
    CiHost.AZURE: ("SYSTEM_ACCESSTOKEN",),
}
_PULL = re.compile(r"refs/pull/(\d+)/")
_REQUEST = re.compile(r"/(-/merge_requests|pull|pull-requests)/\d+(/.*)?$")


def place_of(environ: Mapping[str, str], payload: Mapping[str, Any] | None = None) -> Place | None:
    """The repository on its host, with the pull request where there is one; None on other hosts.

    `payload` is the event file of GitHub. `token` stays empty where no variable holds one, and `head`
    where the CI system does not tell which commit the pull request is at.
    """
    for find in (_github, _gitlab, _azure, _bitbucket, _elsewhere):
        place = find(environ, payload or {})
        if place is not None:
            return place
    return None


def _token(environ: Mapping[str, str], host: CiHost) -> str:
    names = (OWN_TOKEN, *USUAL_TOKENS[host])
    return next((name for name in names if environ.get(name)), "")


def _number(text: object) -> int:
    return int(str(text)) if str(text).isascii() and str(text).isdigit() else 0


def _github(environ: Mapping[str, str], payload: Mapping[str, Any]) -> Place | None:
    """docs.github.com, "Variables"; on a pull request GITHUB_SHA is a merge that nobody sees."""
    repository = environ.get("GITHUB_REPOSITORY", "")
    if environ.get("GITHUB_ACTIONS") != "true" or not repository:
        return None
    found = _PULL.match(environ.get("GITHUB_REF", ""))
    pull_request = payload.get("pull_request")
    head = pull_request.get("head") if isinstance(pull_request, dict) else None
    sha = head.get("sha") if isinstance(head, dict) else None
    return Place(
        host=CiHost.GITHUB,
        api=environ.get("GITHUB_API_URL") or "https://api.github.com",
        repository=repository,
        number=_number(found[1]) if found else 0,
        head=str(sha or environ.get("GITHUB_SHA", "")),
        token=_token(environ, CiHost.GITHUB),
    )


def _gitlab(environ: Mapping[str, str], _payload: Mapping[str, Any]) -> Place | None:
    """docs.gitlab.com, "Predefined CI/CD variables". CI_JOB_TOKEN may not write notes."""
    project = environ.get("CI_MERGE_REQUEST_PROJECT_ID") or environ.get("CI_PROJECT_ID", "")
    if environ.get("GITLAB_CI") != "true" or not project:
        return None
    return Place(
        host=CiHost.GITLAB,
        api=environ.get("CI_SERVER_URL") or "https://gitlab.com",
        repository=project,
        number=_number(environ.get("CI_MERGE_REQUEST_IID", "")),
        head=environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or environ.get("CI_COMMIT_SHA", ""),
        token=_token(environ, CiHost.GITLAB),
    )


def _azure(environ: Mapping[str, str], _payload: Mapping[str, Any]) -> Place | None:
    """learn.microsoft.com, "Use predefined variables"; only for repositories in Azure Repos."""
    names = ("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_REPOSITORY_ID")
    collection, project, repository = (environ.get(name, "") for name in names)
    provider = environ.get("BUILD_REPOSITORY_PROVIDER", "TfsGit")
    if environ.get("TF_BUILD") != "True" or provider != "TfsGit" or not (collection and repository):
        return None
    return Place(
        host=CiHost.AZURE,
        api=collection.rstrip("/"),
        repository=f"{project}/{repository}",
        number=_number(environ.get("SYSTEM_PULLREQUEST_PULLREQUESTID", "")),
        head=environ.get("SYSTEM_PULLREQUEST_SOURCECOMMITID") or environ.get("BUILD_SOURCEVERSION", ""),
        token=_token(environ, CiHost.AZURE),
    )


def _bitbucket(environ: Mapping[str, str], _payload: Mapping[str, Any]) -> Place | None:
    """support.atlassian.com, "Variables and secrets"."""
    repository = environ.get("BITBUCKET_REPO_FULL_NAME", "")
    if not environ.get("BITBUCKET_BUILD_NUMBER") or not repository:
        return None
    return Place(
        host=CiHost.BITBUCKET,
        api="https://api.bitbucket.org/2.0",
        repository=repository,
        number=_number(environ.get("BITBUCKET_PR_ID", "")),
        head=environ.get("BITBUCKET_COMMIT", ""),
        token=_token(environ, CiHost.BITBUCKET),
    )


def _elsewhere(environ: Mapping[str, str], _payload: Mapping[str, Any]) -> Place | None:
    """Jenkins (branch API and git plugins) and Lighthouse: KUBESTACK_COMMENT_HOST names the host.

    A build of Jenkins may be at a merge that only Jenkins knows, so it does not tell the head.
    """
    from kubestack_py.ci.hosts.remote import place_of_remote

    host = next((host for host in REPOSITORY_HOSTS if environ.get(OWN_HOST) == host), None)
    jenkins = bool(environ.get("JENKINS_URL"))
    names = ("CHANGE_URL", "GIT_URL") if jenkins else ("REPO_URL",)
    address = next((environ[name] for name in names if environ.get(name)), "")
    place = place_of_remote(_REQUEST.sub("", address), {}, host)
    if host is None or place is None or place.host is not host:
        return None
    return replace(
        place,
        number=_number(environ.get("CHANGE_ID" if jenkins else "PULL_NUMBER", "")),
        head="" if jenkins else environ.get("PULL_PULL_SHA", ""),
        token=OWN_TOKEN if environ.get(OWN_TOKEN) else "",
    )

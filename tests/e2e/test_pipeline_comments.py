"""The pipelines of hosts that are told of a pull request: one comment, from the plan to the apply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kubestack_py.model.review import ReviewState, mark_of
from tests.cli.test_drift import tamper
from tests.conftest import git
from tests.e2e.ci_hosts import Happened, Host
from tests.e2e.test_pipelines import change
from tests.hosts.azure import FakeAzure
from tests.hosts.github import FakeGitHub
from tests.hosts.gitlab import FakeGitLab
from tests.hosts.server import serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.platforms import Platform

PULL = Happened(kind="pull_request", ref="refs/heads/more-cpu")
MERGED = Happened(kind="push", ref="refs/heads/main")


def on_github(fake: Any) -> dict[str, str]:
    return {"GITHUB_API_URL": fake.url, "KUBESTACK_COMMENT_TOKEN": fake.token}


def on_gitlab(fake: Any) -> dict[str, str]:
    return {"CI_SERVER_URL": fake.url, "CI_PROJECT_ID": "42", "KUBESTACK_COMMENT_TOKEN": fake.token}


def on_azure(fake: Any) -> dict[str, str]:
    return {
        "System.TeamFoundationCollectionUri": f"{fake.url}/",
        "System.TeamProject": "acme",
        "Build.Repository.ID": "repo-id",
        "System.AccessToken": fake.token,
    }


def on_jenkins(fake: Any) -> dict[str, str]:
    """The token is what the test's model of Jenkins gives for the credential."""
    fake.token = "secret of kubestack-comment"
    return {"GIT_URL": f"{fake.url}/acme/platform.git"}


HOSTS: dict[str, tuple[Callable[[], Any], Callable[[Any], dict[str, str]], str]] = {
    "github": (FakeGitHub, on_github, ""),
    "gitlab": (FakeGitLab, on_gitlab, ""),
    "azure": (FakeAzure, on_azure, ""),
    "jenkins": (FakeGitLab, on_jenkins, ", host: gitlab"),
}


def states(fake: Any) -> list[str]:
    """The states that the comment went through since this was last asked."""
    found = []
    for request in fake.requests:
        body = request.body if isinstance(request.body, dict) else {}
        first: dict[str, Any] = next(iter(body.get("comments", [])), {})
        mark = mark_of(body.get("body") or body.get("content") or first.get("content") or "")
        if mark:
            found.append(str(mark.state))
    fake.requests.clear()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTS)
def test_comment_follows_a_pull_request(start: Callable[..., Host], hosted: Platform, name: str) -> None:
    make, more, settings = HOSTS[name]
    host = start(name, f", comment: {{labels: true{settings}}}")
    change(hosted, "more-cpu")
    with serving(make()) as fake:
        assert isinstance(fake, FakeGitHub | FakeGitLab | FakeAzure)
        host.more = more(fake)
        fake.head = host.head(PULL)
        ran = host.run(PULL)
        assert ran.succeeded == ran.jobs.keys() == {"validate", "pull-request"}, ran.said
        assert states(fake) == [ReviewState.PLANNED], ran.said
        [comment] = fake.comments
        mark = mark_of(fake.text(comment))
        assert mark is not None
        assert mark.head == fake.head
        assert fake.statuses
        assert fake.labels == ["add-or-update"]
        assert fake.token not in ran.said

        hosted.git("merge", "--quiet", "--no-ff", "--no-edit", "more-cpu")
        hosted.push()
        fake.merged = {git(hosted.root, "rev-parse", "main"): 7}
        ran = host.run(MERGED)
        assert ran.succeeded == ran.jobs.keys() == {"apply-ops", "preview-apps"}, ran.said
        assert states(fake) == [ReviewState.APPLYING, ReviewState.APPLIED], ran.said
        [comment] = fake.comments
        assert "applied to ops" in fake.text(comment)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gitlab", "azure", "jenkins"])
def test_fork_is_told_where_its_job_may_write(
    start: Callable[..., Host], hosted: Platform, name: str
) -> None:
    make, more, settings = HOSTS[name]
    host = start(name, f", comment: {{labels: true{settings}}}")
    change(hosted, "more-cpu")
    with serving(make()) as fake:
        assert isinstance(fake, FakeGitHub | FakeGitLab | FakeAzure)
        host.more, fake.head = more(fake), host.head(PULL)
        ran = host.run(Happened(kind="pull_request", ref=PULL.ref, fork=True))
        assert ran.jobs == {"validate": True, "fork": True}, ran.said
        [comment] = fake.comments
        assert "from a fork is validated only" in fake.text(comment)
        assert fake.labels == []


@pytest.mark.slow
def test_comment_is_outdated_where_somebody_pushed_meanwhile(
    start: Callable[..., Host], hosted: Platform
) -> None:
    host = start("jenkins", ", comment: {host: gitlab}")
    change(hosted, "more-cpu")
    with serving(FakeGitLab()) as fake:
        assert isinstance(fake, FakeGitLab)
        host.more, fake.head = on_jenkins(fake), "b" * 40
        assert host.run(PULL).jobs == {"validate": True, "pull-request": True}
        assert states(fake) == [ReviewState.OUTDATED]


@pytest.mark.slow
def test_drift_is_red_after_its_issue_is_written(start: Callable[..., Host], hosted: Platform) -> None:
    host = start("github")
    assert host.run(MERGED).succeeded == {"apply-ops", "preview-apps"}
    tamper(hosted, "ops", "replicas: 1", "replicas: 7")
    with serving(FakeGitHub()) as fake:
        assert isinstance(fake, FakeGitHub)
        host.more = on_github(fake)
        assert host.run(Happened(kind="schedule")).jobs == {"drift": False}
        [issue] = fake.issues
        assert issue["state"] == "open"
        assert "replicas" in issue["body"]

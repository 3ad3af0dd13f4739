"""`kubestack image set --branch --push` and the one pull request of each application, on loopback."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.test_images import OVERLAY, deploy, overlay
from tests.conftest import commit, git
from tests.hosts.github import REPOSITORY, FakeGitHub
from tests.hosts.server import Answer, serving
from tests.platforms import Ended, invoke, kubestack

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["deploy"]
HELPER = '!f() { echo username=robot; echo "password=$KUBESTACK_DEPLOY_TOKEN"; }; f'


@contextmanager
def moved_to(fake: Any, bare: Path, clone: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The repository of a remote on a host, whose address and token CI tells."""
    place = bare.parent / "hosted" / f"{REPOSITORY}.git"
    place.parent.mkdir(parents=True)
    bare.rename(place)
    git(place, "config", "http.receivepack", "true")
    fake.repositories, fake.pulls.repository = bare.parent / "hosted", place
    with serving(fake):
        git(clone, "remote", "set-url", "origin", f"{fake.url}/{REPOSITORY}.git")
        git(clone, "config", "--global", "credential.helper", HELPER)
        monkeypatch.setenv("GITHUB_SERVER_URL", fake.url)
        monkeypatch.setenv("GITHUB_API_URL", fake.url)
        monkeypatch.setenv("KUBESTACK_DEPLOY_TOKEN", fake.token)
        yield fake


@pytest.fixture
def host(deploy: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    """GitHub with the deploy repository."""
    with moved_to(FakeGitHub(), deploy.parent / "host.git", deploy, monkeypatch) as fake:
        yield fake


def update(where: Path, tag: str, *more: str, app: str = "web", environment: str = "ops") -> Ended:
    image = f"example.com/web:{tag}"
    return invoke(where, "image", "set", app, image, "-e", environment, "--branch", "--push", *more)


def opened(host: FakeGitHub) -> list[tuple[str, str]]:
    return [(pull.source, pull.title) for pull in host.pulls.all if pull.open]


def clone(host: FakeGitHub, where: Path) -> Path:
    git(where.parent, "clone", "--quiet", f"{host.url}/{REPOSITORY}.git", where.name)
    return where


def test_lighthouse_merges_by_labels_that_follow_the_environments(deploy: Path, host: FakeGitHub) -> None:
    settings = deploy / "kubestack.yaml"
    settings.write_text(settings.read_text() + "ci: {host: lighthouse}\n")
    commit(deploy)
    git(deploy, "push", "--quiet", "origin", "HEAD:main")
    done = update(deploy, "v2")
    assert done.code == 0
    assert "warning" not in done.said.lower(), done.said
    [pull] = host.pulls.all
    assert pull.labels == ["env/ops", "updatebot"]
    pull.labels.append("size/S")
    assert update(deploy, "v3", environment="apps").code == 0
    assert pull.labels == ["env/ops", "size/S", "env/apps"], "what changes apps, too, waits for people"


@pytest.mark.slow
def test_request_is_opened_reused_and_one_for_each_application(deploy: Path, host: FakeGitHub) -> None:
    done = update(deploy, "v2")
    assert done.code == 0, done.said
    assert f"pull request {host.url}/{REPOSITORY}/pull/11: opened" in done.out
    assert "pull/11: updated" in update(deploy, "v3").out
    again = update(deploy, "v3")
    assert "There is nothing to do" in again.err
    assert "pull/11: as it was" in again.out
    update(deploy, "v4", environment="apps")
    update(deploy, "v5", app="api")
    assert opened(host) == [
        ("kubestack/image/web", "Set web in ops to v3, apps to v4"),
        ("kubestack/image/api", "Set api in ops to v5"),
    ]
    assert "| `ops` | `example.com/web:v3` |\n| `apps` | `example.com/web:v4` |" in host.pulls.all[0].body
    assert host.token not in done.said + again.said


def test_run_that_ended_between_push_and_request_is_made_good(deploy: Path, host: FakeGitHub) -> None:
    assert "Open a pull request from kubestack/image/web to main" in update(deploy, "v2", "--no-request").err
    assert opened(host) == []
    assert "pull/11: opened" in update(deploy, "v2", "--request").out


@pytest.mark.slow
def test_request_of_which_nothing_is_left_is_closed(deploy: Path, host: FakeGitHub, tmp_path: Path) -> None:
    update(deploy, "v2")
    other = clone(host, tmp_path / "other")
    commit(other, "decide", {overlay("web", "ops"): OVERLAY.replace("v1", "v2")})
    git(other, "push", "--quiet")
    done = update(deploy, "v2")
    assert done.code == 0, done.said
    assert "pull/11: closed, as nothing is left of it" in done.out
    assert opened(host) == []
    assert host.pulls.said[0][0] == 11
    assert "pull/12: opened" in update(deploy, "v3").out


def test_merged_branch_makes_way_for_a_new_request(deploy: Path, host: FakeGitHub, tmp_path: Path) -> None:
    update(deploy, "v2")
    other = clone(host, tmp_path / "other")
    git(other, "merge", "--quiet", "--no-ff", "-m", "merged", "origin/kubestack/image/web")
    git(other, "push", "--quiet", "origin", "main", ":kubestack/image/web")
    host.pulls.all[0].open = False
    nothing = update(deploy, "v2")
    assert (nothing.code, "pull request" in nothing.out) == (0, False)
    assert "pull/12: opened" in update(deploy, "v3").out


@pytest.mark.slow
def test_updates_at_once_share_the_request_of_their_application(deploy: Path, host: FakeGitHub) -> None:
    jobs = [("web", "v2", "ops"), ("web", "v3", "apps"), ("api", "v4", "ops")]
    clones = [clone(host, deploy.parent / f"clone{number}") for number in range(len(jobs))]

    def run(number: int) -> Ended:
        app, tag, environment = jobs[number]
        options = ["-e", environment, "--branch", "--push", "--request"]
        return kubestack(clones[number], "image", "set", app, f"example.com/web:{tag}", *options)

    with ThreadPoolExecutor(len(jobs)) as pool:
        done = list(pool.map(run, range(len(jobs))))
    assert [item.code for item in done] == [0] * len(jobs), [item.said for item in done]
    titles = dict(opened(host))
    assert len(titles) == len(opened(host)) == 2
    assert titles["kubestack/image/api"] == "Set api in ops to v4"
    assert set(titles["kubestack/image/web"].removeprefix("Set web in ").split(", ")) == {
        "ops to v2",
        "apps to v3",
    }


def test_refusal_of_the_host_is_told_and_the_branch_is_there(deploy: Path, host: FakeGitHub) -> None:
    no: list[Any] = [Answer(status=403, body={"message": "Resource not accessible"})]
    host.refuse["GET"] = list(no)
    warned = update(deploy, "v2")
    assert warned.code == 0
    assert "web is pushed, but its pull request is not up to date: GitHub does not let" in warned.err
    assert "Open a pull request from kubestack/image/web to main" in warned.err
    host.refuse["GET"] = list(no)
    failed = update(deploy, "v3", "--request")
    assert failed.code == 1
    assert "Give the token in KUBESTACK_DEPLOY_TOKEN `pull-requests: write`" in failed.err
    bare = deploy.parent / "hosted" / f"{REPOSITORY}.git"
    assert "v3" in git(bare, "show", f"kubestack/image/web:{overlay('web', 'ops')}")


def test_request_that_cannot_be_opened_is_refused_before_anything_is_pushed(
    deploy: Path, host: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBESTACK_DEPLOY_TOKEN")
    refused = update(deploy, "v2", "--request")
    assert refused.code == 2
    assert "no variable holds a token for this host" in refused.err
    git(deploy, "remote", "set-url", "origin", "/srv/nowhere.git")
    refused = update(deploy, "v2", "--request")
    assert "no host that kubestack knows" in refused.err
    assert (
        "--request belongs to"
        in invoke(deploy, "image", "set", "web", "example.com/web:v2", "-e", "ops", "--request").err
    )
    assert host.requests == []

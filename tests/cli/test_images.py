"""`kubestack image`: updates as commits and branches, at once or one by one, and promotion by proof."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cli.test_parity import check_schema
from tests.conftest import commit, git, make_remote, make_repository
from tests.platforms import Ended, invoke, kubestack
from tests.registries import Answer, digest_of, misbehaving, push_image, registry

SETTINGS = """\
version: 1
name: acme
environments:
  - {name: ops, apply_on: {branch: main}}
  - {name: apps, apply_on: {tag: "apps-deploy-*"}}
stacks:
  - path: manifests/*
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example.com/web}, {name: side, image: "example.com/side:1"}]}
"""
OVERLAY = "resources: [../../base]  # both\nimages:\n  - name: example.com/web\n    newTag: v1\n"


def overlay(app: str, environment: str) -> str:
    return f"manifests/{app}/overlays/{environment}/kustomization.yaml"


@pytest.fixture
def deploy(tmp_path: Path) -> Path:
    """A deploy repository with two applications, and its host."""
    tree = {"kubestack.yaml": SETTINGS}
    for app in ("web", "api"):
        tree[f"manifests/{app}/base/kustomization.yaml"] = "resources: [web.yaml]\n"
        tree[f"manifests/{app}/base/web.yaml"] = DEPLOYMENT.replace("namespace: web", f"namespace: {app}")
        tree |= {overlay(app, environment): OVERLAY for environment in ("ops", "apps")}
    repository = make_repository(tmp_path / "deploy", tree)
    make_remote(repository, tmp_path / "host.git")
    return repository.root


def clone(deploy: Path, name: str) -> Path:
    git(deploy.parent, "clone", "--quiet", "host.git", name)
    return deploy.parent / name


def ok(where: Path, *args: str) -> Ended:
    done = invoke(where, "image", *args)
    assert done.code == 0, done.said
    return done


def at_host(deploy: Path, branch: str, path: str) -> str:
    return git(deploy.parent / "host.git", "show", f"{branch}:{path}") + "\n"


def push(where: Path, app: str, tag: str, *more: str, environment: str = "ops") -> Ended:
    return ok(
        where, "set", app, f"example.com/web:{tag}", "-e", environment, "--push", *(more or ("--branch",))
    )


def test_branch_is_reused_and_goes_on(deploy: Path) -> None:
    first = push(deploy, "web", "v2")
    assert "Open a pull request from kubestack/image/web to main" in first.err
    assert at_host(deploy, "kubestack/image/web", overlay("web", "ops")) == OVERLAY.replace("v1", "v2")
    again = push(deploy, "web", "v2")
    assert "There is nothing to do" in again.err
    push(deploy, "web", "v2", environment="apps")
    push(deploy, "web", "v3")
    assert at_host(deploy, "kubestack/image/web", overlay("web", "ops")) == OVERLAY.replace("v1", "v3")
    assert at_host(deploy, "kubestack/image/web", overlay("web", "apps")) == OVERLAY.replace("v1", "v2")
    assert git(deploy, "status", "--porcelain") == ""
    assert at_host(deploy, "main", overlay("web", "ops")) == OVERLAY


def test_branch_follows_the_default_branch_without_a_conflict(deploy: Path) -> None:
    push(deploy, "web", "v2")
    push(deploy, "web", "v2", environment="apps")
    # The default branch decides about ops by itself, on the line that the proposal is about.
    other = clone(deploy, "other")
    commit(other, "decide", {overlay("web", "ops"): OVERLAY.replace("v1", "v9")})
    git(other, "push", "--quiet")
    done = push(deploy, "web", "v2", environment="apps")
    assert "left to the default branch: ops example.com/web:v2" in done.err
    assert at_host(deploy, "kubestack/image/web", overlay("web", "ops")) == OVERLAY.replace("v1", "v9")
    assert at_host(deploy, "kubestack/image/web", overlay("web", "apps")) == OVERLAY.replace("v1", "v2")
    git(other, "fetch", "--quiet")
    git(other, "merge", "--quiet", "--ff-only", "origin/kubestack/image/web")

    # What was dropped does not come back once the default branch moves on.
    git(other, "reset", "--quiet", "--hard", "origin/main")
    commit(other, "move on", {"README.md": "moved\n"})
    git(other, "push", "--quiet")
    push(deploy, "web", "v3", environment="apps")
    assert at_host(deploy, "kubestack/image/web", overlay("web", "ops")) == OVERLAY.replace("v1", "v9")
    assert at_host(deploy, "kubestack/image/web", overlay("web", "apps")) == OVERLAY.replace("v1", "v3")


def test_branches_of_two_applications_merge_in_any_order(deploy: Path) -> None:
    push(deploy, "web", "v2")
    push(deploy, "api", "v3")
    git(deploy, "fetch", "--quiet")
    for app in ("web", "api"):
        git(deploy, "merge", "--quiet", "--no-edit", f"origin/kubestack/image/{app}")
    assert (deploy / overlay("web", "ops")).read_text() == OVERLAY.replace("v1", "v2")
    assert (deploy / overlay("api", "ops")).read_text() == OVERLAY.replace("v1", "v3")


def test_commits_of_others_on_the_branch_are_kept_or_the_update_is_refused(deploy: Path) -> None:
    push(deploy, "web", "v2")
    other = clone(deploy, "other")
    git(other, "checkout", "--quiet", "kubestack/image/web")
    commit(other, "by hand", {"manifests/web/NOTES.md": "why\n"})
    git(other, "push", "--quiet")
    push(deploy, "web", "v3")
    assert at_host(deploy, "kubestack/image/web", "manifests/web/NOTES.md") == "why\n"
    git(other, "checkout", "--quiet", "main")
    commit(other, "main moves", {"README.md": "moved\n"})
    git(other, "push", "--quiet")
    refused = invoke(deploy, "image", "set", "web", "example.com/web:v4", "-e", "ops", "--branch", "--push")
    assert refused.code == 2
    assert "which is no update of an image" in refused.err
    assert at_host(deploy, "kubestack/image/web", "manifests/web/NOTES.md") == "why\n"


@pytest.mark.slow
@pytest.mark.parametrize("where", ["--branch", "--commit"])
def test_updates_at_once_lose_nothing(deploy: Path, where: str) -> None:
    """Four clones: two applications, and two environments of one of them."""
    jobs = [("web", "v2", "ops"), ("web", "v3", "apps"), ("api", "v4", "ops"), ("api", "v5", "apps")]
    clones = [clone(deploy, f"clone{number}") for number in range(len(jobs))]

    def update(number: int) -> Ended:
        app, tag, environment = jobs[number]
        options = ["-e", environment, where, "--push"]
        return kubestack(clones[number], "image", "set", app, f"example.com/web:{tag}", *options)

    with ThreadPoolExecutor(len(jobs)) as pool:
        done = list(pool.map(update, range(len(jobs))))
    assert [item.code for item in done] == [0] * len(jobs), [item.said for item in done]
    for app, tag, environment in jobs:
        branch = f"kubestack/image/{app}" if where == "--branch" else "main"
        assert at_host(deploy, branch, overlay(app, environment)) == OVERLAY.replace("v1", tag)


def test_refused_push_changes_nothing(deploy: Path) -> None:
    hook = deploy.parent / "host.git" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'this branch is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    before = git(deploy, "for-each-ref", "refs/heads")
    done = invoke(deploy, "image", "set", "web", "example.com/web:v2", "-e", "ops", "--commit", "--push")
    assert done.code == 1
    assert "this branch is protected" in done.err
    assert git(deploy, "for-each-ref", "refs/heads") == before
    assert git(deploy, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["web", "example.com/web", "-e", "ops"], "names neither a tag nor a digest"),
        (["web", "Example/Web:1", "-e", "ops"], "is no reference of an image"),
        (["nothing", "example.com/web:1", "-e", "ops"], "The applications are: api, web"),
        (["web", "example.com/web:1", "-e", "nowhere"], "there is no environment 'nowhere'"),
        (["web", "example.com/wbe:1", "-e", "ops"], "Its images are: example.com/web, example.com/side"),
        (["web", "example.com/web:1", "-e", "ops", "--push"], "--push belongs to"),
        (["web", "example.com/web:1", "-e", "ops", "--dry-run", "--branch"], "exclude each other"),
        (["web", "example.com/web:1", "-e", "ops", "--commit"], "main is checked out"),
    ],
)
def test_bad_input_is_refused_in_words(deploy: Path, args: list[str], said: str) -> None:
    done = invoke(deploy, "image", "set", *args)
    assert done.code == 2
    assert said in done.err
    assert git(deploy, "status", "--porcelain") == ""


@pytest.mark.slow
def test_only_what_ops_has_verified_is_promoted(deploy: Path) -> None:
    refused = invoke(deploy, "image", "promote", "web", "--to", "apps")
    assert refused.code == 5
    assert "ops has never applied manifests/web with this content" in refused.err
    ok(deploy, "set", "web", "example.com/web:v2", "-e", "ops")
    commit(deploy, "v2")
    git(deploy, "push", "--quiet")
    assert kubestack(deploy, "run").code == 0
    # What came after it is not verified, so it is not what is promoted.
    ok(deploy, "set", "web", "example.com/web:v3", "-e", "ops")
    commit(deploy, "v3")
    ok(deploy, "promote", "web", "--from", "ops", "--to", "apps", "--branch", "--push")
    assert at_host(deploy, "kubestack/image/web", overlay("web", "apps")) == OVERLAY.replace("v1", "v2")
    ok(deploy, "promote", "web", "--to", "apps")
    assert (deploy / overlay("web", "apps")).read_text() == OVERLAY.replace("v1", "v2")
    assert "nothing to do" in ok(deploy, "promote", "web", "--to", "apps").err
    assert "first environment" in invoke(deploy, "image", "promote", "web", "--to", "ops").err


@pytest.mark.slow
def test_list_shows_what_is_declared_delivered_and_verified(deploy: Path) -> None:
    assert kubestack(deploy, "run").code == 0
    ok(deploy, "set", "web", "example.com/web:v2", "-e", "ops")
    commit(deploy, "v2")
    git(deploy, "push", "--quiet")
    found = kubestack(deploy, "image", "list", "web", "-o", "json").json
    check_schema("image-list", found)
    rows = {(row["environment"], row["image"]): row for row in found["images"]}
    web = rows["ops", "example.com/web"]
    assert [
        web[place].removeprefix("example.com/web:") for place in ("declared", "delivered", "verified")
    ] == [
        "v2",
        "v1",
        "v1",
    ]
    assert rows["apps", "example.com/web"]["delivered"] == rows["apps", "example.com/web"]["verified"] == ""
    assert rows["ops", "example.com/side"]["verified"] == "example.com/side:1"
    assert "Declared" in ok(deploy, "list").out


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registry(tmp_path_factory.mktemp("registry") / "data") as found:
        yield found


def test_registry_is_asked_and_digests_are_written(deploy: Path, host: str) -> None:
    digest = push_image(host, "team/web", "1.9.0")
    push_image(host, "team/web", "1.10.0", b"newer")
    push_image(host, "team/web", "2.0.0", b"newest")
    found = ok(deploy, "check", f"{host}/team/web:1.9.0", "--newer", "semver:1.x", "-o", "json").json
    check_schema("image-check", found)
    assert (found["images"][0]["digest"], found["images"][0]["newer"]) == (digest, ["1.10.0"])
    ok(deploy, "set", "web", f"{host}/team/web:1.9.0", "-e", "ops", "--name", "example.com/web", "--pin")
    assert f"digest: {digest}" in (deploy / overlay("web", "ops")).read_text()
    push_image(host, "team/web", "1.9.0", b"moved")
    moved = ok(deploy, "check", f"{host}/team/web:1.9.0@{digest}")
    assert "the tag stands for another digest by now" in moved.out
    gone = invoke(deploy, "image", "check", f"{host}/team/web:3")
    assert gone.code == 1
    assert "there is no" in gone.out
    refused = invoke(deploy, "image", "set", "web", f"{host}/team/web:3", "-e", "ops", "--pin")
    assert refused.code == 1
    assert invoke(deploy, "image", "check", f"{host}/team/web:1.9.0", "--newer", "time").code == 2


def test_bad_registry_ends_in_words_and_nothing_is_written(deploy: Path) -> None:
    """With --pin the digest is asked for before anything moves, at the remote too."""
    lie = (200, {"Docker-Content-Digest": digest_of(b"other")}, b"{}")
    answers: list[tuple[Answer, str]] = [
        ((401, {}, b""), "to nobody without a login"),
        ((404, {}, b""), "there is no"),
        ((429, {"Retry-After": "3600"}, b""), "asks for patience"),
        (lie, "sends another content"),
    ]
    refs = git(deploy.parent / "host.git", "for-each-ref")
    with misbehaving() as bad:
        for answer, said in answers:
            bad.answer = lambda *_, answer=answer: answer
            image = f"{bad.host}/team/web:1"
            where = ["-e", "ops", "--name", "example.com/web", "--pin", "--branch", "--push"]
            done = invoke(deploy, "image", "set", "web", image, *where)
            assert (done.code, said in done.err) == (1, True), done.said
            checked = invoke(deploy, "image", "check", image)
            assert (checked.code, said in checked.out) == (1, True), checked.said
    assert git(deploy.parent / "host.git", "for-each-ref") == refs
    assert git(deploy, "status", "--porcelain") == ""

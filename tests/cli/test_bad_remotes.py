"""A Git host that refuses: evidence first, so that nothing is applied that could not be announced."""

from __future__ import annotations

import shutil

from tests.conftest import git
from tests.platforms import Platform, allow_pushes, assert_refused, own_refs, reject_pushes


def test_host_refuses_evidence(hosted: Platform) -> None:
    assert hosted.remote
    reject_pushes(hosted.remote, "refs/notes/*", "notes are not allowed here")
    words = [
        "the evidence could not be shared through origin",
        "notes are not allowed here",
        "Nothing was applied.",
        "needs the right to push refs/notes/kubestack",
    ]
    assert_refused(hosted, "run", code=1, words=words)
    assert not list((hosted.root.parent / "state").rglob("*.tfstate"))

    allow_pushes(hosted.remote)
    hosted.ok("run")
    assert hosted.statuses("ops") == ["started", "verified"]


def test_host_refuses_the_result(hosted: Platform) -> None:
    """The result is kept here, counts as not reported there, and goes along with the next push."""
    assert hosted.remote
    hook = hosted.remote / "hooks" / "pre-receive"
    hook.write_text(
        "#!/bin/sh\nwhile read -r old new ref; do\n"
        '  case "$ref" in refs/notes/*)\n'
        '    [ -e allowed-once ] && { echo "quota exceeded" >&2; exit 1; }; touch allowed-once;;\n'
        "  esac\ndone\n"
    )
    hook.chmod(0o755)
    done = hosted.kubestack("run")
    assert done.code == 1, done.said
    for word in ("could not be shared through origin", "quota exceeded", "kept in this repository"):
        assert word in done.err
    assert hosted.statuses("ops") == ["started"]

    hook.unlink()
    hosted.ok("run")
    assert hosted.statuses("ops") == ["started", "verified"]


def test_host_refuses_the_rendered_branch(hosted: Platform) -> None:
    assert hosted.remote
    reject_pushes(hosted.remote, "refs/heads/env/*", "env is protected")
    done = hosted.kubestack("run")
    assert done.code == 1, done.said
    for word in (
        "manifests/web (ops): failed",
        "ops was not delivered",
        "env is protected",
        "branch protection",
    ):
        assert word in done.said
    assert hosted.statuses("ops") == ["started", "verified"]
    assert hosted.statuses("ops", "manifests/web") == ["started", "failed"]
    assert not [ref for ref in own_refs(hosted.root) if "env/" in ref]

    allow_pushes(hosted.remote)
    done = hosted.ok("run")
    assert "infra (ops): unchanged since it was applied" in done.out
    assert "manifests/web (ops): verified" in done.out


def test_host_is_gone(hosted: Platform) -> None:
    assert hosted.remote
    shutil.move(hosted.remote, hosted.remote.parent / "elsewhere.git")
    gone = Platform(root=hosted.root)
    for command in ("apply", "run", "verify"):
        done = assert_refused(gone, command, code=1, words=["git fetch from origin", str(hosted.remote)])
        assert "bug" not in done.err


def test_host_is_gone_and_reading_goes_on(hosted: Platform) -> None:
    assert hosted.remote
    shutil.move(hosted.remote, hosted.remote.parent / "elsewhere.git")
    for command in ("status", "plan"):
        done = hosted.kubestack(command)
        assert done.code == 0, done.said
        assert "going on with what this clone knows" in done.err


def test_evidence_that_is_no_evidence(hosted: Platform) -> None:
    hosted.git("notes", "--ref=kubestack", "add", "-m", "hello", "HEAD")
    words = ["a line that is no record: hello", "kubestack evidence verify"]
    assert_refused(hosted, "apply", code=1, words=words)


def test_evidence_of_a_newer_version(hosted: Platform) -> None:
    hosted.git("notes", "--ref=kubestack", "add", "-m", '{"at":"2030-01-01T00:00:00Z","version":9}', "HEAD")
    assert_refused(hosted, "status", code=1, words=["a record of version 9", "Update kubestack"])


def test_shallow_clone_is_deepened(hosted: Platform) -> None:
    hosted.commit("more")
    hosted.push()
    shallow = hosted.root.parent / "shallow"
    git(hosted.root.parent, "clone", "--quiet", "--depth=1", f"file://{hosted.remote}", str(shallow))
    clone = Platform(root=shallow, remote=hosted.remote)
    clone.ok("run")
    assert clone.git("rev-parse", "--is-shallow-repository") == "false"
    assert clone.statuses("ops") == ["started", "verified"]

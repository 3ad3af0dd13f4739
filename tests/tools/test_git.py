"""Git as typed verbs, against the real git: odd names, bad remotes, and repositories that bring programs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kubestack_py.errors import GitError
from kubestack_py.system.git import FALLBACK_IDENTITY, CommitInfo, Git
from tests.conftest import commit, make_remote, make_repository, write_tree
from tests.conftest import git as run_git

ODD_NAMES = [
    "a b",
    "it's",
    'say "hi"',
    "$(touch x)",
    "-rf",
    "--output=x",
    "ünï ☃",
    "new\nline",
    "tab\t",
    "a;b",
    "*",
    ":x",
]
NOT_TEXT = b"\xff.tf".decode("utf-8", "surrogateescape")


@pytest.fixture
def repository(tmp_path: Path) -> Git:
    return make_repository(tmp_path / "one", {"a.txt": "one\n", "dir/b.txt": "two\n"})


@pytest.fixture
def remote(repository: Git, tmp_path: Path) -> Path:
    return make_remote(repository, tmp_path / "remote.git")


def clone(remote: Path, path: Path, *options: str) -> Git:
    run_git(remote.parent, "clone", "--quiet", *options, remote.as_uri(), str(path))
    return Git(path)


# Where it works


def test_discover_from_below(repository: Git) -> None:
    assert Git.discover(repository.root / "dir").root == repository.root.resolve()


def test_discover_outside_of_a_repository(tmp_path: Path) -> None:
    with pytest.raises(GitError) as caught:
        Git.discover(tmp_path)
    assert caught.value.message == f"{tmp_path} is not inside a Git repository"
    assert "kubestack new platform" in caught.value.hint


def test_discover_takes_odd_directory_names(tmp_path: Path) -> None:
    root = make_repository(tmp_path / "a $(touch x) ünï\nb").root
    assert Git.discover(root).root == root.resolve()


@pytest.mark.parametrize(
    "name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"]
)
def test_environment_of_another_repository_is_ignored(
    repository: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A hook of another repository, for one, runs its programs with these set."""
    expected = repository.head()
    monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert repository.head() == expected
    assert repository.dirty_paths() == ()


# What is checked out


def test_head_without_a_commit(tmp_path: Path) -> None:
    run_git(tmp_path, "init", "--quiet")
    with pytest.raises(GitError) as caught:
        Git(tmp_path).head()
    assert "has no commit yet" in caught.value.message
    assert "git commit" in caught.value.hint


def test_current_branch(repository: Git) -> None:
    assert repository.current_branch() == "main"
    run_git(repository.root, "switch", "--quiet", "--create", "fix/ünï")
    assert repository.current_branch() == "fix/ünï"
    run_git(repository.root, "checkout", "--quiet", "--detach")
    assert repository.current_branch() is None


def test_dirty_paths_of_a_clean_tree(repository: Git) -> None:
    (repository.root / ".gitignore").write_text("ignored\n")
    commit(repository.root)
    (repository.root / "ignored").touch()
    assert repository.dirty_paths() == ()


def test_dirty_paths_of_every_kind(repository: Git) -> None:
    root = repository.root
    write_tree(root, {"a.txt": "changed\n", "staged": "", "new/one": "", "new/two": ""})
    run_git(root, "add", "staged")
    (root / "dir/b.txt").unlink()
    assert sorted(repository.dirty_paths()) == ["a.txt", "dir/b.txt", "new/", "staged"]


def test_dirty_paths_of_a_rename_names_both(repository: Git) -> None:
    run_git(repository.root, "mv", "a.txt", "c.txt")
    assert sorted(repository.dirty_paths()) == ["a.txt", "c.txt"]


@pytest.mark.parametrize("name", [*ODD_NAMES, NOT_TEXT])
@pytest.mark.parametrize("tracked", [False, True])
def test_dirty_paths_with_odd_names(repository: Git, name: str, tracked: bool) -> None:
    path = repository.root / name
    path.write_text("one")
    if tracked:
        commit(repository.root)
        path.write_text("another")
    assert repository.dirty_paths() == (name,)


# Names from outside


@pytest.mark.parametrize(
    "revision", ["HEAD", "main", "refs/heads/main", "v1", "refs/tags/v1", "HEAD~0", "HEAD^{commit}"]
)
def test_resolve_names_of_a_commit(repository: Git, revision: str) -> None:
    run_git(repository.root, "tag", "--annotate", "--message", "x", "v1")
    assert repository.resolve(revision) == repository.head()
    assert repository.resolve(repository.head()[:12]) == repository.head()


@pytest.mark.parametrize(
    "revision",
    [
        "",
        "none",
        "--output=x",
        "-h",
        "--all",
        "--",
        "-",
        "HEAD~1",
        "$(touch x)",
        "main -- a.txt",
        "main\n",
        "\n",
        "^main",
        "main..main",
        "main...main",
        "main^!",
        "main^{tree}",
        "main:a.txt",
        ":a.txt",
        "@{u}",
        "x" * 5000,
        "0" * 40,
    ],
)
def test_resolve_what_is_no_commit(repository: Git, revision: str) -> None:
    assert repository.resolve(revision) is None
    assert sorted(path.name for path in repository.root.iterdir()) == [".git", "a.txt", "dir"]


def test_resolve_branch_that_looks_like_an_option(repository: Git) -> None:
    head = repository.head()
    run_git(repository.root, "update-ref", "refs/heads/--output=x", head)
    assert repository.resolve("refs/heads/--output=x") == head
    assert repository.resolve("--output=x") == head


# History


def test_ancestry_and_count(repository: Git) -> None:
    first, second = repository.head(), commit(repository.root, "second")
    assert repository.is_ancestor(first, second)
    assert repository.is_ancestor(first, first)
    assert not repository.is_ancestor(second, first)
    assert not repository.is_ancestor("f" * 40, first), "a commit that is not here is no ancestor"
    assert (
        repository.count(first, second),
        repository.count(second, first),
        repository.count("", second),
    ) == (1, 0, 2)


def test_commit_info(repository: Git) -> None:
    subject = 'größer, "quoted" $(touch x) %H'
    identity = commit(repository.root, f"{subject}\n\nbody")
    found = repository.commit_info(identity)
    assert isinstance(found, CommitInfo)
    assert (found.id, found.author, found.subject) == (identity, "Test Engineer", subject)
    assert found.date.startswith("20")
    assert repository.commit_info("f" * 40) is None


def test_is_shallow(repository: Git, remote: Path, tmp_path: Path) -> None:
    commit(repository.root, "second")
    run_git(repository.root, "push", "--quiet")
    assert not repository.is_shallow()
    assert clone(remote, tmp_path / "shallow", "--depth", "1").is_shallow()


# Trees and blobs


def test_list_tree(repository: Git) -> None:
    root = repository.root
    (root / "link").symlink_to("a.txt")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    tree = repository.list_tree(commit(root))
    assert {path: entry.mode for path, entry in tree.items()} == {
        "a.txt": "100644",
        "dir/b.txt": "100644",
        "link": "120000",
        "run.sh": "100755",
    }
    assert tree["a.txt"].blob == run_git(root, "rev-parse", "HEAD:a.txt")
    assert list(repository.list_tree("HEAD", "dir")) == ["dir/b.txt"]
    assert repository.list_tree("HEAD", "none") == {}
    assert repository.list_tree("HEAD", "di*") == {}


def test_list_tree_from_below_the_top(repository: Git) -> None:
    assert "a.txt" in Git(repository.root / "dir").list_tree("HEAD")


def test_list_tree_with_odd_names(repository: Git) -> None:
    names = [*ODD_NAMES, NOT_TEXT]
    for name in names:
        (repository.root / name).write_text("x")
    assert set(repository.list_tree(commit(repository.root))) == {"a.txt", "dir/b.txt", *names}


@pytest.mark.parametrize("name", ODD_NAMES)
def test_list_tree_of_an_odd_directory(repository: Git, name: str) -> None:
    write_tree(repository.root, {f"{name}/file": ""})
    commit(repository.root)
    assert list(repository.list_tree("HEAD", name)) == [f"{name}/file"]


def test_read_blobs_of_any_content(repository: Git) -> None:
    contents = {
        "empty": b"",
        "binary": bytes(range(256)) * 50,
        "lines": b"\n\n\n",
        "header": b"blob 5\n",
        "big": b"x" * 500_000,
    }
    for name, content in contents.items():
        (repository.root / name).write_bytes(content)
    tree = repository.list_tree(commit(repository.root))
    blobs = repository.read_blobs(entry.blob for entry in tree.values())
    assert {name: blobs[tree[name].blob] for name in contents} == contents


def test_read_blobs_of_nothing_and_of_one_twice(repository: Git) -> None:
    blob = run_git(repository.root, "rev-parse", "HEAD:a.txt")
    assert repository.read_blobs([]) == {}
    assert repository.read_blobs([blob, blob]) == {blob: b"one\n"}


@pytest.mark.parametrize("missing", ["f" * 40, "not-an-id"])
def test_read_blobs_missing(repository: Git, missing: str) -> None:
    blob = run_git(repository.root, "rev-parse", "HEAD:a.txt")
    with pytest.raises(GitError) as caught:
        repository.read_blobs([blob, missing])
    assert missing in caught.value.message
    assert "unshallow" in caught.value.hint


def test_read_file(repository: Git) -> None:
    assert repository.read_file("HEAD", "dir/b.txt") == b"two\n"
    assert repository.read_file("HEAD", "dir") is None
    assert repository.read_file("HEAD", "../one/a.txt") is None
    assert repository.read_file("f" * 40, "a.txt") is None


# Refs and remotes


def test_refs_below_prefixes(repository: Git) -> None:
    head = repository.head()
    run_git(repository.root, "branch", "fix/a")
    run_git(repository.root, "branch", "fixed")
    assert repository.refs("refs/heads/fix") == {"refs/heads/fix/a": head}
    assert repository.refs("refs/heads/fix/a", "refs/heads/main") == {
        "refs/heads/fix/a": head,
        "refs/heads/main": head,
    }
    assert repository.refs("refs/none") == {}


def test_update_ref_only_from_where_it_was(repository: Git) -> None:
    first, second = repository.head(), commit(repository.root, "second")
    repository.update_ref("refs/x/y", first, "")
    with pytest.raises(GitError):
        repository.update_ref("refs/x/y", second, "")
    with pytest.raises(GitError):
        repository.update_ref("refs/x/y", second, second)
    assert repository.refs("refs/x") == {"refs/x/y": first}
    repository.update_ref("refs/x/y", second, first)
    repository.update_ref("refs/x/y", first)
    assert repository.refs("refs/x") == {"refs/x/y": first}
    repository.delete_ref("refs/x/y")
    repository.delete_ref("refs/x/y")
    assert repository.refs("refs/x") == {}


def test_remote_is_origin_or_the_only_one(repository: Git) -> None:
    assert repository.remote() is None
    run_git(repository.root, "remote", "add", "upstream", "x")
    assert repository.remote() == "upstream"
    run_git(repository.root, "remote", "add", "fork", "x")
    assert repository.remote() is None
    run_git(repository.root, "remote", "add", "origin", "x")
    assert repository.remote() == "origin"


def test_push_that_goes_through_and_fetch_that_sees_it(repository: Git, remote: Path, tmp_path: Path) -> None:
    other = clone(remote, tmp_path / "two")
    head = commit(repository.root, "second")
    assert repository.push("origin", f"{head}:refs/heads/main", f"{head}:refs/x/y") is None
    other.fetch("origin", "+refs/x/*:refs/mine/*")
    assert other.refs("refs/mine") == {"refs/mine/y": head}
    assert not (other.root / ".git/FETCH_HEAD").exists()


def test_push_that_lost_the_race_says_so_and_changes_nothing(
    repository: Git, remote: Path, tmp_path: Path
) -> None:
    other = clone(remote, tmp_path / "two")
    winner = commit(other.root, "faster")
    assert other.push("origin", f"{winner}:refs/heads/main") is None
    late = commit(repository.root, "slower")
    said = repository.push("origin", f"{late}:refs/heads/main")
    assert said is not None
    assert "rejected" in said
    assert run_git(remote, "rev-parse", "main") == winner
    repository.fetch("origin", "+refs/heads/*:refs/remotes/origin/*")
    assert repository.push("origin", f"{late}:refs/heads/main") is not None, "still no force"


def test_push_while_the_ref_is_locked_is_a_lost_race(repository: Git, remote: Path) -> None:
    (remote / "refs/heads/x.lock").touch()
    said = repository.push("origin", f"{repository.head()}:refs/heads/x")
    assert said is not None
    assert "failed to update ref" in said


@pytest.mark.parametrize(
    "words", ["protected branch", "please fetch first", "cannot lock ref (non-fast-forward)"]
)
def test_push_that_a_hook_refuses_is_an_error_whatever_the_hook_says(
    repository: Git, remote: Path, words: str
) -> None:
    hook = remote / "hooks/pre-receive"
    hook.write_text(f"#!/bin/sh\necho '{words}' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(GitError) as caught:
        repository.push("origin", f"{repository.head()}:refs/heads/x")
    assert words in caught.value.detail
    assert "permissions" in caught.value.hint


def test_push_where_one_ref_is_late_and_another_refused_is_an_error(
    repository: Git, remote: Path, tmp_path: Path
) -> None:
    other = clone(remote, tmp_path / "two")
    other.push("origin", f"{commit(other.root, 'early')}:refs/heads/main")
    (remote / "hooks/update").write_text("#!/bin/sh\nexit 1\n")
    (remote / "hooks/update").chmod(0o755)
    late = commit(repository.root, "late")
    with pytest.raises(GitError) as caught:
        repository.push("origin", f"{late}:refs/heads/main", f"{late}:refs/heads/x")
    assert "fetch first" in caught.value.detail
    assert "hook declined" in caught.value.detail


def test_remote_that_is_gone(repository: Git, tmp_path: Path) -> None:
    run_git(repository.root, "remote", "add", "origin", str(tmp_path / "gone.git"))
    with pytest.raises(GitError, match=r"git push failed"):
        repository.push("origin", "HEAD:refs/heads/x")
    with pytest.raises(GitError, match=r"git fetch from origin failed") as caught:
        repository.fetch("origin", "+refs/heads/*:refs/x/*")
    assert "gone.git" in caught.value.detail


def test_remote_helper_that_runs_a_command_is_refused(repository: Git) -> None:
    marker = repository.root / "marker"
    run_git(repository.root, "remote", "add", "origin", f"ext::sh -c touch% {marker}")
    with pytest.raises(GitError):
        repository.fetch("origin", "+refs/heads/*:refs/x/*")
    assert not marker.exists()


# What a repository could bring along


def test_hooks_and_monitors_of_the_repository_are_not_run(
    repository: Git, remote: Path, tmp_path: Path
) -> None:
    root, marker = repository.root, tmp_path / "marker"
    program = write_tree(tmp_path, {"program": f'#!/bin/sh\necho "$0" >> "{marker}"\n'}) / "program"
    program.chmod(0o755)
    for hook in (
        "pre-push",
        "reference-transaction",
        "post-index-change",
        "post-checkout",
        "fsmonitor-watchman",
    ):
        (root / ".git/hooks").mkdir(exist_ok=True)
        (root / f".git/hooks/{hook}").write_bytes(program.read_bytes())
        (root / f".git/hooks/{hook}").chmod(0o755)
    run_git(root, "config", "core.fsmonitor", str(program))
    run_git(root, "config", "diff.external", str(program))
    marker.unlink(missing_ok=True)
    (root / "a.txt").write_text("changed")
    assert repository.dirty_paths() == ("a.txt",)
    repository.update_ref("refs/x/y", repository.head())
    repository.push("origin", "HEAD:refs/heads/x")
    repository.fetch("origin", "+refs/heads/*:refs/z/*")
    repository.list_tree("HEAD")
    repository.resolve("HEAD")
    assert not marker.exists()
    run_git(root, "status")
    assert marker.exists(), "a plain git runs them, so the test would have seen it"


# Who commits


def test_identity_of_the_configuration(repository: Git) -> None:
    assert repository.identity == ("Test Engineer", "test@example.com")


def test_identity_of_the_environment(repository: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_COMMITTER_NAME", "CI")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "ci@example.com")
    assert repository.identity == ("CI", "ci@example.com")


def test_identity_falls_back_to_our_own(repository: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    run_git(repository.root, "config", "user.useConfigOnly", "true")
    assert repository.identity == FALLBACK_IDENTITY


def test_call_that_fails_names_the_verb_and_shows_what_git_said(repository: Git) -> None:
    with pytest.raises(GitError) as caught:
        repository.call("rev-list", "no-such-name")
    assert caught.value.message == "git rev-list failed (exit code 128)"
    assert "no-such-name" in caught.value.detail

"""Commits made by `git fast-import`: what they hold, and that nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestack_py.errors import GitError
from kubestack_py.system.commits import data, make_commit
from kubestack_py.system.git import Git
from tests.conftest import git, make_repository


@pytest.fixture
def repository(tmp_path: Path) -> Git:
    return make_repository(tmp_path / "repository")


def _add(repository: Git, path: str, content: bytes, parent: str | None) -> str:
    change = b"M 100644 inline %s\n%s" % (path.encode(), data(content))
    return make_commit(repository, [change], parent=parent, message="Grüße\n", seconds=1_700_000_000)


def test_make_commit_first_has_no_parent_and_only_its_files(repository: Git) -> None:
    commit = _add(repository, "a/b.txt", b"one\n\0two", parent=None)
    assert repository.read_file(commit, "a/b.txt") == b"one\n\0two"
    assert list(repository.list_tree(commit)) == ["a/b.txt"]
    assert git(repository.root, "log", "--format=%P|%s|%ct", commit) == "|Grüße|1700000000"


def test_make_commit_keeps_the_files_of_its_parent(repository: Git) -> None:
    head = repository.head()
    commit = _add(repository, "new.txt", b"", parent=head)
    assert git(repository.root, "rev-parse", f"{commit}^") == head
    assert sorted(repository.list_tree(commit)) == ["README.md", "new.txt"]


def test_make_commit_is_by_the_identity_of_the_configuration(repository: Git) -> None:
    commit = _add(repository, "a", b"a", parent=None)
    assert git(repository.root, "log", "--format=%cn <%ce>", commit) == "Test Engineer <test@example.com>"


def test_make_commit_touches_no_ref_and_no_work_tree(repository: Git) -> None:
    refs = repository.refs()
    _add(repository, "a", b"a", parent=repository.head())
    assert repository.refs() == refs
    assert repository.dirty_paths() == ()
    assert not list((repository.root / ".git").glob("refs/kubestack/**/*"))


def test_make_commit_refuses_a_parent_that_is_not_here(repository: Git) -> None:
    with pytest.raises(GitError):
        _add(repository, "a", b"a", parent="1" * 40)

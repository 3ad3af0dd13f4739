"""Make repositories and their history, through GitPython: for set-up, away from every hot path.

GitPython passes names on to git as options and runs what a repository's configuration says, so it
gets only paths and names that this program made itself, and ids that are resolved already. Whatever
comes from outside goes through `system.git`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from git import Actor, Repo
from git.exc import GitCommandError

from kubestack_py.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Repository:
    """A repository that this program made, opened for writing history."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo

    @classmethod
    def open(cls, path: Path) -> Repository:
        """The repository whose work tree is `path`."""
        return cls(Repo(path, search_parent_directories=False))

    @classmethod
    def create_bare(cls, path: Path, branch: str) -> Repository:
        """A bare repository whose default branch is `branch`."""
        return cls(Repo.init(path, bare=True, initial_branch=branch))

    @classmethod
    def clone(cls, source: Path, path: Path) -> Repository:
        """A clone, with `source` as its remote `origin`."""
        return cls(Repo.clone_from(str(source), path))

    def add_remote(self, name: str, target: Path) -> None:
        """Name another repository on this disk."""
        self._repo.create_remote(name, str(target))

    def set_identity(self, name: str, email: str) -> None:
        """Say in the repository itself who commits and tags here, and that nothing is signed."""
        with self._repo.config_writer() as settings:
            settings.set_value("user", "name", name).set_value("user", "email", email)
            settings.set_value("commit", "gpgSign", "false").set_value("tag", "gpgSign", "false")

    def commit(self, message: str, files: Mapping[str, str | None], author: tuple[str, str]) -> str:
        """Write files (None: remove one), commit them, and return the commit id. No hook is run."""
        root = self._root
        for name, text in files.items():
            if text is not None:
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
        self._repo.index.add([name for name, text in files.items() if text is not None])
        gone = [name for name, text in files.items() if text is None]
        if gone:
            self._repo.index.remove(gone, working_tree=True)
        actor = Actor(*author)
        return self._repo.index.commit(message, author=actor, committer=actor, skip_hooks=True).hexsha

    def head(self) -> str:
        """The id of the commit that is checked out."""
        return self._repo.head.commit.hexsha

    def branch(self, name: str, commit: str) -> None:
        """Create a branch at a commit and check it out."""
        self._repo.create_head(name, commit).checkout()

    def checkout(self, name: str) -> None:
        """Check out a branch that exists."""
        self._repo.heads[name].checkout()

    def merge(self, branch: str, message: str, author: tuple[str, str]) -> str:
        """Merge a branch into the one that is checked out, with a merge commit; returns its id."""
        tip, other = self._repo.head.commit, self._repo.heads[branch].commit
        base = self._repo.merge_base(tip, other)[0]
        if base != tip:
            raise GitError(f"{branch} does not begin at the tip of the branch that is checked out")
        self._repo.index.reset(other, working_tree=True)
        actor = Actor(*author)
        merged = self._repo.index.commit(
            message, parent_commits=[tip, other], author=actor, committer=actor, skip_hooks=True
        )
        return merged.hexsha

    def tag(self, name: str, commit: str, message: str) -> None:
        """An annotated tag on a commit id."""
        self._repo.create_tag(name, ref=commit, message=message)

    def push(self, *refs: str) -> None:
        """Push refs by their full names to `origin`."""
        try:
            self._repo.remote("origin").push([f"{ref}:{ref}" for ref in refs]).raise_if_error()
        except GitCommandError as error:
            raise GitError(f"cannot push {', '.join(refs)}", detail=str(error.stderr)) from error

    @property
    def _root(self) -> Path:
        return Path(str(self._repo.working_tree_dir))

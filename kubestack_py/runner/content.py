"""The files of a commit or of the work tree, and the content digests of its stacks."""

from __future__ import annotations

from bisect import bisect_left
from stat import S_ISLNK, S_ISREG
from typing import TYPE_CHECKING, Protocol

from kubestack_py.model.file_names import KUSTOMIZATIONS, TERRAFORM_SUFFIXES
from kubestack_py.model.platform import StackKind
from kubestack_py.promotion.digest import content_digest

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from kubestack_py.model.changes import ContentDigest
    from kubestack_py.model.closure import Closure
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.system.git import Git

LARGEST = 8 * 2**20
LINKING_FILES = (*TERRAFORM_SUFFIXES, *KUSTOMIZATIONS)


class Content(Protocol):
    """Files by path from the top of the repository."""

    def files(self, directory: str) -> Sequence[str]:
        """Every path below a directory."""

    def read(self, path: str) -> bytes | None:
        """The bytes of one file, or None when there is no such file."""


class CommitContent:
    """The files of one commit. Those that name other files are read all at once, in one process."""

    def __init__(self, git: Git, commit: str) -> None:
        self.commit = commit
        self.tree = git.list_tree(commit)
        self._git = git
        self._paths = sorted(self.tree)
        self._blobs: dict[str, bytes] | None = None

    def files(self, directory: str) -> Sequence[str]:
        """Every path below a directory; all paths for an empty name."""
        return _below(self._paths, directory)

    def read(self, path: str) -> bytes | None:
        """The bytes of one file, or None when the commit has no such file."""
        entry = self.tree.get(path)
        if entry is None:
            return None
        if self._blobs is None:
            linking = (e.blob for p, e in self.tree.items() if p.endswith(LINKING_FILES))
            self._blobs = self._git.read_blobs(linking)
        if entry.blob not in self._blobs:
            self._blobs.update(self._git.read_blobs([entry.blob]))
        return self._blobs[entry.blob]

    def digests(
        self, stacks: Iterable[Stack], environments: Sequence[Environment]
    ) -> dict[str, dict[str, ContentDigest]]:
        """The content digest of every stack in every environment: `[stack][environment]`."""
        names = [environment.name for environment in environments]
        digests: dict[str, dict[str, ContentDigest]] = {}
        for stack in stacks:
            files = closure(stack, self).files
            digests[stack.path] = {
                item.name: content_digest(stack, item.name, names, files, self.tree, cluster=item.cluster)
                for item in environments
            }
        return digests


class WorkTreeContent:
    """The files that Git tracks or would track, as they are on disk."""

    def __init__(self, git: Git) -> None:
        listed = git.call("ls-files", "--cached", "--others", "--exclude-standard", "-z").out
        self.names = frozenset(
            name.decode("utf-8", "surrogateescape") for name in listed.split(b"\0") if name
        )
        self._root = git.root
        statuses = {name: self._status(name) for name in self.names}
        self.links = frozenset(
            name for name, status in statuses.items() if status and S_ISLNK(status.st_mode)
        )
        statuses |= {name: self._status(name, follow=True) for name in self.links}
        self.sizes = {
            name: status.st_size for name, status in statuses.items() if status and S_ISREG(status.st_mode)
        }
        self._paths = sorted(self.sizes)

    def files(self, directory: str) -> Sequence[str]:
        """Every path below a directory; all paths for an empty name."""
        return _below(self._paths, directory)

    def read(self, path: str) -> bytes | None:
        """The bytes of one file, or None when it does not exist."""
        target = self._root / path
        return target.read_bytes() if target.is_file() else None

    def _status(self, path: str, *, follow: bool = False) -> os.stat_result | None:
        try:
            return (self._root / path).stat(follow_symlinks=follow)
        except (OSError, ValueError):  # removed, or a link into a circle
            return None


class BoundedContent(WorkTreeContent):
    """The work tree for those who read all of it: what is too large, or lies elsewhere, reads as empty.

    `large` are files of more than `LARGEST` bytes, `outside` symbolic links out of the repository.
    """

    def __init__(self, git: Git) -> None:
        super().__init__(git)
        top = self._root.resolve()
        self.large: frozenset[str] = frozenset(path for path, size in self.sizes.items() if size > LARGEST)
        self.outside = frozenset(
            name for name in self.links if not (self._root / name).resolve().is_relative_to(top)
        )

    def read(self, path: str) -> bytes | None:
        """The bytes of one file, or None when it does not exist."""
        return b"" if path in self.large or path in self.outside else super().read(path)


def closure(stack: Stack, content: Content) -> Closure:
    """The files that determine a stack."""
    if stack.kind is StackKind.TERRAFORM:
        from kubestack_py.terraform.closure import closure as terraform_closure

        return terraform_closure(stack.path, content.files, content.read)
    from kubestack_py.kustomize.closure import closure as kustomize_closure

    return kustomize_closure(stack.path, content.files, content.read)


def _below(paths: list[str], directory: str) -> list[str]:
    """The part of a sorted list that lies below a directory."""
    if not directory or directory == ".":
        return paths
    prefix = f"{directory.rstrip('/')}/"
    start = bisect_left(paths, prefix)
    end = bisect_left(paths, prefix[:-1] + "0", start)  # "0" is the character after "/"
    return paths[start:end]

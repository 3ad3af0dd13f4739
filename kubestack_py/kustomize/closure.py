"""The files that determine a Kustomize stack: its own directory, and what its kustomizations refer to."""

from __future__ import annotations

import posixpath
import re
from collections import deque
from typing import TYPE_CHECKING

from kubestack_py.kustomize.kustomization import (
    Kustomization,
    Reference,
    Target,
    find,
    line_of,
    parse,
)
from kubestack_py.model.closure import Closure, Unfollowed
from kubestack_py.model.file_names import KUSTOMIZATIONS
from kubestack_py.model.finding import Location

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_REMOTE = re.compile(
    r"^(?:[A-Za-z][\w+.-]*://|git::|[\w.-]+@[\w.-]+:|(?:www\.)?github\.com[/:])|\?(?:\S*&)?(?:ref|version)="
)


def closure(
    stack: str, files: Callable[[str], Sequence[str]], read: Callable[[str], bytes | None]
) -> Closure:
    """What determines the stack in the directory `stack`.

    `files` lists the paths below a directory and `read` gives the content of a file, or None when
    there is none; both take paths relative to the repository. A directory outside the stack counts
    with its kustomization and what that refers to. A kustomization that cannot be read counts as a
    file and leads nowhere.
    """
    walk = _Walk(files, read)
    walk.add_directory(stack)
    return walk.finish()


class _Walk:
    """Follows references breadth first, each kustomization once."""

    def __init__(self, files: Callable[[str], Sequence[str]], read: Callable[[str], bytes | None]) -> None:
        self._list = files
        self._read = read
        self._files: set[str] = set()
        self._pending: deque[str] = deque()
        self._escapes: list[Unfollowed] = []
        self._remote: list[Unfollowed] = []
        self._missing: list[Unfollowed] = []

    def add_directory(self, directory: str) -> None:
        """Everything below a directory."""
        for path in self._list(directory):
            self._add(path)

    def finish(self) -> Closure:
        """Follow what is pending to its end."""
        while self._pending:
            file = self._pending.popleft()
            kustomization = parse(file, self._read(file) or b"")
            if kustomization is not None:
                for reference in kustomization.references:
                    self._follow(kustomization, reference)
        return Closure(
            files=frozenset(self._files),
            escapes=tuple(self._escapes),
            remote=tuple(self._remote),
            missing=tuple(self._missing),
        )

    def _add(self, file: str) -> None:
        if file not in self._files:
            self._files.add(file)
            if posixpath.basename(file) in KUSTOMIZATIONS:
                self._pending.append(file)

    def _follow(self, source: Kustomization, reference: Reference) -> None:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source.file), reference.path))
        if _REMOTE.search(reference.path):
            self._remote.append(_unfollowed(source, reference))
        elif target.startswith(("/", "../")) or target == "..":
            self._escapes.append(_unfollowed(source, reference))
        elif reference.target is Target.TREE:
            self.add_directory(target)
        elif not self._found("" if target == "." else target, reference.target):
            self._missing.append(_unfollowed(source, reference))

    def _found(self, path: str, target: Target) -> bool:
        """Whether the repository has the file, or the directory with a kustomization; then it is added."""
        if path in self._files or self._read(path) is not None:
            self._add(path)
            return True
        base = find(path, self._read) if target is Target.ANY else None
        if base is not None:
            self._add(base[0])
        return base is not None


def _unfollowed(source: Kustomization, reference: Reference) -> Unfollowed:
    line = line_of(source.text, reference.path)
    return Unfollowed(where=Location(path=source.file, line=line), target=reference.path)

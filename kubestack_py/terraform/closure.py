"""The files that determine a Terraform stack: its directory, its local modules, and what they read."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from kubestack_py.model.closure import Closure, Unfollowed
from kubestack_py.model.file_names import TERRAFORM_SUFFIXES
from kubestack_py.model.finding import Location
from kubestack_py.terraform import hcl
from kubestack_py.terraform.layout import DATA_DIRECTORY
from kubestack_py.terraform.references import FileReference, PathBase

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Files = Callable[[str], Sequence[str]]
    Read = Callable[[str], bytes | None]

_MAY_BE_ABSENT = {"fileexists", "fileset", ""}


def closure(stack: str, files: Files, read: Read) -> Closure:
    """What determines the stack in the directory `stack`.

    `files` lists the paths below a directory (`""` is the top) and `read` gives the content of a
    file, or None when there is none; both take paths relative to the repository. The targets of
    `dynamic` are the names of functions whose argument only Terraform knows (`file(var.x)`).
    """
    search = _Search(_normal(stack), files, read)
    while search.waiting:
        search.scan(search.waiting.pop())
    return search.finish()


class _Search:
    """Follows module directories, each once; `waiting` are those whose files were not read yet."""

    def __init__(self, stack: str, files: Files, read: Read) -> None:
        self._stack = stack
        self._files = files
        self._read = read
        self._seen: set[str] = set()
        self._found: set[str] = set()
        self._escapes: list[Unfollowed] = []
        self._remote: list[Unfollowed] = []
        self._missing: list[Unfollowed] = []
        self._dynamic: list[Unfollowed] = []
        self.waiting: list[str] = []
        self._visit(stack)

    def scan(self, directory: str) -> None:
        """Read the configuration files of one module directory."""
        for path in sorted(self._below(directory)):
            name = posixpath.basename(path)
            if posixpath.dirname(path) == directory and name.endswith(TERRAFORM_SUFFIXES):
                content = self._read(path) or b""
                for call in hcl.module_calls(content, name=name):
                    self._follow_module(call, path)
                for reference in hcl.file_references(content, name=name):
                    self._follow_file(reference, path)

    def finish(self) -> Closure:
        """What was found."""
        return Closure(
            files=frozenset(self._found),
            escapes=tuple(self._escapes),
            remote=tuple(self._remote),
            missing=tuple(self._missing),
            dynamic=tuple(self._dynamic),
        )

    def _visit(self, directory: str) -> bool:
        """Take a module directory with all that is below it; False when there is nothing."""
        below = self._below(directory)
        if directory not in self._seen:
            self._seen.add(directory)
            self.waiting.append(directory)
            self._found |= below
        return bool(below)

    def _follow_module(self, call: hcl.ModuleCall, file: str) -> None:
        here = Unfollowed(where=Location(path=file, line=call.line), target=call.source)
        target = _normal(posixpath.join(posixpath.dirname(file), call.source))
        if not call.is_local:
            self._remote.extend([here] if call.source else [])
        elif _leaves(target):
            self._escapes.append(here)
        elif not self._visit(target):
            self._missing.append(here)

    def _follow_file(self, reference: FileReference, file: str) -> None:
        where = Location(path=file, line=reference.line)
        if reference.base is PathBase.UNKNOWN:
            self._dynamic.append(Unfollowed(where=where, target=reference.function))
            return
        here = Unfollowed(where=where, target=reference.path)
        base = posixpath.dirname(file) if reference.base is PathBase.MODULE else self._stack
        joined = posixpath.join(base, reference.path)
        if _leaves(_normal(joined)):
            self._escapes.append(here)
            return
        found = self._beginning_with(joined) if reference.dynamic else self._named(_normal(joined))
        self._found |= found
        if not (found or reference.dynamic or reference.function in _MAY_BE_ABSENT):
            self._missing.append(here)

    def _named(self, path: str) -> set[str]:
        """The file of that name, or all files of the directory of that name."""
        return self._below(path) or ({path} & self._below(posixpath.dirname(path)))

    def _beginning_with(self, joined: str) -> set[str]:
        """All files whose path begins so; the beginning may end inside a name."""
        directory, _, start = joined.rpartition("/")
        prefix = posixpath.join(_normal(directory), start)
        return {file for file in self._below(_normal(directory)) if file.startswith(prefix)}

    def _below(self, directory: str) -> set[str]:
        return {path for path in self._files(directory) if DATA_DIRECTORY not in path.split("/")}


def _normal(path: str) -> str:
    """A path without `.` and needless `..`; the top of the repository is the empty string."""
    normal = posixpath.normpath(path) if path else ""
    return "" if normal == "." else normal


def _leaves(path: str) -> bool:
    return path == ".." or path.startswith(("/", "../"))

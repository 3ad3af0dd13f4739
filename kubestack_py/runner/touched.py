"""What a pull request touches: changed files, the stacks that they determine, and those around them.

A stack cannot depend on what lies outside of its directory without naming a way out of it (`..`), so only
stacks with such a line are followed through the graph of modules, bases and components; the others are
settled by their paths. That keeps a thousand stacks cheap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubestack_py.errors import UsageError
from kubestack_py.model.platform import SETTINGS_FILE
from kubestack_py.runner.content import LINKING_FILES, closure
from kubestack_py.system.yaml import YamlError, load_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kubestack_py.model.platform import Stack
    from kubestack_py.runner.content import BoundedContent
    from kubestack_py.runner.session import Session
    from kubestack_py.system.git import Git

_YAML = (".yaml", ".yml")


@dataclass(frozen=True, kw_only=True)
class Touched:
    """`base` is the commit that is compared with, `paths` the changed files, `stacks` those to look at."""

    base: str
    paths: frozenset[str]
    stacks: tuple[Stack, ...] = field(default=())


def touched(session: Session, base: str, stacks: Sequence[Stack], content: BoundedContent) -> Touched:
    """What differs between the work tree and the commit where it left `base`.

    A change of the settings touches every stack. Raises `UsageError` for a base that is not here.
    """
    commit = _fork(session.git, base)
    paths = frozenset(_changed(session.git, commit))
    if SETTINGS_FILE in paths:
        return Touched(base=commit, paths=paths, stacks=tuple(stacks))
    chosen = {stack.path for stack in stacks if _is_touched(stack, paths, content)}
    chosen |= mentioning(session.git, _gone(session.git, commit, paths, content), stacks)
    return Touched(base=commit, paths=paths, stacks=tuple(stack for stack in stacks if stack.path in chosen))


def mentioning(git: Git, texts: Iterable[str], stacks: Sequence[Stack]) -> set[str]:
    """The stacks with a file in which one of the texts stands as a word."""
    wanted = [option for text in sorted(set(texts)) if text.isprintable() for option in ("-e", text)]
    if not wanted:
        return set()
    found = git.call("grep", "-lzIFw", "--untracked", "--no-color", *wanted, ok=(0, 1)).out
    files = [name.decode("utf-8", "surrogateescape") for name in found.split(b"\0") if name]
    paths = {stack.path for stack in stacks}
    return {top for file in files for top in _parents(file) if top in paths}


def _fork(git: Git, base: str) -> str:
    commit = git.resolve(base)
    if commit is None:
        raise UsageError(
            f"there is no commit {base!r} here",
            hint="Give --changed a branch or commit of this clone: origin/main. Fetch it before in CI.",
        )
    fork = git.merge_base(commit, git.head())
    if fork is None:
        raise UsageError(
            f"this clone does not hold the commit where its history left {base}",
            hint="Fetch more of it: git fetch --unshallow.",
        )
    return fork


def _changed(git: Git, commit: str) -> Iterator[str]:
    """Paths that differ between the commit and the work tree, removed and untracked ones included."""
    options = ("--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules")
    differing = git.call("diff", *options, commit, "--").out
    untracked = git.call("ls-files", "--others", "--exclude-standard", "-z").out
    for name in (*differing.split(b"\0"), *untracked.split(b"\0")):
        if name:
            yield name.decode("utf-8", "surrogateescape")


def _is_touched(stack: Stack, paths: frozenset[str], content: BoundedContent) -> bool:
    own = f"{stack.path}/"
    if any(path.startswith(own) for path in paths):
        return True
    if not _may_leave(stack, content):
        return False
    found = closure(stack, content)
    return bool(found.files & paths) or bool(found.missing)


def _may_leave(stack: Stack, content: BoundedContent) -> bool:
    """Whether a file of the stack has a line with more `..` than would stay inside, or with an escape."""
    for path in content.files(stack.path):
        if path.endswith(LINKING_FILES):
            depth = path.count("/") - stack.path.count("/") - 1
            text = content.read(path) or b""
            if b"\\" in text or any(line.count(b"..") > depth for line in text.split(b"\n") if b".." in line):
                return True
    return False


def _gone(git: Git, commit: str, paths: Iterable[str], content: BoundedContent) -> set[str]:
    """Names of objects that changed files had before and have no more: others may still refer to them."""
    gone: set[str] = set()
    for path in paths:
        if path.endswith(_YAML):
            before = _names(git.read_file(commit, path) or b"", path)
            gone |= before - _names(content.read(path) or b"", path)
    return gone


def _names(text: bytes, path: str) -> set[str]:
    try:
        documents = load_all(text, path)
    except YamlError:
        return set()
    found = (item.get("metadata") for item in documents if isinstance(item, dict))
    named = (item.get("name") for item in found if isinstance(item, dict))
    return {name for name in named if isinstance(name, str) and name}


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path

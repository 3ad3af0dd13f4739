"""What building a stack would fetch: bases, files and charts that are not in the repository.

Kustomize takes what it does not find for an address, and asks for it with Git or HTTP. Charts come from
where a field says, also in the configuration of a generator.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from kubestack_py.kustomize.closure import closure
from kubestack_py.kustomize.kustomization import line_of
from kubestack_py.model.closure import Unfollowed
from kubestack_py.model.file_names import KUSTOMIZATIONS
from kubestack_py.model.finding import Location
from kubestack_py.system import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_LIKE_AN_ADDRESS = re.compile(r"[:@?]|\.git\b|\b_git/|github\.com", re.IGNORECASE)
_REPOSITORIES = {"repo", "chartRepo", "chartRepoUrl"}
_YAML = (".yaml", ".yml")
UNREADABLE = "cannot be read without Kustomize"


def from_elsewhere(
    stack: str, files: Callable[[str], Sequence[str]], read: Callable[[str], bytes | None]
) -> tuple[Unfollowed, ...]:
    """Everything of that kind, with the places that ask for it; arguments as for `closure`.

    A path that is only missing is not among it, but what looks in the least like an address is, and so is a
    kustomization that cannot be read, with `UNREADABLE` in its target.
    """
    found = closure(stack, files, read)
    items = [*found.remote, *(item for item in found.missing if _LIKE_AN_ADDRESS.search(item.target))]
    for path in sorted(found.files):
        name = posixpath.basename(path)
        if name in KUSTOMIZATIONS or name.endswith(_YAML):
            items += _in_file(path, read(path) or b"", is_kustomization=name in KUSTOMIZATIONS)
    return tuple(dict.fromkeys(items))


def _in_file(path: str, text: bytes, *, is_kustomization: bool) -> Iterator[Unfollowed]:
    if not is_kustomization and b"Chart" not in text and b"\\" not in text:
        return  # no generator of charts, in whatever way its kind is written
    try:
        documents = yaml.load_all(text, path)
    except yaml.YamlError:
        if is_kustomization:
            yield Unfollowed(where=Location(path=path), target=f"{path} {UNREADABLE}")
        return
    for document in documents:
        for address in _repositories(document):
            yield Unfollowed(where=Location(path=path, line=line_of(text, address)), target=address)


def _repositories(value: object) -> Iterator[str]:
    """Where charts come from, in a generator, in a kustomization, or in a generator written out in one."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _REPOSITORIES and isinstance(inner, str):
                yield inner
            else:
                yield from _repositories(inner)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, str) and "\n" in inner:
                yield from _written_out(inner)
            else:
                yield from _repositories(inner)


def _written_out(text: str) -> Iterator[str]:
    try:
        documents = yaml.load_all(text.encode(), "")
    except yaml.YamlError:
        return
    for document in documents:
        yield from _repositories(document)

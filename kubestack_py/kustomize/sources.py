"""Where what an overlay renders is written: the file and line that a field of an object comes from.

Kustomize tells at most the file of a resource (`originAnnotations`), and nothing of patches. So the files
of the stack are searched for documents of the same kind and name, where an overlay may have added to the
name, and the one that goes the longest way along the field's path is taken, the overlay's own first.
"""

from __future__ import annotations

import posixpath
import re
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from kubestack_py.model.file_names import KUSTOMIZATIONS
from kubestack_py.model.finding import Location
from kubestack_py.system.yaml import Document, YamlError, load_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from kubestack_py.model.examined import Built

_YAML = (".yaml", ".yml")
_HASH = re.compile(r"-[a-z0-9]{10}$")


class _Source(NamedTuple):
    file: str
    name: str
    document: Document


class Sources:
    """The files of one stack; they are read when the first place is asked for."""

    def __init__(self, stack: str, files: Iterable[str], read: Callable[[str], bytes | None]) -> None:
        self._stack = stack
        self._files = sorted(files)
        self._read = read

    def place(self, item: Built, path: Sequence[str | int]) -> Location:
        """Where a field is written; the overlay's kustomization where nothing tells more."""
        best: tuple[tuple[int, int, bool], Location] | None = None
        own = self._overlay(item.environment)
        for source in self._candidates(item, own):
            line, column, steps = source.document.place(path)
            likeness = 1 if source.name == item.manifest.name else 0
            rank = (likeness, steps, source.file.startswith(own))
            if best is None or rank > best[0]:
                best = rank, Location(path=source.file, line=line, column=column)
        return best[1] if best else self._kustomization(item, own)

    def _overlay(self, environment: str) -> str:
        """The directory of an environment with a slash at its end, in `overlays/` or in the stack itself."""
        itself = f"{self._stack}/{environment}/"
        if any(file.startswith(itself) for file in self._files):
            return itself
        return f"{self._stack}/overlays/{environment}/"

    def _candidates(self, item: Built, own: str) -> Iterator[_Source]:
        others = own.removesuffix(f"{item.environment}/")
        for source in self._documents.get(item.manifest.kind, ()):
            shared = not source.file.startswith(others) or source.file.startswith(f"{self._stack}/base/")
            if (shared or source.file.startswith(own)) and source.name in item.manifest.name:
                yield source

    def _kustomization(self, item: Built, own: str) -> Location:
        """The kustomization that makes the object: a generator or a patch names it."""
        bare = _HASH.sub("", item.manifest.name)
        kustomizations = [file for file in self._files if posixpath.basename(file) in KUSTOMIZATIONS]
        mine = [file for file in kustomizations if file.startswith(own)]
        for file in [*mine, *(name for name in kustomizations if "/overlays/" not in name)]:
            found = re.search(
                rb"name:\s*[\"']?" + re.escape(bare.encode()) + rb"\b", text := self._read(file) or b""
            )
            if found:
                return Location(path=file, line=text.count(b"\n", 0, found.start()) + 1)
        return Location(path=mine[0] if mine else own.rstrip("/"), line=1 if mine else 0)

    @cached_property
    def _documents(self) -> dict[str, list[_Source]]:
        """Documents that look like objects or parts of them, by kind."""
        found: dict[str, list[_Source]] = {}
        for file in self._files:
            if file.endswith(_YAML):
                for source in self._in_file(file):
                    found.setdefault(str(_value(source.document, "kind")), []).append(source)
        return found

    def _in_file(self, file: str) -> Iterator[_Source]:
        try:
            documents = load_documents(self._read(file) or b"", file)
        except YamlError:
            return  # reported by the check of the syntax
        for document in documents:
            metadata = _value(document, "metadata")
            name = metadata.get("name") if isinstance(metadata, dict) else None
            if isinstance(name, str) and name:
                yield _Source(file, name, document)


def _value(document: Document, key: str) -> object:
    return document.value.get(key) if isinstance(document.value, dict) else None

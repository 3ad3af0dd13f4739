"""Which overlays may share one Kustomize process, and whether sharing left them alone.

Kustomize finishes names once, at the root: it appends content hashes and then rewrites references
to every object whose name or namespace changed, wherever the reference stands. In a root over many
overlays a reference of one overlay could so be answered by an object of another. Overlays that use
a feature with an effect on the whole build are kept out from the start; what is left is looked
through afterwards for a mention of another overlay's objects, and built alone when there is one.
(Kustomize: api/internal/target/kusttarget.go, api/filters/nameref/nameref.go.)
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubestack_py.kustomize.kustomization import Kustomization, Reference, Target, find, parse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from kubestack_py.model.manifest import Manifest

_PREFIXES = frozenset({"namePrefix", "nameSuffix"})
_LOCAL_FIELDS = _PREFIXES | {
    *("apiVersion", "kind", "metadata", "resources", "bases", "components", "namespace", "sortOptions"),
    *("patches", "patchesStrategicMerge", "patchesJson6902", "replacements", "images", "replicas"),
    *("labels", "commonLabels", "commonAnnotations"),
    *("configMapGenerator", "secretGenerator", "generatorOptions"),
}
_PATCHES = frozenset({"patches", "patchesStrategicMerge", "patchesJson6902"})
_NEVER_REFERRED_TO = frozenset({"Namespace", "CustomResourceDefinition"})
_HASHED = re.compile(r"-[bcdfghkmt2456789]{10}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What the kustomizations of one overlay use.

    `alone` means that it must not share a process. `renames` means that objects may change their
    names, in ways other than by a content hash. `size` is that of the files it is made of, in bytes.
    """

    fields: frozenset[str]
    alone: bool
    renames: bool
    size: int = 0


class TraitReader:
    """Reads overlays from disk; a base that many of them share is read once."""

    def __init__(self) -> None:
        self._kustomization = cache(_read_kustomization)

    def read(self, overlay: Path) -> Traits:
        """The traits of the overlay in a directory."""
        overlay = overlay.resolve()
        fields: set[str] = set()
        alone = renames = False
        size = 0
        for directory, kustomization in self._tree(overlay, set()):
            if kustomization is None:
                return Traits(fields=frozenset(fields), alone=True, renames=True)
            fields |= kustomization.fields
            size += sum(_size(directory / reference.path) for reference in kustomization.references)
            nested = directory != overlay
            alone = alone or not kustomization.fields <= (
                _LOCAL_FIELDS - _PREFIXES if nested else _LOCAL_FIELDS
            )
            renames = renames or _may_rename(directory, kustomization)
        return Traits(fields=frozenset(fields), alone=alone, renames=renames, size=size)

    def _tree(self, directory: Path, seen: set[Path]) -> Iterator[tuple[Path, Kustomization | None]]:
        """Every kustomization below a reference; None for one that is remote, missing or broken."""
        if directory in seen:
            return
        seen.add(directory)
        kustomization = self._kustomization(directory)
        yield directory, kustomization
        for reference in kustomization.references if kustomization else ():
            if reference.target is Target.ANY:
                yield from self._follow(directory, reference, seen)

    def _follow(
        self, directory: Path, reference: Reference, seen: set[Path]
    ) -> Iterator[tuple[Path, Kustomization | None]]:
        target = directory / reference.path
        if target.is_dir():
            yield from self._tree(target.resolve(), seen)
        elif not target.is_file():
            yield target, None


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def entangled(rendered: Mapping[str, Sequence[Manifest]], renaming: Collection[str]) -> frozenset[str]:
    """The stacks of one shared build whose manifests may differ from those of a build of their own.

    `renaming` names the stacks whose traits say that they rename objects.
    """
    index = _Index(rendered, renaming)

    def is_entangled(stack: str, manifest: Manifest) -> bool:
        return _depends_on_build(manifest, stack in renaming) or index.is_touched(stack, manifest)

    return frozenset(
        stack for stack, manifests in rendered.items() if any(is_entangled(stack, item) for item in manifests)
    )


class _Index:
    """Objects of all stacks by what a rewritten reference to them would say."""

    def __init__(self, rendered: Mapping[str, Sequence[Manifest]], renaming: Collection[str]) -> None:
        self._renamed: dict[str, list[tuple[str, Manifest]]] = defaultdict(list)
        self._places: dict[tuple[str, str], list[tuple[str, Manifest]]] = defaultdict(list)
        for stack, manifests in rendered.items():
            for item in manifests:
                if item.kind in _NEVER_REFERRED_TO:
                    continue
                self._places[item.namespace, item.name].append((stack, item))
                if stack in renaming or _HASHED.search(item.name):
                    self._renamed[item.name].append((stack, item))

    def is_touched(self, stack: str, referrer: Manifest) -> bool:
        """Whether a manifest mentions a renamed object of another stack, or its name with its namespace."""
        for mention in _mentions(referrer):
            if isinstance(mention, str):
                found = self._renamed.get(mention, ())
                if any(owner != stack and _reaches(referrer, item) for owner, item in found):
                    return True
            else:
                kind, place = mention
                found = self._places.get(place, ())
                if any(owner != stack and kind in ("", item.kind) for owner, item in found):
                    return True
        return False


def _depends_on_build(manifest: Manifest, renames: bool) -> bool:
    """A hash over a whole object covers the stamp; an APIService carries no prefix of its own."""
    if manifest.kind == "APIService":
        return renames
    return manifest.kind not in ("ConfigMap", "Secret") and bool(_HASHED.search(manifest.name))


def _reaches(referrer: Manifest, target: Manifest) -> bool:
    """Kustomize's rule: same namespace, or one of both has none, or the target is a service account."""
    if not referrer.namespace or not target.namespace or target.kind == "ServiceAccount":
        return True
    return referrer.namespace == target.namespace


def _mentions(manifest: Manifest) -> Iterator[str | tuple[str, tuple[str, str]]]:
    """Every text value, and every pair of name and namespace with the kind beside it, where there is one."""
    for key, value in manifest.document.items():
        if key == "metadata":
            yield from _mentions_in(value.get("annotations"))
        else:
            yield from _mentions_in(value)


def _mentions_in(value: Any) -> Iterator[str | tuple[str, tuple[str, str]]]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _mentions_in(item)
    elif isinstance(value, dict):
        name, namespace = value.get("name"), value.get("namespace")
        if isinstance(name, str) and isinstance(namespace, str):
            yield str(value.get("kind") or ""), (namespace, name)
        for item in value.values():
            yield from _mentions_in(item)


def _may_rename(directory: Path, kustomization: Kustomization) -> bool:
    """Prefixes, replacements, and patches that say so; rather once too often than missed."""
    if kustomization.fields & {*_PREFIXES, "replacements"}:
        return True
    patches = (directory / item.path for item in kustomization.references if item.field in _PATCHES)
    texts = (kustomization.text, *(_content(str(path)) or b"" for path in patches))
    return any(b"/metadata" in text or b"allowNameChange" in text for text in texts)


def _read_kustomization(directory: Path) -> Kustomization | None:
    found = find(str(directory), _content)
    return parse(*found) if found else None


def _content(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except OSError:
        return None

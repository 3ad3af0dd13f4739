"""Edits that let an application run another image in one environment. Pure: the files are given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol

from kubestack_py.errors import UsageError
from kubestack_py.kustomize.images import container_images, image_entries, set_entry
from kubestack_py.kustomize.kustomization import find
from kubestack_py.kustomize.markers import marked_values, policies_of, set_marked
from kubestack_py.model.file_names import KUSTOMIZATIONS
from kubestack_py.model.image import parse_image
from kubestack_py.scaffold.edits import Edits, FileEdit
from kubestack_py.system.yaml import YamlError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from kubestack_py.kustomize.images import ImageEntry
    from kubestack_py.model.image import ImageReference

_YAML = (".yaml", ".yml")


class Files(Protocol):
    """Files by path from the top of the repository, of a commit or of the work tree."""

    def files(self, directory: str) -> Sequence[str]:
        """Every path below a directory."""

    def read(self, path: str) -> bytes | None:
        """The bytes of one file, or None when there is no such file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageChange:
    """What an application (the path of its stack) is to run in an environment.

    `name` is the image of the manifests whose place it takes, empty to look for it; `policies` are those
    whose markers get it though the values beside them do not tell (`flux-system:web`).
    """

    stack: str
    environment: str
    image: ImageReference
    name: str = ""
    policies: tuple[str, ...] = ()


def image_edits(files: Files, change: ImageChange) -> Edits:
    """What a change of an image changes: `images:` of the overlay, and values with a marker in it.

    Raises `UsageError` where the application has no such overlay, or does not use the image.
    """
    overlay = _Overlay(files, change)
    edited = dict(overlay.marked())
    file, before = overlay.kustomization
    text = edited.get(file, before)
    for name in overlay.names(edited.keys()):
        text = set_entry(text, name, change.image, file)
    edited[file] = text
    found = (FileEdit(PurePosixPath(path), files.read(path), text) for path, text in edited.items())
    return Edits(tuple(edit for edit in found if edit.before != edit.after), overlay.notes())


def combined_edits(files: Files, changes: Iterable[ImageChange]) -> Edits:
    """What several changes do, one after the other."""
    layered, notes = _Layered(files), list[str]()
    for change in changes:
        edits = image_edits(layered, change)
        layered.edited |= {str(edit.path): edit.after or b"" for edit in edits.files}
        notes.extend(edits.notes)
    found = (FileEdit(PurePosixPath(path), files.read(path), text) for path, text in layered.edited.items())
    return Edits(tuple(edit for edit in found if edit.before != edit.after), tuple(dict.fromkeys(notes)))


class _Layered:
    """Files, some of which are edited already."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self.edited: dict[str, bytes] = {}

    def files(self, directory: str) -> Sequence[str]:
        """Every path below a directory."""
        return self._files.files(directory)

    def read(self, path: str) -> bytes | None:
        """What a file is to hold."""
        return self.edited[path] if path in self.edited else self._files.read(path)


def overlay_entries(files: Files, stack: str, environment: str) -> tuple[ImageEntry, ...]:
    """The `images:` entries of an overlay; none where there is no overlay."""
    found = find(f"{stack}/overlays/{environment}", files.read)
    return image_entries(found[1], found[0]) if found else ()


class _Overlay:
    """The overlay of a change, as it is."""

    def __init__(self, files: Files, change: ImageChange) -> None:
        self._files = files
        self._change = change
        self._top = f"{change.stack}/overlays/{change.environment}"
        found = find(self._top, files.read)
        if found is None:
            raise UsageError(
                f"{change.stack} has no overlay for {change.environment}",
                hint=f"Add {self._top}/kustomization.yaml with `resources: [../../base]`.",
            )
        self.kustomization = found

    def marked(self) -> Iterator[tuple[str, bytes]]:
        """Every file of the overlay with a marker that is about the image, as it is to be."""
        image = self._change.image
        texts = dict(_texts(self._files, self._top))
        marked = {path: marked_values(text, path) for path, text in texts.items() if b"$imagepolicy" in text}
        policies = policies_of([item for items in marked.values() for item in items], image.name)
        policies |= frozenset(self._change.policies)
        missing = set(self._change.policies) - {item.policy for items in marked.values() for item in items}
        if missing:
            raise UsageError(
                f"no value below {self._top} has a marker of {', '.join(sorted(missing))}",
                hint='A marker stands behind the value: # {"$imagepolicy": "namespace:policy"}',
            )
        for path, items in marked.items():
            if any(item.policy in policies for item in items):
                yield path, set_marked(texts[path], policies, image, path)

    def names(self, marked: Collection[str]) -> Iterator[str]:
        """The entries of `images:` that are meant, by the names they replace."""
        image, wanted = self._change.image, self._change.name
        file, text = self.kustomization
        entries = image_entries(text, file)
        meant = [entry.name for entry in entries if image.name in {entry.name, entry.new_name}]
        used = self._used()
        if wanted and (wanted in used or any(entry.name == wanted for entry in entries)):
            meant = [wanted]
        elif wanted or not (meant or image.name in used or marked):
            known = ", ".join(dict.fromkeys([*(entry.name for entry in entries), *used])) or "none"
            name, where = wanted or image.name, self._change.environment
            raise UsageError(
                f"{self._change.stack} does not use the image {name} in {where}",
                hint=f"Its images are: {known}. With --name NAME, {image.name} takes the place of one.",
            )
        elif not meant and image.name in used:
            meant = [image.name]
        yield from meant

    def notes(self) -> tuple[str, ...]:
        """What of the image is shared by all environments, and therefore left alone."""
        image = self._change.image
        shared = [
            path
            for path, text in _texts(self._files, f"{self._change.stack}/base")
            if b"$imagepolicy" in text and policies_of(marked_values(text, path), image.name)
        ]
        return tuple(f"{path} has a marker too, but all environments share that file" for path in shared)

    def _used(self) -> tuple[str, ...]:
        """The names of the images in the manifests of the base and of this overlay."""
        images = (
            parse_image(image)
            for top in (f"{self._change.stack}/base", self._top)
            for path, text in _texts(self._files, top)
            if not path.endswith(KUSTOMIZATIONS)
            for image in container_images(text, path)
        )
        return tuple(dict.fromkeys(image.name for image in images if image))


def _texts(files: Files, directory: str) -> Iterator[tuple[str, bytes]]:
    """The YAML files below a directory that can be read as text."""
    for path in files.files(directory):
        text = files.read(path) if path.endswith(_YAML) else None
        if text is not None:
            try:
                text.decode()
            except UnicodeDecodeError as error:
                raise YamlError("this is no UTF-8", name=path) from error
            yield path, text

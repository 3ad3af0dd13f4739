"""The images of a kustomization: what its `images:` entries say, and edits of them by their characters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kubestack_py.errors import EditError
from kubestack_py.model.image import ImageReference, parse_image
from kubestack_py.system.yaml import YamlError, load, load_all, locate
from kubestack_py.system.yaml_editing import insert_item, remove_key, set_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FIELDS = ("newName", "newTag", "digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageEntry:
    """One entry of `images:`: the name that manifests use, and what is put in its place.

    An empty field is one that the entry does not have; `line` is where it begins.
    """

    index: int
    name: str
    new_name: str = ""
    tag: str = ""
    digest: str = ""
    line: int = 0

    @property
    def becomes(self) -> ImageReference:
        """The image that runs: without a tag and a digest, those of the manifests."""
        return ImageReference(name=self.new_name or self.name, tag=self.tag, digest=self.digest)


def image_entries(text: bytes, file: str) -> tuple[ImageEntry, ...]:
    """The entries of a kustomization. Raises `YamlError` for one that cannot be read."""
    document = load(text, file)
    items = document.get("images") if isinstance(document, dict) else None
    return tuple(
        ImageEntry(
            index=index,
            name=str(item["name"]),
            new_name=str(item.get("newName") or ""),
            tag=str(item.get("newTag") or ""),
            digest=str(item.get("digest") or ""),
            line=locate(text, ("images", index))[0],
        )
        for index, item in enumerate(items if isinstance(items, list) else ())
        if isinstance(item, dict) and item.get("name")
    )


def set_entry(text: bytes, name: str, image: ImageReference, file: str) -> bytes:
    """Let the entry of `name` say this image; one that is missing is added.

    A tag and a digest that the image does not have are taken out: Kustomize would go on using them.
    """
    wanted = _wanted(name, image)
    known = next((entry for entry in image_entries(text, file) if entry.name == name), None)
    if known is None:
        return _added(text, {"name": name, **wanted}, file)
    path = ("images", known.index)
    for field in _FIELDS:
        if field in wanted:
            text = set_key(text, path, field, wanted[field], file)
    for field in _FIELDS:
        if field not in wanted:
            text = remove_key(text, path, field, file)
    return text


def _wanted(name: str, image: ImageReference) -> dict[str, str]:
    fields = {
        "newName": image.name if image.name != name else "",
        "newTag": image.tag,
        "digest": image.digest,
    }
    return {field: value for field, value in fields.items() if value}


def _added(text: bytes, entry: dict[str, str], file: str) -> bytes:
    document = load(text, file)
    if not isinstance(document, dict):
        raise EditError(f"{file} is no kustomization", hint="It has to be a mapping with `resources:`.")
    if document.get("images"):
        return insert_item(text, ("images",), len(document["images"]), entry, file)
    if "images" in document:
        raise EditError(
            f"{file} has an empty list of images", hint="Take `images:` out, then run this again."
        )
    end = b"\r\n" if b"\r\n" in text else b"\n"
    start = b"" if not text or text.endswith(b"\n") else end
    first = f"images:{end.decode()}  - name: {entry['name']}{end.decode()}".encode()
    edited = text + start + end + first
    for field in _FIELDS:
        if field in entry:
            edited = set_key(edited, ("images", 0), field, entry[field], file)
    meant = {key: value for key, value in document.items() if key != "images"} | {"images": [entry]}
    if load(edited, file) != meant:
        raise EditError(f"{file}: `images:` cannot be added at its end", hint="Add it by hand.")
    return edited


def container_images(text: bytes, file: str) -> Iterator[str]:
    """The images of containers in a file of manifests, in their order; none where it cannot be read."""
    try:
        documents = load_all(text, file)
    except YamlError:
        return
    for document in documents:
        yield from images_of(document)


def images_of(value: Any) -> Iterator[str]:
    """The images of the containers of an object: every list called `…ontainers` is one of containers."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.lower().endswith("containers") and isinstance(inner, list):
                found = (item.get("image") for item in inner if isinstance(item, dict))
                yield from (image for image in found if isinstance(image, str))
            else:
                yield from images_of(inner)
    elif isinstance(value, list):
        for item in value:
            yield from images_of(item)


def replaced(image: str, entries: Iterable[ImageEntry]) -> str:
    """What Kustomize makes of an image of a manifest by the entries of one kustomization."""
    reference = parse_image(image)
    for entry in entries:
        if reference is not None and reference.name == entry.name:
            kept = reference if not (entry.tag or entry.digest) else entry.becomes
            reference = replace(kept, name=entry.new_name or entry.name)
    return image if reference is None else str(reference)

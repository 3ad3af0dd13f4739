"""Setter markers of Flux' image automation in a file: `image: name:1.2 # {"$imagepolicy": "space:policy"}`.

A marker stands behind a value and says which policy sets it: the whole reference, or with `:name`,
`:tag` and `:digest` a part of it (fluxcd.io, "Configure image update for custom resources").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.errors import EditError
from kubestack_py.model.image import parse_image
from kubestack_py.system.yaml import Span, document_spans
from kubestack_py.system.yaml_editing import scalar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from kubestack_py.model.image import ImageReference

_MARKER = re.compile(r'#[ \t]*\{\s*"\$imagepolicy"\s*:\s*"([^":\s]+:[^":\s]+)(?::(name|tag|digest))?"\s*\}')
_NAMES = ("repository", "name", "newName", "image")


@dataclass(frozen=True, slots=True)
class Marked:
    """A value behind which a marker stands: `part` is empty for a whole reference.

    `beside` are the names of images in the same mapping, which tell whose tag a tag is.
    """

    policy: str
    part: str
    span: Span
    beside: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The images that it may be about."""
        if self.part in {"tag", "digest"}:
            return self.beside
        whole = parse_image(self.span.value)
        return (whole.name,) if whole else ()


def marked_values(text: bytes, file: str) -> tuple[Marked, ...]:
    """Every value with a marker that can be read. Raises `YamlError` for a file that is no YAML."""
    source = text.decode().removeprefix("\ufeff")
    if "$imagepolicy" not in source:
        return ()
    by_line: dict[int, list[tuple[Span, tuple[str, ...]]]] = {}
    for span, beside in _scalars(document_spans(source, file), ()):
        line = source.count("\n", 0, span.end)
        by_line.setdefault(line, []).append((span, beside))
    found = []
    for match in _MARKER.finditer(source):
        before = [
            item
            for item in by_line.get(source.count("\n", 0, match.start()), ())
            if item[0].end <= match.start()
        ]
        if before:
            span, beside = before[-1]
            found.append(Marked(match[1], match[2] or "", span, beside))
    return tuple(found)


def policies_of(marked: Sequence[Marked], name: str) -> frozenset[str]:
    """The policies that set an image of this name, as far as the values tell."""
    return frozenset(item.policy for item in marked if name in item.names)


def set_marked(text: bytes, policies: Collection[str], image: ImageReference, file: str) -> bytes:
    """Let every value of the policies say this image, or its part of it.

    Raises `EditError` where a part is asked for that the image does not have.
    """
    source = text.decode()
    bom = "\ufeff" if source.startswith("\ufeff") else ""
    source = source.removeprefix(bom)
    meant = [item for item in marked_values(text, file) if item.policy in policies]
    before = [span.value for span, _ in _scalars(document_spans(source, file), ())] if meant else []
    starts = [span.start for span, _ in _scalars(document_spans(source, file), ())] if meant else []
    for item in sorted(meant, key=lambda item: item.span.start, reverse=True):
        value = _part(item, image, file)
        before[starts.index(item.span.start)] = value
        if value != item.span.value:
            source = source[: item.span.start] + scalar(value, item.span.style) + source[item.span.end :]
    after = [span.value for span, _ in _scalars(document_spans(source, file), ())] if meant else []
    if after != before:
        raise EditError(
            f"{file}: a marked image cannot be edited without touching more", hint="Edit it by hand."
        )
    return (bom + source).encode()


def _part(item: Marked, image: ImageReference, file: str) -> str:
    value = {"": str(image), "name": image.name, "tag": image.tag, "digest": image.digest}[item.part]
    if not value or item.span.style in {"|", ">"}:
        raise EditError(
            f"{file}:{item.span.line}: the marker of {item.policy} asks for a {item.part or 'reference'}, "
            f"and {image} has none",
            hint="Name the image with it: NAME:TAG@sha256:…, or add --pin to have the registry asked.",
        )
    return value


def _scalars(trees: Sequence[Span], beside: tuple[str, ...]) -> Iterator[tuple[Span, tuple[str, ...]]]:
    """Every scalar in the order of the text, keys included, with the names of images beside it."""
    for tree in trees:
        if tree.kind == "scalar":
            yield tree, beside
        near = tuple(value.value for key, value in tree.pairs if key.value in _NAMES and value.value)
        for pair in tree.pairs:
            yield from _scalars(pair, near)
        yield from _scalars(tree.items, ())

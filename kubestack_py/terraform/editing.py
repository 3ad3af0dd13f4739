"""Edit a Terraform file by its bytes: what is not meant stays as people wrote it.

A value is inserted, replaced or removed where it stands. Then the file is parsed again, and what is
outside of the edit has to be read as before (`skeleton`). Every function returns a new document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.errors import EditError
from kubestack_py.terraform import hcl, hcl_json, syntax, writing
from kubestack_py.terraform.inserting import New, behind, into_empty
from kubestack_py.terraform.place import (
    Container,
    Document,
    Place,
    contents,
    find,
    indentation,
    value_of,
    with_ends,
)
from kubestack_py.terraform.removing import extent
from kubestack_py.terraform.skeleton import Splice, is_as_meant, spliced

if TYPE_CHECKING:
    from pathlib import Path

    from tree_sitter import Node

    from kubestack_py.terraform.writing import Value


def open_document(name: str, source: bytes, *, cache: Path | None) -> Document:
    """A file that can be edited. Raises `EditError` for JSON, and for what is broken, with the line.

    `cache` is as for `hcl.syntax_error`; without one there is no second opinion on what is broken.
    """
    if hcl.is_json(name):
        raise EditError(
            f"{name}:1: this file is in Terraform's JSON syntax, which is not edited",
            hint="Edit it by hand, or write what is in it as HCL, in a file that ends in .tf.",
        )
    document = Document(name, source)
    if not document.root.has_error:
        return document
    broken = syntax.first_error(document.root)
    if cache is None or hcl.syntax_error(source, cache=cache, name=name):
        raise EditError(
            f"{document.at(broken)}:{broken.start_point[1] + 1}: this is not valid HCL",
            hint="Mend it first; `terraform fmt` says more.",
        )
    raise EditError(
        f"{document.at(broken)}: Terraform takes this, but this program cannot read it well enough to edit",
        hint="Write numbers such as 1e10 in full, or edit the file by hand.",
    )


def refuse_broken(name: str, source: bytes, *, cache: Path | None) -> None:
    """Raise `EditError` with the place where a file is broken, be it HCL or JSON."""
    if not hcl.is_json(name):
        open_document(name, source, cache=cache)
    elif broken := hcl_json.syntax_error(source):
        raise EditError(
            f"{name}:{broken[0]}:{broken[1]}: this is not valid JSON", hint="Mend it first, or remove it."
        )


def insert(
    document: Document, place: Place, value: Value, *, comment: str = "", apart: bool = False
) -> Document:
    """Add an item behind the others; objects on the way to it are made where they are missing.

    `comment` goes above it, `apart` sets it off with an empty line where there are others.
    Raises `EditError` where the item is there, and where what should hold it cannot be edited.
    """
    if find(document, place):
        raise EditError(f"{document.name}: {place} is there already")
    keys = list(place.keys)
    name = keys.pop()
    while not (found := find(document, Place(place.block, tuple(keys)))):
        if not keys:
            raise EditError(f"{document.name} has no {place.block[0]} {'.'.join(place.block[1:])}")
        value, name = {name: value}, keys.pop()
    target = Place(place.block, tuple(keys))
    container = contents(document, found[1], target)
    new = New(name, value, comment, apart=apart)
    if container.items:
        splices = behind(document.source, container, new)
    else:
        splices = into_empty(document.source, container, found[1], new)
    return _made(document, splices, (target / name).path)


def replace(document: Document, place: Place, value: Value) -> Document:
    """Put another value in the place of one; what was on one line stays on one line."""
    node = value_of(_existing(document, place)[1])
    flat = node.start_point[0] == node.end_point[0] and not isinstance(value, writing.Expression)
    source = document.source
    text = (
        writing.on_one_line(value)
        if flat
        else with_ends(writing.on_lines(value, indentation(source, node.start_byte)), source, node.start_byte)
    )
    return _made(document, [Splice(node.start_byte, node.end_byte, text.encode())], place.path)


def remove(document: Document, place: Place) -> Document:
    """Take an item away, with the comments right above it and behind it; also a whole block."""
    container, item = _existing(document, place)
    start, end = extent(document.source, container, item)
    return _made(document, [Splice(start, end, b"")], place.path)


def _existing(document: Document, place: Place) -> tuple[Container, Node]:
    found = find(document, place)
    if found is None:
        raise EditError(f"{document.name} has no {place}")
    return found


def _made(document: Document, splices: list[Splice], path: tuple[str, ...]) -> Document:
    """The document after the splices, once it is sure that they did what was meant."""
    source = spliced(document.source, splices)
    if syntax.parse(source).has_error or not is_as_meant(document.source, source, splices, path):
        raise EditError(
            f"{document.name}: {'.'.join(path)} cannot be edited without touching what is around it",
            hint="The way it is written is unusual. Edit it by hand, or run `terraform fmt` first.",
        )
    return Document(document.name, source)

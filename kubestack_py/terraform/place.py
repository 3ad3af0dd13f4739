"""Where in a file something stands: a container (the file, a body, an object), and an item of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from kubestack_py.errors import EditError
from kubestack_py.terraform import syntax

if TYPE_CHECKING:
    from tree_sitter import Node

BLANK_LINES = (b"\n", b"\r\n")
_ITEMS = {"attribute", "block", "object_elem"}
_LINE_END = re.compile(rb"[ \t]*(\r?\n|\Z)")


@dataclass(frozen=True, slots=True)
class Place:
    """The address of an item: the type and labels of its block, then keys, from the outside in."""

    block: tuple[str, ...]
    keys: tuple[str, ...] = ()

    @property
    def path(self) -> tuple[str, ...]:
        """Both in one."""
        return (*self.block, *self.keys)

    def __truediv__(self, key: str) -> Place:
        return Place(self.block, (*self.keys, key))

    def __str__(self) -> str:
        return ".".join(self.path)


class Document:
    """A Terraform file that is being edited: its name for people, its bytes, its tree."""

    def __init__(self, name: str, source: bytes) -> None:
        self.name = name
        self.source = source

    @cached_property
    def root(self) -> Node:
        """The tree."""
        return syntax.parse(self.source)

    def at(self, node: Node) -> str:
        """The place of a node for a message."""
        return f"{self.name}:{syntax.line(node)}"


class Container(NamedTuple):
    """What items stand in: its node, the bytes inside of its braces, and whether commas may divide."""

    node: Node
    start: int
    end: int
    commas: bool

    @property
    def children(self) -> list[Node]:
        """Items, commas and comments in their order."""
        nodes = list(self.node.children)
        if self.node.type == "body" and self.node.parent is not None:
            nodes += [child for child in self.node.parent.children if child.type == "comment"]
        nodes = [child for child in nodes if self.start <= child.start_byte and child.end_byte <= self.end]
        return sorted(nodes, key=lambda child: child.start_byte)

    @property
    def items(self) -> list[Node]:
        """Attributes, blocks, or elements of the object."""
        return [child for child in self.children if child.type in _ITEMS]


class Tail(NamedTuple):
    """Where an item ends together with its comma and the comments behind it; the end of that line, if it
    ends there."""

    end: int
    comma: bool
    line_end: int | None


def top(document: Document) -> Container:
    """The file itself."""
    root = document.root
    body = next((child for child in root.children if child.type == "body"), root)
    return Container(body, 0, len(document.source), commas=False)


def find(document: Document, place: Place) -> tuple[Container, Node] | None:
    """The container and the node of an item, None where there is no such item.

    Raises `EditError` where the way to it leads through a value that is not written out.
    """
    blocks = [block for block in syntax.blocks(document.root) if _names(block) == place.block]
    found = (_inside(document, block.node, place) for block in blocks)
    return next((item for item in found if item), None)


def _inside(document: Document, block: Node, place: Place) -> tuple[Container, Node] | None:
    container, item = top(document), block
    for depth, key in enumerate(place.keys):
        inside = contents(document, item, Place(place.block, place.keys[:depth]))
        match = [child for child in inside.items if name_of(child) == key]
        if not match:
            return None
        container, item = inside, match[-1]
    return container, item


def contents(document: Document, item: Node, place: Place) -> Container:
    """What a block or an object holds."""
    if item.type == "block":
        brace = next(child for child in item.children if child.type == "block_start")
        end = next(child for child in item.children if child.type == "block_end")
        body = next((child for child in item.children if child.type == "body"), item)
        return Container(body, brace.end_byte, end.start_byte, commas=False)
    found = syntax.only(value_of(item), "collection_value", "object")
    if found is None:
        raise EditError(
            f"{document.at(item)}: {place} is not written out as {{ … }}, so nothing in it can be edited",
            hint="Edit the value it comes from by hand.",
        )
    return Container(found, found.children[0].end_byte, found.children[-1].start_byte, commas=True)


def value_of(item: Node) -> Node:
    """The expression of an attribute or an object element."""
    return [child for child in item.named_children if child.type != "comment"][-1]


def name_of(item: Node) -> str | None:
    """The key of an item; None for a block and where it is computed."""
    return None if item.type == "block" else syntax.key(item.named_children[0])


def tail(source: bytes, container: Container, item: Node) -> Tail:
    """Where an item ends, see `Tail`."""
    end, row, comma = item.end_byte, item.end_point[0], False
    for child in container.children:
        if child.start_byte < end:
            continue
        if child.start_point[0] != row or child.type not in {",", "comment"}:
            break
        if child.type == ",":
            comma = True
        elif source[child.start_byte : child.end_byte].endswith(b"\n"):
            break
        end, row = child.end_byte, child.end_point[0]
    line = _LINE_END.match(source, end)
    return Tail(end, comma, line.end() if line else None)


def line_start(source: bytes, at: int) -> int:
    """Where the line of a byte begins."""
    return source.rfind(b"\n", 0, at) + 1


def indentation(source: bytes, at: int) -> str:
    """The white space that the line of a byte begins with."""
    start = line_start(source, at)
    line = source[start : at if at > start else None]
    return line[: len(line) - len(line.lstrip(b" \t"))].decode()


def begins_line(source: bytes, at: int) -> bool:
    """Whether nothing but white space stands before a byte on its line."""
    return not source[line_start(source, at) : at].removeprefix(syntax.BOM).strip(b" \t")


def line_ending(source: bytes, at: int) -> str:
    """How the line of a byte ends, or the one before where it is the last."""
    start = line_start(source, at)
    end = source.find(b"\n", start)
    end = end if end >= 0 else start - 1
    return "\r\n" if end > 0 and source[end - 1 : end] == b"\r" else "\n"


def with_ends(text: str, source: bytes, at: int) -> str:
    """Text whose lines end in a line feed, with the line ends that are used around a byte."""
    return text.replace("\n", line_ending(source, at))


def _names(block: syntax.Block) -> tuple[str, ...]:
    return (block.type, *block.labels)

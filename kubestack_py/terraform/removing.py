"""The bytes that go when an item of an HCL container is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.terraform.place import BLANK_LINES, Container, begins_line, line_start, tail

if TYPE_CHECKING:
    from tree_sitter import Node


def extent(source: bytes, container: Container, item: Node) -> tuple[int, int]:
    """The bytes that go with an item."""
    end, comma, line_end = tail(source, container, item)
    if line_end is not None and begins_line(source, item.start_byte):
        start, end = _lines_of(source, container, item, line_end)
    else:
        start, end = _inline_extent(source, container, item, end, comma=comma)
    left = source[container.start : start] + source[end : container.end]
    if not left.strip() and container.commas:
        return container.start, container.end
    return start, end


def _lines_of(source: bytes, container: Container, item: Node, end: int) -> tuple[int, int]:
    """Whole lines: the comments above, and one of two empty lines that would meet."""
    first = item
    for note in reversed([child for child in container.children if child.end_byte <= item.start_byte]):
        last_row = note.end_point[0] - (note.end_point[1] == 0)
        if note.type != "comment" or last_row != first.start_point[0] - 1:
            break
        if not begins_line(source, note.start_byte):
            break
        first = note
    start = max(line_start(source, first.start_byte), container.start if container.start == 0 else 0)
    follows = source[end:]
    nothing_more = not follows[: max(0, container.end - end)].strip() and not _notes_after(container, end)
    before = source[line_start(source, max(start - 1, 0)) : start]
    if start and not before.strip() and (follows.startswith(BLANK_LINES) or nothing_more):
        start -= len(before)
    elif container.items[0] is not None and item == container.items[0] and len(container.items) > 1:
        end += next((len(blank) for blank in BLANK_LINES[::-1] if follows.startswith(blank)), 0)
    if end == len(source) and not source.endswith(b"\n") and start:
        start -= 2 if source[start - 2 : start] == b"\r\n" else 1
    return start, end


def _notes_after(container: Container, end: int) -> bool:
    return any(child.start_byte >= end for child in container.children if child.type == "comment")


def _inline_extent(
    source: bytes, container: Container, item: Node, end: int, *, comma: bool
) -> tuple[int, int]:
    """A part of a line: the item with one of the commas around it."""
    index = [child.start_byte for child in container.items].index(item.start_byte)
    if not container.commas:
        return item.start_byte, end
    if index and comma:
        return tail(source, container, container.items[index - 1]).end, end
    if index:
        between = source[container.items[index - 1].end_byte : item.start_byte]
        return container.items[index - 1].end_byte + max(between.rfind(b","), 0), end
    if len(container.items) > 1:
        return item.start_byte, container.items[1].start_byte
    notes = [child.end_byte for child in container.children if child.end_byte <= item.start_byte]
    return max(notes, default=container.start), end

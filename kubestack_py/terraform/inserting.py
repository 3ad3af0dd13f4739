"""Where a new item of an HCL container goes, and in which form: that of its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kubestack_py.terraform import syntax, writing
from kubestack_py.terraform.place import (
    BLANK_LINES,
    Container,
    begins_line,
    indentation,
    tail,
    value_of,
    with_ends,
)
from kubestack_py.terraform.skeleton import Splice

if TYPE_CHECKING:
    from tree_sitter import Node

    from kubestack_py.terraform.writing import Value


class New:
    """An item to be written."""

    def __init__(self, name: str, value: Value, comment: str, *, apart: bool) -> None:
        self.key, self.value, self.comment, self.apart = writing.key(name), value, comment, apart

    def lines(self, indent: str, width: int, *, flat: bool) -> str:
        """The item on lines of its own, without the last line end."""
        value = writing.on_one_line(self.value) if flat else writing.on_lines(self.value, indent)
        key = self.key.ljust(width) if "\n" not in value else self.key
        above = "".join(f"{indent}# {line}\n" for line in self.comment.splitlines())
        return f"{above}{indent}{key} = {value}"

    @property
    def inline(self) -> str:
        """The item as a part of a line."""
        return f"{self.key} = {writing.on_one_line(self.value)}"

    @property
    def is_object(self) -> bool:
        """Whether it is an object with something in it."""
        return isinstance(self.value, Mapping) and bool(self.value)


def behind(source: bytes, container: Container, new: New) -> list[Splice]:
    """After the last item."""
    last = container.items[-1]
    end, comma, line_end = tail(source, container, last)
    if line_end is None:
        if not container.commas:
            return _unfolded(source, container, new)
        text = f" {new.inline}," if comma else f", {new.inline}"
        return [Splice(end, end, text.encode())]
    first_on_line = begins_line(source, last.start_byte)
    outside = indentation(source, container.start)
    indent = indentation(source, last.start_byte) if first_on_line else outside + writing.step(outside)
    width, one_line_object = _neighbour(last)
    flat = new.is_object and one_line_object and len(new.key) <= width and not new.comment
    fits = flat or new.is_object or len(new.key) <= width or not width
    follows = source[line_end:]
    room = follows.startswith(BLANK_LINES) or not follows[: container.end - line_end].strip()
    apart = new.apart and last.start_point[0] != last.end_point[0]
    blank = "\n" if (apart or not fits) and room else ""
    text = blank + new.lines(indent, width if flat or not new.is_object else 0, flat=flat)
    text += ",\n" if comma else "\n"
    return [Splice(line_end, line_end, with_ends(text, source, end).encode())]


def _neighbour(last: Node) -> tuple[int, bool]:
    """How wide the keys are around an item that is on one line (else 0), and whether it is an object."""
    if last.type == "block" or last.start_point[0] != last.end_point[0]:
        return 0, False
    sign = next((child for child in last.children if child.type in {"=", ":"}), None)
    width = sign.start_point[1] - last.start_point[1] - 1 if sign else 0
    found = syntax.only(value_of(last), "collection_value", "object")
    return width, found is not None and len(found.children) > 2


def into_empty(source: bytes, container: Container, owner: Node, new: New) -> list[Splice]:
    """Into braces that hold nothing, or comments alone."""
    inside = source[container.start : container.end]
    notes = [child for child in container.children if child.type == "comment"]
    outside = indentation(source, owner.start_byte)
    indent = outside + writing.step(outside)
    if b"\n" in inside:
        at = source.index(b"\n", container.start) + 1
        same = [note for note in notes if note.start_byte < at]
        at = source.index(b"\n", same[-1].end_byte - 1) + 1 if same else at
        text = new.lines(indent, 0, flat=False) + "\n"
        return [Splice(at, at, with_ends(text, source, container.start).encode())]
    closes_line = not source[container.end + 1 :].partition(b"\n")[0].strip(b" \t\r,")
    alone = begins_line(source, owner.start_byte) and closes_line
    if notes or not alone or _set_below_others(owner):
        at = notes[-1].end_byte if notes else container.start
        rest = b"" if notes and inside.endswith(b" ") else b" "
        return [Splice(at, container.end if not notes else at, b" " + new.inline.encode() + rest)]
    text = "\n" + new.lines(indent, 0, flat=False) + f"\n{outside}"
    text = with_ends(text, source, container.start)
    return [Splice(container.start, container.end, text.encode())]


def _set_below_others(owner: Node) -> bool:
    """Whether spaces put the sign of an item below its neighbours': right on one line only."""
    sign = next((child for child in owner.children if child.type in {"=", ":"}), None)
    return sign is not None and sign.start_byte - owner.named_children[0].end_byte > 1


def _unfolded(source: bytes, container: Container, new: New) -> list[Splice]:
    """A block on one line that gets a second argument: each on a line of its own."""
    outside = indentation(source, container.start)
    indent = outside + writing.step(outside)
    first = container.items[0]
    end = tail(source, container, first).end
    behind = f"\n{new.lines(indent, 0, flat=False)}\n{outside}"
    return [
        Splice(container.start, first.start_byte, with_ends(f"\n{indent}", source, end).encode()),
        Splice(end, container.end, with_ends(behind, source, end).encode()),
    ]

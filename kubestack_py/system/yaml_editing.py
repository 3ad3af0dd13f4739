"""Edit YAML by its characters: comments, quotes, order and line ends of what is not meant stay.

Texts come and go as bytes. Every edit is read again, and what the file says has to be what was meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kubestack_py.errors import EditError
from kubestack_py.system.yaml import Span, load, spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    Value = str | bool | int | None | Sequence["Value"] | Mapping[str, "Value"]

_BOM = "\ufeff"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*\Z")
_WORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_./:@+-]*[A-Za-z0-9_])?\Z")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}
KeyPath = tuple[str | int, ...]


def insert_item(text: bytes, path: KeyPath, index: int, value: Value, name: str) -> bytes:
    """Put an item into the sequence at a path, before the item at `index`, or behind the last one.

    It takes the form of the items there. `name` is how errors call the file. Raises `EditError` where
    there is no sequence that is written out and has an item.
    """
    file = _File(text, name)
    sequence = file.sequence(path)
    at = min(index, len(sequence.items))
    change = file.flow_insertion if sequence.flow else file.block_insertion
    return file.changed(change(sequence, at, value), lambda old: [*old[:at], _plain(value), *old[at:]], path)


def remove_item(text: bytes, path: KeyPath, index: int, name: str) -> bytes:
    """Take an item out of the sequence at a path, with the comments right above it; not the last one."""
    file = _File(text, name)
    sequence = file.sequence(path)
    if len(sequence.items) == 1:
        raise EditError(f"{name}:{sequence.line}: nothing would be left of {'.'.join(map(str, path))}")
    change = file.flow_removal if sequence.flow else file.block_removal
    return file.changed(change(sequence, index), lambda old: [*old[:index], *old[index + 1 :]], path)


def replace_scalar(text: bytes, path: KeyPath, value: str, name: str) -> bytes:
    """Put another string in the place of a scalar, in quotes of the same kind."""
    file = _File(text, name)
    span = file.at(path)
    if span.kind != "scalar" or span.style in {"|", ">"}:
        raise EditError(f"{name}:{span.line}: {'.'.join(map(str, path))} is no scalar on one line")
    return file.changed((span.start, span.end, scalar(value, span.style)), lambda _: value, path)


def set_key(text: bytes, path: KeyPath, key: str, value: str, name: str) -> bytes:
    """Let a key of the mapping at a path be a string; a new key goes behind those that are there."""
    file = _File(text, name)
    mapping = file.mapping(path)
    if mapping.get(key):
        return replace_scalar(text, (*path, key), value, name)
    return file.changed(file.key_insertion(mapping, key, value), lambda old: {**old, key: value}, path)


def remove_key(text: bytes, path: KeyPath, key: str, name: str) -> bytes:
    """Take a key out of the mapping at a path; it stays as it is where it has no such key."""
    file = _File(text, name)
    mapping = file.mapping(path)
    if mapping.get(key) is None:
        return text

    def without(old: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in old.items() if name != key}

    return file.changed(file.key_removal(mapping, key), without, path)


class _File:
    """The text of a file with its tree."""

    def __init__(self, text: bytes, name: str) -> None:
        self._before = load(text, name)
        source = text.decode()
        self._bom = _BOM if source.startswith(_BOM) else ""
        self._source = source.removeprefix(_BOM)
        self._name = name
        self._root = spans(self._source, name)

    def at(self, path: KeyPath) -> Span:
        span = self._root
        for step in path:
            if span is not None:
                inside = span.items[step : step + 1] if isinstance(step, int) else (span.get(step),)
                span = inside[0] if inside else None
        if span is None:
            raise EditError(f"{self._name} has no {'.'.join(map(str, path))}")
        return span

    def sequence(self, path: KeyPath) -> Span:
        span = self.at(path)
        if not span.items or self._source[span.start] in "*&":
            raise EditError(
                f"{self._name}:{span.line}: {'.'.join(map(str, path))} is no list that is written out",
                hint="Edit it by hand.",
            )
        return span

    def mapping(self, path: KeyPath) -> Span:
        span = self.at(path)
        if not span.pairs or self._source[span.start] in "*&":
            where = ".".join(map(str, path))
            raise EditError(f"{self._name}:{span.line}: {where} is no mapping that is written out")
        return span

    def changed(self, edit: tuple[int, int, str], meant: object, path: KeyPath) -> bytes:
        """The text after an edit, once it says what was meant: a function of the value at the path."""
        start, end, new = edit
        text = (self._bom + self._source[:start] + new + self._source[end:]).encode()
        if load(text, self._name) != _with(self._before, path, meant):
            raise EditError(
                f"{self._name}: {'.'.join(map(str, path))} cannot be edited without touching more",
                hint="The way it is written is unusual. Edit it by hand.",
            )
        return text

    def block_insertion(self, sequence: Span, at: int, value: Value) -> tuple[int, int, str]:
        """Lines for an item, an empty one between where the neighbours have that."""
        source, end = self._source, self._line_end
        near = sequence.items[max(at - 1, 0)]
        dash, gap = self._dash(near)
        quote = next((key_value.style for key_value in _scalars(near)), "")
        lines = _block(value, quote)
        text = end.join(
            [f"{dash}-{gap}{lines[0]}", *(f"{dash} {' ' * len(gap)}{line}" for line in lines[1:])]
        )
        if at == 0:
            place = self._first_of(near)
            return place, place, text + end
        place = self._after(near)
        whole = source[:place].endswith("\n")
        apart = len(sequence.items) > 1 and self._is_blank_before(sequence.items[1])
        return place, place, ("" if whole else end) + (end if apart else "") + text + (end if whole else "")

    def block_removal(self, sequence: Span, index: int) -> tuple[int, int, str]:
        """The lines of an item, and one of two empty ones that would meet."""
        item = sequence.items[index]
        start, end = self._first_of(item), self._after(item)
        above = self._source[self._line_start(start - 1) : start] if start else "-"
        follows = self._source[end:]
        if not above.strip() and (not follows.strip() or re.match(r"[ \t]*\r?\n", follows)):
            start -= len(above)
        if not follows and not self._source.endswith("\n"):
            start = len(self._source[:start].removesuffix("\n").removesuffix("\r"))
        return start, end, ""

    def flow_insertion(self, sequence: Span, at: int, value: Value) -> tuple[int, int, str]:
        quote = next((key_value.style for key_value in _scalars(sequence.items[0])), "")
        text = _flow(value, quote)
        if at == 0:
            return sequence.items[0].start, sequence.items[0].start, f"{text}, "
        return sequence.items[at - 1].end, sequence.items[at - 1].end, f", {text}"

    def flow_removal(self, sequence: Span, index: int) -> tuple[int, int, str]:
        items = sequence.items
        if index == 0:
            return items[0].start, items[1].start, ""
        return items[index - 1].end, items[index].end, ""

    def key_insertion(self, mapping: Span, key: str, value: str) -> tuple[int, int, str]:
        quote = next((found.style for _, found in mapping.pairs if found.style in {"'", '"'}), "")
        text = f"{key}: {scalar(value, quote)}"
        last = mapping.pairs[-1][1]
        if mapping.flow:
            return last.end, last.end, f", {text}"
        place, first = self._after(last), mapping.pairs[0][0].start
        line = " " * (first - self._line_start(first)) + text
        whole = self._source[:place].endswith("\n")
        return place, place, line + self._line_end if whole else self._line_end + line

    def key_removal(self, mapping: Span, key: str) -> tuple[int, int, str]:
        """A line of its own goes whole; behind a dash or in brackets, what is up to the next key."""
        at = next(number for number, (name, _) in enumerate(mapping.pairs) if name.value == key)
        (name, value), start = mapping.pairs[at], self._line_start(mapping.pairs[at][0].start)
        if not mapping.flow and not self._source[start : name.start].strip():
            return start, self._after(value), ""
        if at + 1 < len(mapping.pairs):
            return name.start, mapping.pairs[at + 1][0].start, ""
        return mapping.pairs[at - 1][1].end, value.end, ""

    @property
    def _line_end(self) -> str:
        return "\r\n" if "\r\n" in self._source else "\n"

    def _line_start(self, at: int) -> int:
        return self._source.rfind("\n", 0, at) + 1

    def _dash(self, item: Span) -> tuple[str, str]:
        """The white space before and behind the dash of an item."""
        line = self._source[self._line_start(item.start) : item.start]
        before, _, behind = line.rpartition("-")
        if before.strip() or behind.strip():
            raise EditError(f"{self._name}:{item.line}: this item does not stand behind a dash of its own")
        return before, behind

    def _first_of(self, item: Span) -> int:
        """Where the line of an item begins, or the comments right above it."""
        start = self._line_start(item.start)
        while start:
            above = self._line_start(start - 1)
            if not self._source[above:start].lstrip(" ").startswith("#"):
                break
            start = above
        return start

    def _after(self, item: Span) -> int:
        """Behind the last line of an item."""
        found = self._source.find("\n", item.end)
        return found + 1 if found >= 0 else len(self._source)

    def _is_blank_before(self, item: Span) -> bool:
        start = self._first_of(item)
        return not self._source[self._line_start(start - 1) : start].strip()


def _with(value: object, path: KeyPath, meant: object) -> object:
    """The value with another part at the path."""
    if not path:
        return meant(value)  # type: ignore[operator]
    if isinstance(value, list) and isinstance(path[0], int):
        return [_with(item, path[1:], meant) if at == path[0] else item for at, item in enumerate(value)]
    assert isinstance(value, dict)  # noqa: S101 - the tree was followed along the same path
    return {key: _with(item, path[1:], meant) if key == path[0] else item for key, item in value.items()}


def _plain(value: Value) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return (
        [_plain(item) for item in value]
        if isinstance(value, Sequence) and not isinstance(value, str)
        else value
    )


def _scalars(span: Span) -> Iterator[Span]:
    """The strings of an item that show how strings are quoted in it."""
    if span.kind == "scalar" and span.style not in {"|", ">"}:
        yield span
    for inner in (*(value for _, value in span.pairs), *span.items):
        yield from _scalars(inner)


def _block(value: Value, quote: str) -> list[str]:
    if isinstance(value, Mapping):
        return [f"{key}: {_flow(item, quote)}" for key, item in value.items()]
    return [_flow(value, quote)]


def _flow(value: Value, quote: str) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_flow(item, quote)}' for key, item in value.items())}}}"
    if isinstance(value, str):
        return scalar(value, quote)
    if isinstance(value, Sequence):
        return f"[{', '.join(_flow(item, quote) for item in value)}]"
    return json.dumps(value)


def scalar(value: str, quote: str) -> str:
    """A string with the given quotes, or with some where it would be read as something else."""
    if quote == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if not quote and _PLAIN.match(value) and value.lower() not in _WORDS:
        return value
    if not quote and _WORD.match(value) and load(value.encode(), "") == value:
        return value
    return json.dumps(value, ensure_ascii=False)

"""What a file says, piece by piece: what an edit did not mean to touch has to be the same after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kubestack_py.terraform import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

Path = tuple[str, ...]


class Splice(NamedTuple):
    """Bytes `start` to `end` of a file are replaced by `text`."""

    start: int
    end: int
    text: bytes


class Piece(NamedTuple):
    """A key, a value that is no object, or a comment: where it belongs, its text, its bytes."""

    path: Path
    text: bytes
    start: int
    end: int


def spliced(source: bytes, splices: Sequence[Splice]) -> bytes:
    """The source with every splice made; they must not overlap."""
    for splice in sorted(splices, reverse=True):
        source = source[: splice.start] + splice.text + source[splice.end :]
    return source


def is_as_meant(before: bytes, after: bytes, splices: Sequence[Splice], path: Path) -> bool:
    """Whether an edit changed nothing but what stands at `path`.

    Everything outside of the splices has to be read as before, comments included, and what they bring
    has to be at the path or below it.
    """
    old, new = pieces(syntax.parse(before)), pieces(syntax.parse(after))
    spans, shift = [], 0
    for splice in sorted(splices):
        spans.append((splice.start + shift, splice.start + shift + len(splice.text)))
        shift += len(splice.text) - (splice.end - splice.start)
    kept = [(piece.path, piece.text) for piece in old if not _within(piece, splices)]
    left = [(piece.path, piece.text) for piece in new if not _within(piece, spans)]
    brought = [piece for piece in new if _within(piece, spans)]
    return kept == left and all(piece.path[: len(path)] == path or piece.path[-1] == "#" for piece in brought)


def pieces(root: Node) -> tuple[Piece, ...]:
    """Every piece of a file in its order."""
    return tuple(_of_container(root, ()))


def _within(piece: Piece, spans: Sequence[Sequence[int | bytes]]) -> bool:
    return any(int(span[0]) <= piece.start and piece.end <= int(span[1]) for span in spans)


def _of_container(node: Node, path: Path) -> Iterator[Piece]:
    """The pieces of a file, a body or an object."""
    for child in node.named_children:
        if child.type in {"body", "object"}:
            yield from _of_container(child, path)
        elif child.type == "comment" or child.is_error:
            yield _piece((*path, "#"), child)
        elif child.type == "block":
            yield from _of_block(child, path)
        elif child.type in {"attribute", "object_elem"}:
            yield from _of_pair(child, path)


def _of_block(node: Node, path: Path) -> Iterator[Piece]:
    names = [child for child in node.named_children if child.type in {"identifier", "string_lit"}]
    inside = (*path, *(syntax.text(name).strip('"') for name in names))
    yield from (_piece(inside, name) for name in names)
    yield from _of_container(node, inside)


def _of_pair(node: Node, path: Path) -> Iterator[Piece]:
    parts = [child for child in node.named_children if child.type != "comment"]
    inside = (*path, syntax.key(parts[0]) or syntax.text(parts[0]))
    yield _piece(inside, parts[0])
    yield from (_piece((*inside, "#"), child) for child in node.named_children if child.type == "comment")
    value = parts[-1]
    found = syntax.only(value, "collection_value", "object")
    if found is None:
        yield _piece(inside, value)
    else:
        yield from _of_container(found, inside)


def _piece(path: Path, node: Node) -> Piece:
    return Piece(path, node.text or b"", node.start_byte, node.end_byte)

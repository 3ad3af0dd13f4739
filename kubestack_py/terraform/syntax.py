"""The syntax tree of an HCL file, by tree-sitter: positions are exact, and errors do not stop it.

Node names are those of the grammar https://github.com/tree-sitter-grammars/tree-sitter-hcl.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Language, Node

BOM = b"\xef\xbb\xbf"
_WRAPPERS = {"expression", "literal_value", "collection_value", "template_expr", "operation"}


@cache
def _language() -> Language:
    import tree_sitter
    import tree_sitter_hcl

    return tree_sitter.Language(tree_sitter_hcl.language())


@lru_cache(maxsize=128)  # `validate` asks a file eight questions, and a tree never changes
def parse(source: bytes) -> Node:
    """The root of the tree; check `has_error` where broken files matter."""
    import tree_sitter

    return tree_sitter.Parser(_language()).parse(source).root_node  # stacks are read in several threads


def text(node: Node) -> str:
    """The source of a node."""
    return (node.text or b"").decode("utf-8", "replace")


def line(node: Node) -> int:
    """The line a node begins on, from 1."""
    return node.start_point[0] + 1


def walk(root: Node) -> Iterator[Node]:
    """The node and everything below it, in the order of the source; as deep as a file may be nested."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def first_error(root: Node) -> Node:
    """Where a tree that has an error is broken: the first node that nothing inside of it explains better."""
    broken = [node for node in walk(root) if node.is_error or node.is_missing]
    inner = (node for node in broken if not any(_is_inside(other, node) for other in broken))
    return next(inner, root)


def _is_inside(node: Node, other: Node) -> bool:
    return node != other and other.start_byte <= node.start_byte and node.end_byte <= other.end_byte


@dataclass(frozen=True, slots=True)
class Block:
    """A block: its type (`module`), its labels without quotes, and its body if it has one."""

    type: str
    labels: tuple[str, ...]
    node: Node
    body: Node | None


def blocks(root: Node) -> Iterator[Block]:
    """The blocks at the top of a file, also of one that is broken elsewhere."""
    bodies = [child for child in root.children if child.type == "body"]
    for node in (child for parent in (root, *bodies) for child in parent.children):
        if node.type == "block":
            yield _block(node)


def inner_blocks(block: Block) -> Iterator[Block]:
    """The blocks directly in another one."""
    for node in block.body.children if block.body else ():
        if node.type == "block":
            yield _block(node)


def _block(node: Node) -> Block:
    names = [child for child in node.named_children if child.type in {"identifier", "string_lit"}]
    labels = tuple(text(name).strip('"') for name in names[1:])
    return Block(text(names[0]) if names else "", labels, node, _child(node, "body"))


def attributes(body: Node | None) -> dict[str, Node]:
    """The arguments of a body, each with its expression."""
    found = {}
    for node in body.children if body else ():
        if node.type == "attribute" and len(node.named_children) >= 2:
            found[text(node.named_children[0])] = node.named_children[1]
    return found


def arguments(root: Node) -> dict[str, Node]:
    """The arguments at the top of a file, as in `.tfvars`."""
    return attributes(_child(root, "body"))


def object_items(expression: Node) -> Iterator[tuple[Node, Node]]:
    """Keys and values of an object that is written out; nothing for any other expression."""
    found = only(expression, "collection_value", "object")
    if found is not None:
        yield from elements(found)


def elements(found: Node) -> Iterator[tuple[Node, Node]]:
    """Keys and values of an `object` node."""
    for element in found.named_children:
        parts = [part for part in element.named_children if part.type != "comment"]
        if element.type == "object_elem" and len(parts) >= 2:
            yield parts[0], parts[1]


def key(node: Node) -> str | None:
    """The name of an attribute or an object element: a word or a string; None for a computed one."""
    if node.type == "identifier":
        return text(node)
    bare = only(node, "variable_expr", "identifier")
    return text(bare) if bare is not None else literal(node)


def bare(expression: Node) -> Node:
    """The node that says what an expression is, without parentheses and the grammar's wrappers."""
    node = expression
    while node.type in _WRAPPERS:
        children = [child for child in node.named_children if child.type != "comment"]
        if len(children) != 1:
            return node
        node = children[0]
    return node


def only(expression: Node, *types: str) -> Node | None:
    """Follow the only children of an expression (comments aside) along these types; None if it is another."""
    node = expression
    for wanted in types:
        children = [child for child in node.named_children if child.type != "comment"]
        if len(children) != 1 or children[0].type != wanted:
            return None
        node = children[0]
    return node


def literal(expression: Node) -> str | None:
    """The text of a plain string; None for any other expression."""
    found = only(expression, "literal_value", "string_lit")
    if found is None:
        return None
    return "".join(unescaped(part) for part in found.named_children if part.type == "template_literal")


def unescaped(template_literal: Node) -> str:
    """The text that a piece of a quoted string stands for."""
    written = text(template_literal).replace("$${", "${").replace("%%{", "%{")
    if "\\" not in written:
        return written
    try:
        return str(json.loads(f'"{written}"'))
    except ValueError:
        return written


def traversal(expression: Node) -> str:
    """A plain reference (`path.module`); empty for any other expression."""
    parts = expression.named_children
    if not parts or parts[0].type != "variable_expr" or any(part.type != "get_attr" for part in parts[1:]):
        return ""
    return "".join(text(part) for part in parts)


def _child(node: Node, wanted: str) -> Node | None:
    return next((child for child in node.children if child.type == wanted), None)

"""Documents that can only be meant to break their reader: too deep, or unfolding into millions of nodes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 200
MAX_UNFOLDED_NODES = 1_000_000
_BLOCK_INDICATORS = re.compile(r"^[-?: \t]*", re.MULTILINE)


def refuse_depth(source: str) -> None:
    """Deep enough nesting overflows the C stack of the composer, so it is measured before.

    Each level takes a bracket, or a column of indentation and indicators: most files are cleared by
    counting those, the others are measured exactly.
    """
    brackets = source.count("[") + source.count("{")
    if brackets + max(map(len, _BLOCK_INDICATORS.findall(source)), default=0) <= MAX_DEPTH:
        return
    depth = 0
    for event in yaml.parse(source, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _too_deep(event.start_mark)


def _too_deep(mark: Any) -> ConstructorError:  # PyYAML has two classes of marks, one of them private
    return ConstructorError(None, None, f"nested more than {MAX_DEPTH} levels deep", mark)


class Unfolding:
    """Aliases share nodes in memory, but whoever walks the document meets each of them again."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, int]] = {}

    def measure(self, node: Node, level: int = 0) -> tuple[int, int]:
        """Nodes and levels of a document with aliases unfolded; raises where they pass the limits."""
        if level > MAX_DEPTH:  # also where an alias stands inside of what it refers to
            raise _too_deep(node.start_mark)
        if id(node) not in self._known:
            size, height = 1, 0
            for child in _children(node):
                leaf = isinstance(child, ScalarNode) and level < MAX_DEPTH
                nodes, levels = (1, 1) if leaf else self.measure(child, level + 1)
                size, height = size + nodes, max(height, levels)
            self._known[id(node)] = size, 1 + height
        size, height = self._known[id(node)]
        if size > MAX_UNFOLDED_NODES:
            raise ConstructorError(None, None, f"aliases unfold into {size:,} nodes", node.start_mark)
        if level + height > MAX_DEPTH + 1:
            raise _too_deep(node.start_mark)
        return size, height


def _children(node: Node) -> Iterator[Node]:
    if isinstance(node, MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, SequenceNode):
        yield from node.value

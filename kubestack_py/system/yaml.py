"""The one YAML reader of the program: what kubectl reads is what we read (see `kube_loader`).

A key that stands twice in one mapping is an error, and so are aliases that unfold into millions of
nodes, and nesting so deep that it can only be meant to break the reader.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from kubestack_py.errors import KubestackError
from kubestack_py.system.kube_loader import KubeLoader, is_sound
from kubestack_py.system.yaml_limits import Unfolding, refuse_depth

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from yaml.error import Mark


class YamlError(KubestackError):
    """A document cannot be read: `problem` in words, at `line` and `column` (from 1; 0 means unknown)."""

    def __init__(self, problem: str, *, name: str, line: int = 0, column: int = 0) -> None:
        place = ":".join(str(part) for part in (name, line, column) if part)
        super().__init__(f"{place}: {problem}")
        self.problem = problem
        self.name = name
        self.line = line
        self.column = column


def load(text: bytes, name: str) -> object:
    """The only document of a file, None when it is empty; raises `YamlError`, also for several documents."""
    documents = load_all(text, name)
    if len(documents) > 1:
        raise YamlError(f"one document is expected here, there are {len(documents)}", name=name)
    return documents[0] if documents else None


def load_all(text: bytes, name: str) -> list[object]:
    """Every document of a file that is not empty; `name` is how errors call the file."""
    with _opened(text, name) as (loader, nodes):
        values = map(loader.construct_document, nodes)
        return [value for value in values if value is not None]


def syntax_error(text: bytes, name: str) -> YamlError | None:
    """What `load_all` would raise for a text; in half of the time, since values are made only in doubt."""
    try:
        with _opened(text, name) as (_, nodes):
            if all(map(is_sound, nodes)):
                return None
        load_all(text, name)
    except YamlError as error:
        return error
    return None


def dump(*documents: object) -> str:
    """Documents as YAML in blocks, keys in their order; text of several lines stands as it is."""
    return yaml.dump_all(
        documents, Dumper=_BlockDumper, sort_keys=False, allow_unicode=True, width=120, explicit_start=False
    )


def locate(text: bytes, path: Sequence[str | int]) -> tuple[int, int]:
    """Line and column, from 1, of a key path like `("stacks", 0, "path")`.

    A key is found where it is written, an item where it begins. Where the path leads to something
    that is missing, the answer is its nearest parent. Text that is no YAML raises `YamlError`.
    """
    source = _decoded(text, "")
    with _reported("", source):
        refuse_depth(source)
        node = yaml.compose(source, Loader=KubeLoader)
    if node is None:
        return 1, 1
    mark, _ = _descend(node, path)
    return mark.line + 1, mark.column + 1


class Document:
    """One document of a file that may hold several: its value, and where things in it are written."""

    def __init__(self, node: Node, value: object) -> None:
        self._node = node
        self.value = value

    def place(self, path: Sequence[str | int]) -> tuple[int, int, int]:
        """Line and column, from 1, like `locate`; and how many steps of the path are there."""
        mark, steps = _descend(self._node, path)
        return mark.line + 1, mark.column + 1, steps


def load_documents(text: bytes, name: str) -> list[Document]:
    """Every document of a file that is not empty, with its places; raises `YamlError` like `load_all`."""
    with _opened(text, name) as (loader, nodes):
        found = [Document(node, loader.construct_document(node)) for node in nodes]
        return [document for document in found if document.value is not None]


def _descend(node: Node, path: Sequence[str | int]) -> tuple[Mark, int]:
    """The mark of the last step of a path that is there, and how many are."""
    mark: Mark = node.start_mark
    for number, step in enumerate(path):
        found = _child(node, step)
        if found is None:
            return mark, number
        mark, node = found
    return mark, len(path)


class _BlockDumper(yaml.SafeDumper):
    """Lists are indented below their key, as the templates write them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """PyYAML asks for this before each nested block."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        """Write a value again where it is shared, not an alias of it."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_BlockDumper.add_representer(str, _text)


@dataclass(frozen=True, slots=True)
class Span:
    """A node of a document: the characters it takes, and what is in it.

    `pairs` are the keys and values of a mapping, `items` the items of a sequence; both are empty for a
    scalar. `style` is the quote or sign that a scalar begins with, empty for a plain one; `flow` is true
    for a collection in brackets. White space and comments behind it are not part of it.
    """

    start: int
    end: int
    line: int
    kind: str
    pairs: tuple[tuple[Span, Span], ...] = ()
    items: tuple[Span, ...] = ()
    value: str = ""
    style: str = ""
    flow: bool = False

    def get(self, key: str) -> Span | None:
        """The value under a key of a mapping."""
        return next((value for name, value in self.pairs if name.value == key), None)


def spans(source: str, name: str) -> Span | None:
    """The tree of the only document of a text without a byte order mark, None for an empty one."""
    found = document_spans(source, name)
    if len(found) > 1:
        raise YamlError(f"one document is expected here, there are {len(found)}", name=name)
    return found[0] if found else None


def document_spans(source: str, name: str) -> tuple[Span, ...]:
    """The trees of all documents of a text without a byte order mark."""
    with _reported(name, source):
        refuse_depth(source)
        nodes = list(yaml.compose_all(source, Loader=KubeLoader))
    return tuple(_span(source, node) for node in nodes)


def _span(source: str, node: Node) -> Span:
    start, line = node.start_mark.index, node.start_mark.line + 1
    end = start + len(source[start : node.end_mark.index].rstrip())
    if isinstance(node, ScalarNode):
        return Span(start, end, line, "scalar", value=node.value, style=node.style or "")
    flow = bool(getattr(node, "flow_style", False))
    if isinstance(node, MappingNode):
        pairs = tuple((_span(source, key), _span(source, value)) for key, value in node.value)
        inside = max((part.end for pair in pairs for part in pair), default=end)
        return Span(start, end if flow else inside, line, "mapping", pairs=pairs, flow=flow)
    items = tuple(_span(source, item) for item in node.value)
    inside = max((item.end for item in items), default=end)
    return Span(start, end if flow else inside, line, "sequence", items=items, flow=flow)


def _child(node: Node, step: str | int) -> tuple[Mark, Node] | None:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark, value
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        item = node.value[step]
        return item.start_mark, item
    return None


@contextmanager
def _opened(text: bytes, name: str) -> Iterator[tuple[KubeLoader, Iterator[Node]]]:
    """A loader of a text, and the nodes of its documents; what goes wrong with either is a `YamlError`."""
    source = _decoded(text, name)
    with _reported(name, source):
        refuse_depth(source)
        loader = KubeLoader(source)
        try:
            yield loader, _nodes(loader, "*" in source and "&" in source)
        finally:
            loader.dispose()


def _nodes(loader: KubeLoader, aliases: bool) -> Iterator[Node]:
    while loader.check_node():
        node = loader.get_node()
        if node is not None:
            if aliases:
                Unfolding().measure(node)
            yield node


def _decoded(text: bytes, name: str) -> str:
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise YamlError("the text is not UTF-8", name=name, line=line) from error


@contextmanager
def _reported(name: str, source: str) -> Iterator[None]:
    """Turn PyYAML's errors into `YamlError`."""
    try:
        yield
    except yaml.MarkedYAMLError as error:
        problem = error.problem or error.context or "cannot be read"
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise YamlError(problem, name=name, line=line, column=column) from error
    except yaml.reader.ReaderError as error:
        line = source.count("\n", 0, error.position) + 1
        raise YamlError(f"{error.reason}: {error.character!r}", name=name, line=line) from error

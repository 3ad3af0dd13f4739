"""Files that a configuration reads: arguments of `file()` and its like, and paths from `path.module`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from typing import TYPE_CHECKING

from kubestack_py.terraform import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

FILE_FUNCTIONS = frozenset(
    {
        "file",
        "filebase64",
        "filebase64sha256",
        "filebase64sha512",
        "fileexists",
        "filemd5",
        "fileset",
        "filesha1",
        "filesha256",
        "filesha512",
        "templatefile",
    }
)


class PathBase(StrEnum):
    """What a path is relative to: the directory of its own module, that of the stack, or who knows."""

    MODULE = "module"
    ROOT = "root"
    UNKNOWN = "unknown"


_BASES = {"path.module": PathBase.MODULE, "path.root": PathBase.ROOT, "path.cwd": PathBase.ROOT}
_TEMPLATES = ("quoted_template", "heredoc_template")
_PATH_END = re.compile(r"[\s\"'`;|<>(){},]")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReference:
    """A path that the configuration reads or hands on.

    `path` is relative to `base`, with forward slashes and as written (`../files/x.json`, or
    absolute). `dynamic` is set when only its beginning is known: `path` is then that beginning,
    which may end inside a name. `function` is empty for a path outside of a file function.
    """

    function: str
    base: PathBase
    path: str
    line: int
    dynamic: bool = False


def references_in(root: Node) -> Iterator[FileReference]:
    """Every reference of a tree, in the order of the source."""
    taken: set[int] = set()
    for node in syntax.walk(root):
        if node.type == "function_call":
            argument = _path_argument(node)
            if argument is not None:
                taken.update(template.id for template in [_template(argument)] if template)
                yield _argument_reference(argument, syntax.text(node.named_children[0]))
        elif node.type in _TEMPLATES and node.id not in taken:
            yield from _embedded(node)


def _path_argument(call: Node) -> Node | None:
    """The path argument of a file function; None for other functions."""
    name, *rest = call.named_children
    if syntax.text(name) not in FILE_FUNCTIONS or not rest:
        return None
    return next((child for child in rest[0].named_children if child.type == "expression"), None)


def _argument_reference(expression: Node, function: str) -> FileReference:
    base, path, dynamic = _evaluate(expression)
    return FileReference(
        function=function, base=base, path=path, line=syntax.line(expression), dynamic=dynamic
    )


def _evaluate(expression: Node) -> tuple[PathBase, str, bool]:
    """Base, path, and whether more follows that cannot be known from the source."""
    inner = syntax.only(expression, "expression")
    if inner is not None:
        return _evaluate(inner)
    base = _BASES.get(syntax.traversal(expression))
    if base is not None:
        return base, "", False
    plain = syntax.literal(expression)
    if plain is not None:
        return PathBase.ROOT, plain, False
    template = _template(expression)
    parts = _parts(template) if template else []
    base = _BASES.get(_interpolated(parts[0])) if parts else None
    rest = parts[1:] if base else parts
    path, dynamic = _known(rest)
    if base is None:
        return (PathBase.ROOT, path, dynamic) if path else (PathBase.UNKNOWN, "", True)
    return base, path.lstrip("/"), dynamic


def _embedded(template: Node) -> Iterator[FileReference]:
    """Paths like `${path.module}/../x` anywhere in a text: arguments of modules, scripts, commands."""
    parts = _parts(template)
    for at, part in enumerate(parts):
        base = _BASES.get(_interpolated(part))
        path, dynamic = _known(parts[at + 1 :])
        if base is None or not path.startswith("/"):
            continue
        end = _PATH_END.search(path)
        yield FileReference(
            function="",
            base=base,
            path=(path[: end.start()] if end else path).lstrip("/"),
            line=syntax.line(part),
            dynamic=dynamic and end is None,
        )


def _known(parts: list[Node]) -> tuple[str, bool]:
    """The text up to the first piece that only Terraform knows, and whether there is one."""
    known = list(takewhile(lambda part: part.type == "template_literal", parts))
    return "".join(map(syntax.unescaped, known)), len(known) < len(parts)


def _template(expression: Node) -> Node | None:
    found = (syntax.only(expression, "template_expr", kind) for kind in _TEMPLATES)
    return next((template for template in found if template), None)


def _parts(template: Node) -> list[Node]:
    """The pieces of a template: literals, interpolations and directives."""
    pieces = ("template_literal", "template_interpolation", "template_directive")
    return [part for part in template.named_children if part.type in pieces]


def _interpolated(part: Node) -> str:
    """The plain reference inside `${…}`; empty for anything else."""
    if part.type != "template_interpolation":
        return ""
    inner = next((child for child in part.named_children if child.type == "expression"), None)
    return syntax.traversal(inner) if inner else ""

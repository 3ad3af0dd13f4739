"""Values as a configuration file has them: read where they are literals, kept as text where not."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kubestack_py.model.finding import Location
from kubestack_py.terraform import syntax

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tree_sitter import Node

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A value with its place. A `computed` one is known to Terraform alone: its value is its text."""

    value: Mapping[str, Written] | tuple[Written, ...] | Scalar
    where: Location
    computed: bool = False

    @property
    def has_computed(self) -> bool:
        """Whether it, or anything in it, is computed."""
        return self.computed or any(item.has_computed for item in self.parts())

    def parts(self) -> tuple[Written, ...]:
        """What is directly in it."""
        if isinstance(self.value, tuple):
            return self.value
        return () if self.is_scalar else tuple(self.fields().values())

    def fields(self) -> Mapping[str, Written]:
        """The attributes of an object; none of anything else."""
        return {} if self.is_scalar or isinstance(self.value, tuple) else self.value  # type: ignore[return-value]

    @property
    def is_scalar(self) -> bool:
        """Text, a number, a flag or null; also what is computed."""
        return self.value is None or isinstance(self.value, str | int | float | bool)

    def plain(self) -> object:
        """As JSON has it."""
        if isinstance(self.value, tuple):
            return [item.plain() for item in self.value]
        return self.value if self.is_scalar else {key: item.plain() for key, item in self.fields().items()}


def from_hcl(expression: Node, path: str) -> Written:
    """The value of an expression of the file `path`; the last one counts of a repeated key."""
    where = Location(path=path, line=syntax.line(expression), column=expression.start_point[1] + 1)
    inner = syntax.bare(expression)
    if inner.type == "object":
        fields = {_key(key): from_hcl(value, path) for key, value in syntax.elements(inner)}
        return Written(value=fields, where=where)
    if inner.type == "tuple":
        items = (child for child in inner.named_children if child.type == "expression")
        return Written(value=tuple(from_hcl(item, path) for item in items), where=where)
    known, value = _scalar(inner)
    return Written(value=value if known else syntax.text(expression), where=where, computed=not known)


def from_json(value: Any, path: str) -> Written:
    """The same in JSON syntax, where lines are unknown and strings are templates."""
    where = Location(path=path)
    if isinstance(value, dict):
        return Written(value={key: from_json(item, path) for key, item in value.items()}, where=where)
    if isinstance(value, list):
        return Written(value=tuple(from_json(item, path) for item in value), where=where)
    if isinstance(value, str):
        computed = any(mark in value.replace(f"{mark[0]}{mark}", "") for mark in ("${", "%{"))
        text = value if computed else value.replace("$${", "${").replace("%%{", "%{")
        return Written(value=text, where=where, computed=computed)
    return Written(value=value, where=where)


def _key(expression: Node) -> str:
    """A key as a path has it; a computed one keeps its parentheses."""
    name = syntax.key(expression)
    return syntax.text(expression) if name is None else name


def _scalar(inner: Node) -> tuple[bool, Scalar]:
    """Whether it is a literal, and which one."""
    if inner.type == "string_lit":
        return True, "".join(
            syntax.unescaped(part) for part in inner.named_children if part.type == "template_literal"
        )
    if inner.type == "heredoc_template":
        return _heredoc(inner)
    if inner.type in {"numeric_lit", "bool_lit", "null_lit", "unary_operation"}:
        try:
            return True, json.loads("".join(syntax.text(inner).split()))
        except ValueError:
            return False, None
    return False, None


def _heredoc(template: Node) -> tuple[bool, Scalar]:
    """The lines between the markers, without their common indentation for `<<-`."""
    if any("interpolation" in child.type or "directive" in child.type for child in syntax.walk(template)):
        return False, None
    first, *lines = syntax.text(template).split("\n")
    body = "\n".join(lines[:-1])
    text = textwrap.dedent(body) if first.startswith("<<-") else body
    return True, f"{text}\n".replace("$${", "${").replace("%%{", "%{") if lines[:-1] else ""

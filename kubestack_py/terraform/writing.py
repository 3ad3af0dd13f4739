"""Values as HCL text, in the form that `terraform fmt` gives them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from kubestack_py.terraform import syntax

if TYPE_CHECKING:
    from collections.abc import Iterable

_BARE = re.compile(r"[^\W\d][\w-]*\Z")
_WORDS = {"for", "if", "in", "true", "false", "null"}


@dataclass(frozen=True, slots=True)
class Expression:
    """HCL that is written as it is: a reference, a call."""

    text: str


Value = Expression | str | bool | int | float | None | Sequence["Value"] | Mapping[str, "Value"]


def key(name: str) -> str:
    """A key of an object: bare where it may be."""
    return name if _BARE.match(name) and name not in _WORDS else quoted(name)


@cache
def quoted(text: str) -> str:
    """A string without templates."""
    escaped = json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
    return re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", escaped)


def step(indent: str) -> str:
    """What is added to white space for the next level."""
    return "\t" if "\t" in indent else "  "


def on_one_line(value: Value) -> str:
    """`{ instance_type = "small", min_size = 1 }`."""
    if isinstance(value, Mapping):
        items = ", ".join(f"{key(name)} = {on_one_line(item)}" for name, item in value.items())
        return f"{{ {items} }}" if items else "{}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(on_one_line, value))}]"
    return _scalar(value)


def on_lines(value: Value, indent: str) -> str:
    """Objects with an item on each line; the text begins where it stands and ends without a line end.

    `indent` is that of the line on which the value begins. Lines end in a line feed.
    """
    if not isinstance(value, Mapping) or not value:
        return on_one_line(value)
    lines = ["{", *_items(value, indent + step(indent)), f"{indent}}}"]
    return "\n".join(lines)


def _items(values: Mapping[str, Value], indent: str) -> Iterable[str]:
    """A line, or lines, for each item, the signs of neighbours that fit one line below each other."""
    names = list(values)
    for at, name in enumerate(names):
        text = on_lines(values[name], indent)
        if "\n" in text:
            yield f"{indent}{key(name)} = {text}"
        else:
            yield f"{indent}{key(name).ljust(_width(values, names, at))} = {text}"


def _width(values: Mapping[str, Value], names: Sequence[str], at: int) -> int:
    """The longest key of those around an item that are written on one line, without a gap."""

    def flat(index: int) -> bool:
        value = values[names[index]]
        return not isinstance(value, Mapping) or not value

    first, last = at, at
    while first > 0 and flat(first - 1):
        first -= 1
    while last + 1 < len(names) and flat(last + 1):
        last += 1
    return max(len(key(name)) for name in names[first : last + 1])


def _scalar(value: Value) -> str:
    if isinstance(value, Expression):
        return value.text
    return quoted(value) if isinstance(value, str) else json.dumps(value)


def is_expression(text: str) -> bool:
    """Whether text is one HCL expression, so that it can be written as a value."""
    root = syntax.parse(f"x = {text}\n".encode())
    body = root.children[0] if root.children else None
    return not root.has_error and body is not None and len(body.children) == 1 and "\n" not in text

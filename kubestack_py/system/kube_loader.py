"""PyYAML's C loader with kubectl's scalars and with an error for duplicate keys.

PyYAML follows YAML 1.1 and differs from kubectl in what a plain scalar means: to kubectl `y` is
true, `0o644` is 420, `12:30` and `2020-01-01` are text, and every key is text. The rules here are
those that `kubectl label --local -o json` shows; tests/tools/test_kustomize_yaml.py asks it.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import yaml
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, Node, ScalarNode

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

_LARGEST_INTEGER = 2**63
_LARGEST_EXACT_FLOAT = 2.0**53
_TAG = "tag:yaml.org,2002:"
_SURE = frozenset({f"{_TAG}str", f"{_TAG}null"})
_MAPPING, _SEQUENCE = f"{_TAG}map", f"{_TAG}seq"
_BOOL = re.compile(r"^(?:[yYnN]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|true|True|TRUE|false|False|FALSE)$")
_TRUE = frozenset({"y", "yes", "on", "true"})
_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_INT = re.compile(
    r"^[-+]?(?:0[bB]_*[01][01_]*|0[oO]_*[0-7][0-7_]*|0[xX]_*[0-9a-fA-F][0-9a-fA-F_]*|[0-9][0-9_]*)$"
)
_FLOAT = re.compile(r"^[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*\.?[0-9_]*)(?:[eE][-+]?[0-9][0-9_]*)?$")
_INFINITE = re.compile(r"^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$")
_MERGE = re.compile(r"^<<$")


class KubeLoader(yaml.CSafeLoader):
    """Loads what kubectl would load."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's name

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._checked: set[int] = set()

    def flatten_mapping(self, node: MappingNode) -> None:
        """Check for duplicate keys while the node still holds only its own, then unfold `<<`."""
        if id(node) not in self._checked:
            self._checked.add(id(node))
            self._refuse_duplicates(node)
        super().flatten_mapping(node)

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """A mapping as kubectl's JSON has it: every key is text."""
        if not isinstance(node, MappingNode):
            raise ConstructorError(None, None, "a mapping is expected here", node.start_mark)
        self.flatten_mapping(node)
        construct = self.construct_object
        return {self._key(key): construct(value, deep) for key, value in node.value}

    def _refuse_duplicates(self, node: MappingNode) -> None:
        seen: dict[str, Node] = {}
        for key_node, _ in node.value:
            if key_node.tag == f"{_TAG}merge":
                continue
            key = self._key(key_node)
            if key in seen:
                first = seen[key].start_mark.line + 1
                problem = f"duplicate key {key!r} (first on line {first})"
                raise ConstructorError(None, None, problem, key_node.start_mark)
            seen[key] = key_node

    def _key(self, node: Node) -> str:
        if node.tag == f"{_TAG}str" and isinstance(node, ScalarNode):
            return str(node.value)
        key = self.construct_object(node, True) if isinstance(node, ScalarNode) else None
        if isinstance(key, bool):
            return "true" if key else "false"
        if isinstance(key, int | float | str):
            return str(key)
        raise ConstructorError(None, None, "a key has to be text", node.start_mark)


def is_sound(document: Node) -> bool:
    """Whether a document can surely be constructed, told from its nodes; False where that is in doubt."""
    waiting, seen = [document], set[int]()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ScalarNode):
            if node.tag not in _SURE and not _converts(node):
                return False
        elif id(node) not in seen:
            seen.add(id(node))
            if isinstance(node, MappingNode):
                if node.tag != _MAPPING or not _are_plain_keys(node):
                    return False
                waiting += [value for _, value in node.value]
            elif node.tag != _SEQUENCE:
                return False
            else:
                waiting += node.value
    return True


def _converts(node: ScalarNode) -> bool:
    convert = _CONVERTED.get(node.tag)
    try:
        return convert is not None and convert(node.value) is not None
    except (ValueError, OverflowError):
        return False


def _are_plain_keys(node: MappingNode) -> bool:
    keys = [key.value for key, _ in node.value if key.tag == f"{_TAG}str" and isinstance(key, ScalarNode)]
    return len(set(keys)) == len(node.value)


def _integer(text: str) -> int | float:
    """Go's `ParseInt` with base 0, and what go-yaml does where that gives up (`08`, beyond 64 bits)."""
    plain = text.replace("_", "").lower()
    sign, digits = (-1, plain[1:]) if plain[:1] == "-" else (1, plain.removeprefix("+"))
    literal = re.sub(r"^0+(?=[0-7]+$)", "0o", digits)
    try:
        value = sign * int(literal, 0)
    except ValueError:
        return _number(float(plain))
    if -_LARGEST_INTEGER <= value < _LARGEST_INTEGER:
        return value
    return float(plain) if plain.lstrip("+-").isdigit() else float(value)


def _float(text: str) -> int | float | str:
    value = float(text.replace("_", ""))
    return text if math.isinf(value) else _number(value)


def _number(value: float) -> int | float:
    """JSON has one kind of number: `1.0` is 1."""
    return int(value) if value.is_integer() and abs(value) < _LARGEST_EXACT_FLOAT else value


def _bool(text: str) -> bool:
    if not _BOOL.match(text):
        raise ValueError(text)
    return text.lower() in _TRUE


def _infinite(text: str) -> object:
    raise ValueError(text)


_CONVERTED: dict[str, Callable[[str], object]] = {
    f"{_TAG}int": _integer,
    f"{_TAG}float": _float,
    f"{_TAG}bool": _bool,
    f"{_TAG}infinite": _infinite,
}


def _constructor(convert: Callable[[str], object]) -> Callable[[Any, Any], object]:
    def construct(loader: KubeLoader, node: ScalarNode) -> object:
        text = loader.construct_scalar(node)
        try:
            return convert(text)
        except (ValueError, OverflowError):
            kind = node.tag.removeprefix(_TAG).replace("infinite", "number")
            raise ConstructorError(None, None, f"{text} is no {kind} in JSON", node.start_mark) from None

    return construct


def _refuse_tag(_loader: KubeLoader, node: Node) -> object:
    raise ConstructorError(
        None, None, f"the tag {node.tag.replace(_TAG, '!!')} is not supported", node.start_mark
    )


def _register() -> None:
    signs, digits = ["-", "+"], list("0123456789")
    KubeLoader.add_implicit_resolver(f"{_TAG}bool", _BOOL, list("yYnNtTfFoO"))
    KubeLoader.add_implicit_resolver(f"{_TAG}null", _NULL, ["~", "n", "N", ""])
    KubeLoader.add_implicit_resolver(f"{_TAG}int", _INT, [*signs, *digits])
    KubeLoader.add_implicit_resolver(f"{_TAG}float", _FLOAT, [*signs, ".", *digits])
    KubeLoader.add_implicit_resolver(f"{_TAG}infinite", _INFINITE, [*signs, "."])
    KubeLoader.add_implicit_resolver(f"{_TAG}merge", _MERGE, ["<"])
    for tag, convert in _CONVERTED.items():
        KubeLoader.add_constructor(tag, _constructor(convert))
    for tag in ("merge", "timestamp"):
        KubeLoader.add_constructor(f"{_TAG}{tag}", _constructor(str))
    for unknown in (f"{_TAG}binary", f"{_TAG}set", f"{_TAG}omap", f"{_TAG}pairs", None):
        KubeLoader.add_constructor(unknown, _refuse_tag)


_register()

"""Type constraints of variables, as far as they say which attributes an object has.

Terraform drops an attribute that the type of an object does not name, without a word
(https://developer.hashicorp.com/terraform/language/expressions/type-constraints).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.terraform import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tree_sitter import Node

    from kubestack_py.model.finding import Location
    from kubestack_py.terraform.written import Written

_COLLECTIONS = {"map", "list", "set"}


@dataclass(frozen=True, slots=True)
class ObjectType:
    """An object: its attributes with what is known of their types."""

    attributes: Mapping[str, Type]


@dataclass(frozen=True, slots=True)
class CollectionType:
    """A map, a list or a set of elements of one type."""

    element: Type


Type = ObjectType | CollectionType | None
"""None is every other type: nothing in it can be dropped."""


def type_of(expression: Node) -> Type:
    """What the `type` of a variable says."""
    call = syntax.bare(expression)
    if call.type != "function_call" or len(call.named_children) != 2:
        return None
    name, (first, *_) = syntax.text(call.named_children[0]), call.named_children[1].named_children
    if name == "optional":
        return type_of(first)
    if name in _COLLECTIONS:
        element = type_of(first)
        return CollectionType(element) if element else None
    if name == "object":
        items = ((syntax.key(key), value) for key, value in syntax.object_items(first))
        return ObjectType({key: type_of(value) for key, value in items if key is not None})
    return None


@dataclass(frozen=True, slots=True)
class Dropped:
    """An attribute that a type does not name: its path from the top, which ones there are, where it is."""

    path: tuple[str, ...]
    known: tuple[str, ...]
    where: Location | None = None


def dropped(value: Written, kind: Type, path: tuple[str, ...] = ()) -> Iterator[Dropped]:
    """What Terraform drops of a value that is given to a variable of a type."""
    if isinstance(kind, ObjectType):
        for key, inner in value.fields().items():
            if key in kind.attributes:
                yield from dropped(inner, kind.attributes[key], (*path, key))
            elif not key.startswith("("):  # a computed key
                yield Dropped((*path, key), tuple(kind.attributes), inner.where)
    elif isinstance(kind, CollectionType):
        inside = value.fields().items() or ((str(place), item) for place, item in enumerate(value.parts()))
        for key, inner in inside:
            yield from dropped(inner, kind.element, (*path, key))


def dropped_at(path: tuple[str, ...], value: object, kind: Type, begin: int = 0) -> Iterator[Dropped]:
    """The same of a plain value that a path leads to; `begin` is how much of the path was followed."""
    if isinstance(kind, ObjectType) and begin < len(path):
        if path[begin] in kind.attributes:
            yield from dropped_at(path, value, kind.attributes[path[begin]], begin + 1)
        else:
            yield Dropped(path[: begin + 1], tuple(kind.attributes))
    elif isinstance(kind, CollectionType) and begin < len(path):
        yield from dropped_at(path, value, kind.element, begin + 1)
    elif isinstance(kind, CollectionType) and isinstance(value, list):
        for place, item in enumerate(value):
            yield from dropped_at((*path, str(place)), item, kind.element, begin + 1)
    elif isinstance(kind, ObjectType) and isinstance(value, dict):
        for key, inner in value.items():
            yield from dropped_at((*path, key), inner, kind, begin)

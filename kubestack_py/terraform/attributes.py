"""The difference between two values of a resource, as dotted paths with compact JSON.

Terraform's rules: null and absent are the same; a value that a mask covers is shown as
`(sensitive)`, one that only the apply will tell as `(known after apply)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.model.changes import SENSITIVE, AttributeChange
from kubestack_py.model.paths import attribute_step
from kubestack_py.terraform.masks import cover

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kubestack_py.terraform.masks import Secrets

UNKNOWN = "(known after apply)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The two sides of a change at one place, with the masks that cover it (JSON values)."""

    before: object = None
    after: object = None
    unknown: object = False
    before_sensitive: object = False
    after_sensitive: object = False

    def at(self, key: str | int) -> Sides:
        """The same, one step deeper."""
        return Sides(
            before=_child(self.before, key),
            after=_child(self.after, key),
            unknown=_child(self.unknown, key),
            before_sensitive=_child(self.before_sensitive, key),
            after_sensitive=_child(self.after_sensitive, key),
        )

    @property
    def sensitive(self) -> bool:
        """True when either side is masked as a whole."""
        return self.before_sensitive is True or self.after_sensitive is True

    @property
    def differ(self) -> bool:
        """True when something changes here or below."""
        return not same(self.before, self.after) or _holds_true(self.unknown)


def differences(sides: Sides, secrets: Secrets, path: str = "") -> tuple[AttributeChange, ...]:
    """Every changed leaf in the order of its path; secrets are masked wherever they occur."""
    return tuple(_walk(sides, secrets, path))


def unknown_paths(unknown: object, path: str = "") -> tuple[str, ...]:
    """The paths whose values only the apply will tell."""
    if unknown is True:
        return (path,)
    return tuple(
        found for key in _keys(unknown) for found in unknown_paths(_child(unknown, key), join(path, key))
    )


def dotted(steps: Sequence[str | int]) -> str:
    """The path of a list of keys and indices: `spec.ports[0].port`, `tags["a.b"]`."""
    path = ""
    for step in steps:
        path = join(path, step)
    return path


def join(path: str, step: str | int) -> str:
    """A path with one more step."""
    return (path + attribute_step(step)).removeprefix(".")


def same(left: object, right: object) -> bool:
    """Equality of JSON values that tells `true` from `1`, as Terraform does."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _walk(sides: Sides, secrets: Secrets, path: str) -> Iterator[AttributeChange]:
    if not sides.differ:
        return
    keys = [] if sides.sensitive or sides.unknown is True else _shared_keys(sides)
    if path and not keys:
        yield _leaf(sides, secrets, path)
    for key in keys:
        yield from _walk(sides.at(key), secrets, join(path, key))


def _leaf(sides: Sides, secrets: Secrets, path: str) -> AttributeChange:
    before = secrets.shown(cover(sides.before, sides.before_sensitive))
    after = UNKNOWN if sides.unknown is True else secrets.shown(cover(sides.after, sides.after_sensitive))
    if sides.sensitive:
        before = SENSITIVE if before is not None else None
        after = SENSITIVE if after is not None else None
    return AttributeChange(path=secrets.masked(path), before=before, after=after)


def _shared_keys(sides: Sides) -> list[str | int]:
    """The keys to descend by; none where the sides are not both containers of one kind (or absent)."""
    values = [value for value in (sides.before, sides.after) if value is not None]
    if not values or not (_all_are(values, dict) or _all_are(values, list)):
        return []
    found = dict.fromkeys(key for value in (*values, sides.unknown) for key in _keys(value))
    return sorted(found, key=lambda key: (isinstance(key, str), key))


def _all_are(values: Iterable[object], kind: type) -> bool:
    return all(isinstance(value, kind) for value in values)


def _keys(value: object) -> list[str | int]:
    if isinstance(value, dict):
        return list(value)
    return list(range(len(value))) if isinstance(value, list) else []


def _child(value: object, key: str | int) -> object:
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


def _holds_true(mask: object) -> bool:
    return mask is True or any(_holds_true(_child(mask, key)) for key in _keys(mask))

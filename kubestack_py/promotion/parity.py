"""Parity: has the environment before lived through what this plan would do?

A change is exercised only by the same action on the same address. Attributes refine that, and so
does another instance of the same resource; neither ever turns a deletion or a replacement that was
not lived through into one that was.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from kubestack_py.model.parity import DESTRUCTIVE, Level, ParityClass, ParityLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kubestack_py.model.parity import ParityPolicy
    from kubestack_py.model.platform import Environment
    from kubestack_py.promotion.normal import Comparable

_INSTANCE = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')


def compare(
    stack: str,
    previous: Environment,
    planned: Sequence[Comparable],
    lived: Sequence[Comparable],
    policy: ParityPolicy,
) -> tuple[ParityLine, ...]:
    """Classify every planned change, and every lived one that is not planned.

    `previous` is the environment that lived through `lived`. Lines come in the order of `planned`,
    missing ones last.
    """
    comparison = _Comparison(stack, previous, lived, policy)
    return (*(comparison.classify(change) for change in planned), *comparison.missing(planned))


class _Comparison:
    """What one stack went through in the environment before, and what it makes of planned changes."""

    def __init__(
        self, stack: str, previous: Environment, lived: Sequence[Comparable], policy: ParityPolicy
    ) -> None:
        self._stack = stack
        self._previous = previous.name
        self._only_there = previous.only_here
        self._lived = lived
        self._policy = policy
        self._by_key: dict[object, list[Comparable]] = {}
        self._by_resource: dict[object, list[Comparable]] = {}
        for change in lived:
            for form in {change.own, change.common}:
                self._by_key.setdefault((form.address, form.action), []).append(change)
                self._by_resource.setdefault((_resource(form.address), form.action), []).append(change)

    def classify(self, change: Comparable) -> ParityLine:
        """The class of one planned change."""
        same = self._same(change)
        if same:
            return self._refined(change, same)
        action, previous = change.own.action, self._previous
        others = self._others(change)
        if others and action not in DESTRUCTIVE:
            why = f"{previous} has no such instance, but went through the same with {others[0].own.address}"
            return self._line(change, ParityClass.PARTLY, why)
        actions = sorted({item.own.action for item in self._lived if _same_address(item, change)})
        why = f"{previous} only had: {', '.join(actions)}" if actions else f"{previous} never touched it"
        return self._line(change, ParityClass.UNEXERCISED, why)

    def missing(self, planned: Sequence[Comparable]) -> Iterator[ParityLine]:
        """What was lived through and is not planned, each address and action once."""
        wanted = {(form.address, form.action) for change in planned for form in (change.own, change.common)}
        for change in {(item.own.address, item.own.action): item for item in self._lived}.values():
            if not wanted & {(form.address, form.action) for form in (change.own, change.common)}:
                why = f"{self._previous} went through it, this plan does not"
                line = self._line(change, ParityClass.MISSING, why)
                yield self._by_design(line) if self._is_only_there(change) else line

    def _is_only_there(self, change: Comparable) -> bool:
        """Whether the settings say so; of what destroys they say nothing, which is always told."""
        address, action = change.own.address, change.own.action
        return action not in DESTRUCTIVE and any(fnmatchcase(address, glob) for glob in self._only_there)

    def _by_design(self, line: ParityLine) -> ParityLine:
        why = f"only {self._previous} has it (`only_here` in kubestack.yaml)"
        return replace(line, why=why, level=Level.ALLOW)

    def _refined(self, change: Comparable, same: Sequence[Comparable]) -> ParityLine:
        """The class of a change whose address and action were lived through."""
        previous, own = self._previous, change.own
        if own.previous_address and not any(_same_origin(item, change) for item in same):
            why = f"{previous} did not move it from {own.previous_address}"
            return self._line(change, ParityClass.UNEXERCISED, why)
        other = _other_paths(change, same)
        if other:
            why = f"{previous} went through this {own.action}, but never for {', '.join(other)}"
            return self._line(change, ParityClass.PARTLY, why, other)
        return self._line(change, ParityClass.EXERCISED, f"{previous} went through the same")

    def _same(self, change: Comparable) -> list[Comparable]:
        own, common = change.own, change.common
        return self._by_key.get((own.address, own.action)) or [
            item
            for item in self._by_key.get((common.address, common.action), [])
            if item.common.address == common.address
        ]

    def _others(self, change: Comparable) -> list[Comparable]:
        """The same action on other instances of the same resource."""
        for form in (change.own, change.common):
            found = self._by_resource.get((_resource(form.address), form.action))
            if found:
                return found
        return []

    def _line(
        self, change: Comparable, parity: ParityClass, why: str, other_paths: tuple[str, ...] = ()
    ) -> ParityLine:
        return ParityLine(
            stack=self._stack,
            change=change.own,
            parity=parity,
            why=why,
            level=self._policy.level(parity, change.own.action),
            other_paths=other_paths,
        )


def _other_paths(change: Comparable, same: Sequence[Comparable]) -> tuple[str, ...]:
    """Attributes of a change that none of the lived ones had, and new reasons to replace."""
    lived = {
        p for item in same for form in (item.own, item.common) for p in (*form.paths, *form.replace_paths)
    }
    forced = {p for item in same for form in (item.own, item.common) for p in form.replace_paths}
    changed = zip(change.own.paths, change.common.paths, strict=True)
    replaced = zip(change.own.replace_paths, change.common.replace_paths, strict=True)
    other = {own for own, common in changed if not {own, common} & lived}
    other |= {own for own, common in replaced if not {own, common} & forced}
    return tuple(sorted(other))


def _same_address(one: Comparable, other: Comparable) -> bool:
    return one.own.address == other.own.address or one.common.address == other.common.address


def _same_origin(one: Comparable, other: Comparable) -> bool:
    return (
        one.own.previous_address == other.own.previous_address
        or one.common.previous_address == other.common.previous_address
    )


def _resource(address: str) -> str:
    """An address without the keys of instances: `module.a["x"].b.c[0]` is `module.a.b.c`."""
    return _INSTANCE.sub("", address)

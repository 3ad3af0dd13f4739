"""Inheritance between environments, as the module `configuration` of a platform does it in Terraform.

The rules are in docs/inheritance.md; `tests/tools/test_inheritance.py` feeds both the same configurations and
compares. The one difference is in types: in the module, a key of a typed map disappears when it is null.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubestack_py.model.configuration import EffectiveValue, Origin
from kubestack_py.model.finding import Finding, Location
from kubestack_py.terraform.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LONGEST_LINE = 16
DEEPEST_PATH = 12
UNSET, APPEND = "unset", "append"

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """What comes out at one path.

    With `by_name`, it is a list whose elements were merged by their names. `rest` is an expression that adds
    to what is known of an object. One that is `gone` was unset, and is shown only to say who did it.
    """

    path: Path
    value: Mapping[str, Merged] | tuple[Written, ...] | Written
    origins: tuple[Origin, ...]
    by_name: bool = False
    rest: Merged | None = None
    gone: bool = False

    def plain(self) -> object:
        """As JSON has it."""
        if isinstance(self.value, Written):
            return self.value.plain()
        if isinstance(self.value, tuple):
            return [item.plain() for item in self.value]
        fields = {key: item.plain() for key, item in self.value.items() if not item.gone}
        return [item for item in fields.values() if item is not None] if self.by_name else fields

    def values(self) -> Iterator[EffectiveValue]:
        """Every value below it that holds no other one."""
        if isinstance(self.value, Written | tuple) or not self.value:
            items = self.value if isinstance(self.value, tuple) else [self.value]
            computed = any(isinstance(item, Written) and item.has_computed for item in items)
            yield EffectiveValue(path=self.path, value=self.plain(), origins=self.origins, computed=computed)
        else:
            for item in self.value.values():
                yield from item.values()
            yield from self.rest.values() if self.rest else ()


@dataclass(frozen=True, slots=True)
class _Said:
    """What one environment of a line says at a path; `at` is its place in the line."""

    at: int
    what: Written


@dataclass
class Inheritance:
    """The configurations of all environments, by name, and who inherits from whom.

    `where` is where it all is written. What is wrong is collected in `findings` by `merged`.
    """

    configurations: Mapping[str, Written]
    base: str
    parents: Mapping[str, str]
    where: Location
    findings: list[Finding] = field(default_factory=list)

    def line(self, environment: str) -> tuple[str, ...]:
        """The environment, its parent, and so on; it ends early where the parents are wrong."""
        line = [environment]
        while len(line) <= LONGEST_LINE:
            heir = line[-1]
            parent = self.parents.get(heir, "" if heir == self.base else self.base)
            if parent not in self.configurations or parent in line:
                break
            line.append(parent)
        return tuple(line)

    def merged(self, environment: str) -> Merged:
        """The configuration of one environment with all that it inherits."""
        return _Merge(self, environment).result()

    def check_parents(self) -> None:
        """Find bases and parents that do not exist, circles, and lines that are too long."""
        known = ", ".join(self.configurations)
        if self.base not in self.configurations:
            self.note(f"the base {self.base!r} is not configured", f"configured: {known}")
        for heir, parent in self.parents.items():
            if heir not in self.configurations:
                self.note(f"{heir!r} has a parent, but is not configured", f"configured: {known}")
            if parent not in self.configurations:
                self.note(
                    f"{heir!r} inherits from {parent!r}, which is not configured", f"configured: {known}"
                )
        if self.base in self.parents:
            self.note(f"{self.base!r} is the base and inherits from nobody", "take it out of the parents")
        for name in self.configurations:
            line = self.line(name)
            if self.parents.get(line[-1]) == name:
                circle = " → ".join([*line, name])
                self.note(f"environments inherit in a circle: {circle}", "everybody has to end at the base")
                break
            if len(line) > LONGEST_LINE:
                self.note(f"{name!r} has more than {LONGEST_LINE - 1} environments before it", "")

    def note(self, message: str, hint: str, where: Location | None = None) -> None:
        """Add a finding."""
        self.findings.append(
            Finding(check="inheritance", where=where or self.where, message=message, hint=hint)
        )


class _Merge:
    """The merge for one environment: every path once, with all that its line says there."""

    def __init__(self, inheritance: Inheritance, environment: str) -> None:
        self._all = inheritance
        self._line = inheritance.line(environment)
        own = [inheritance.configurations[name] for name in self._line]
        self._unset = [_paths(configuration, UNSET) for configuration in own]
        self._append = [_paths(configuration, APPEND) for configuration in own]
        self._used: set[tuple[str, str]] = set()
        self._said = [_Said(at, _without_instructions(item)) for at, item in enumerate(own)]

    def result(self) -> Merged:
        merged = self._node((), self._said)
        hints = {UNSET: "which it does not inherit", APPEND: "but has no list there"}
        for instruction, paths in ((UNSET, self._unset[0]), (APPEND, self._append[0])):
            for path, where in paths.items():
                if (instruction, path) not in self._used:
                    message = f"{self._line[0]!r} has {path!r} in `{instruction}`, {hints[instruction]}"
                    self._all.note(message, "a path is written as keys with dots between them", where)
        return merged

    def _node(self, path: Path, said: Sequence[_Said]) -> Merged:
        name = ".".join(path)
        if len(path) > DEEPEST_PATH:
            where = said[0].what.where if said else None
            self._all.note(f"{name} is more than {DEEPEST_PATH} keys deep", "give it as text", where)
            return Merged(path, Written(value=None, where=self._all.where), ())
        counted = self._counted(name, said)
        if not counted:
            return self._nothing(path, name, said)
        first = counted[0]
        lists = self._lists(name, counted)
        if len(lists) > 1:
            return self._joined(path, lists)
        objects = list(_while_objects(counted))
        if not objects:
            return Merged(path, first.what, self._origins(counted[:1]))
        keys = dict.fromkeys(key for item in reversed(objects) for key in item.what.fields())
        fields = {key: self._below(path, key, objects) for key in keys}
        after = [item for item in counted[len(objects) :][:1] if item.what.computed]
        rest = Merged(path, after[0].what, self._origins(after)) if after else None
        return Merged(path, fields, self._origins(objects[:1]), rest=rest)

    def _below(self, path: Path, key: str, objects: Sequence[_Said]) -> Merged:
        said = [_Said(item.at, item.what.fields()[key]) for item in objects if key in item.what.fields()]
        return self._node((*path, key), said)

    def _counted(self, name: str, said: Sequence[_Said]) -> list[_Said]:
        """Null says nothing, and nobody sees past an environment that unsets the path."""
        last = next((at for at, paths in enumerate(self._unset) if name in paths), len(self._line))
        says = [item for item in said if item.what.value is not None]
        if any(item.at for item in says):
            self._used.add((UNSET, name))
        if says and says[0].at == 0 and isinstance(says[0].what.value, tuple):
            self._used.add((APPEND, name))
        return [item for item in says if item.at <= last]

    def _nothing(self, path: Path, name: str, said: Sequence[_Said]) -> Merged:
        """Null, said by who unset the path, or else by the nearest one that wrote it."""
        for at, paths in enumerate(self._unset):
            if name in paths:
                where = paths[name]
                origin = Origin(environment=self._line[at], where=where)
                gone = not any(item.at <= at for item in said)
                return Merged(path, Written(value=None, where=where), (origin,), gone=gone)
        return Merged(path, said[0].what, self._origins(said[:1]))

    def _lists(self, name: str, counted: Sequence[_Said]) -> list[_Said]:
        """The nearest list, and those that it is added to."""
        found: list[_Said] = []
        for item in counted:
            if not isinstance(item.what.value, tuple):
                break
            found.append(item)
            if name not in self._append[item.at]:
                break
        return found

    def _joined(self, path: Path, lists: Sequence[_Said]) -> Merged:
        origins = self._origins(list(reversed(lists)))
        named = [_Said(item.at, table) for item in lists if (table := _by_name(item.what)) is not None]
        if len(named) < len(lists):
            parts = tuple(part for item in reversed(lists) for part in item.what.parts())
            return Merged(path, parts, origins)
        names = dict.fromkeys(name for item in reversed(named) for name in item.what.fields())
        return Merged(path, {name: self._below(path, name, named) for name in names}, origins, by_name=True)

    def _origins(self, said: Sequence[_Said]) -> tuple[Origin, ...]:
        return tuple(Origin(environment=self._line[item.at], where=item.what.where) for item in said)


def _while_objects(said: Sequence[_Said]) -> Iterator[_Said]:
    for item in said:
        if item.what.is_scalar or isinstance(item.what.value, tuple):
            return
        yield item


def _by_name(written: Written) -> Written | None:
    """A list as an object of its elements, where each has a name of its own; None for another list."""
    found: dict[str, Written] = {}
    for item in written.parts():
        name = item.fields().get("name")
        key = _as_text(name) if name is not None else None
        if key is None or key in found:
            return None
        found[key] = item
    return Written(value=found, where=written.where)


def _as_text(name: Written) -> str | None:
    """A name as Terraform makes it text; None for what has no text."""
    if isinstance(name.value, bool):
        return str(name.value).lower()
    if isinstance(name.value, str | int | float) and not name.computed:
        return str(name.value)
    return None


def _paths(configuration: Written, instruction: str) -> dict[str, Location]:
    """The paths of an instruction with their places."""
    written = configuration.fields().get(instruction)
    if written is None:
        return {}
    items = written.parts() or (written,)
    return {str(item.value): item.where for item in items if item.is_scalar and item.value is not None}


def _without_instructions(configuration: Written) -> Written:
    fields = {k: v for k, v in configuration.fields().items() if k not in {UNSET, APPEND}}
    return Written(value=fields, where=configuration.where)

"""A new environment in an inherited configuration: whose heir it is, and what it has to say for itself.

It is like its parent in everything but what is called by the parent's name. A value counts as such where
another environment has the same value with its own name in it (`gc0-ops-eu-west-1`, `gc0-apps-eu-west-1`);
where only the name tells, somebody has to look.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kubestack_py.model.file_names import TERRAFORM_SUFFIXES
from kubestack_py.scaffold.naming import adapted_text
from kubestack_py.terraform.configurations import PARENTS, read_configurations
from kubestack_py.terraform.editing import insert, remove, replace
from kubestack_py.terraform.place import Place, find
from kubestack_py.terraform.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kubestack_py.scaffold.draft import Draft
    from kubestack_py.terraform.hcl import ConfigurationMap
    from kubestack_py.terraform.inheritance import Inheritance, Merged
    from kubestack_py.terraform.place import Document


@dataclass(slots=True)
class Heir:
    """What a new environment states in one configuration, and the places that somebody has to look at."""

    parent: str
    explicit: bool
    values: dict[str, Any] = field(default_factory=dict)
    doubtful: list[str] = field(default_factory=list)

    @property
    def comment(self) -> str:
        """What is said above it."""
        but = ", but for what is called by its name" if self.values else " in everything"
        return f"Like {self.parent}{but}."


def inheritance_of(
    files: Mapping[str, bytes], path: str, found: ConfigurationMap, base: str
) -> Inheritance | None:
    """Who inherits what in a configuration of a file; None where nothing can be read of it."""
    keys = dict(found.keys)
    for module in read_configurations(files, base).modules:
        where = {name: item.where for name, item in module.inheritance.configurations.items()}
        at = [(where[name].path, where[name].line) for name in keys if name in where]
        if (path, next(iter(keys.values()), 0)) in at:
            return module.inheritance
    return None


def heir(inheritance: Inheritance, name: str, chain: Sequence[str]) -> Heir:
    """The environment `name` of a chain that has it already, as an heir of who comes after it.

    Where nobody has an explicit parent, it is the base's heir like everybody else.
    """
    successor = next((item for item in chain[chain.index(name) + 1 :]), inheritance.base)
    explicit = bool(inheritance.parents) and successor in inheritance.configurations
    parent = successor if explicit else inheritance.base
    result = Heir(parent, explicit and parent != inheritance.base)
    if parent not in inheritance.configurations:
        return result
    others = {
        other: dict(_values(inheritance.merged(other)))
        for other in inheritance.configurations
        if other != parent
    }
    for key, value in _values(inheritance.merged(parent)):
        if _in(value.plain, parent, name) == value.plain:
            continue
        proved = any(
            key in said and said[key].plain == _in(value.plain, parent, other)
            for other, said in others.items()
        )
        if proved and value.settable:
            _set(result.values, key, _in(value.plain, parent, name))
        else:
            result.doubtful.append(f"{value.where}: {name} inherits {'.'.join(key)} = {value.plain!r}")
    return result


def with_parent(document: Document, module: str, name: str, parent: str) -> Document:
    """Write down whose heir an environment is, where the others' are written out."""
    for argument in PARENTS:
        place = Place(("module", module), (argument,))
        if find(document, place):
            return insert(document, place / name, parent)
    return document


def without_parent(document: Document, module: str, name: str, inheritance: Inheritance) -> Document:
    """Take an environment out of the parents; its heirs become those of its own parent."""
    own = inheritance.parents.get(name, inheritance.base)
    heirs = [item for item, parent in inheritance.parents.items() if parent == name]
    leaving = {
        item for item in (name, *(heirs if own == inheritance.base else ())) if item in inheritance.parents
    }
    for argument in PARENTS:
        place = Place(("module", module), (argument,))
        if not find(document, place):
            continue
        if leaving == inheritance.parents.keys():
            return remove(document, place) if leaving else document
        for item in leaving:
            document = remove(document, place / item)
        for item in (other for other in heirs if other not in leaving):
            document = replace(document, place / item, own)
    return document


def root_module(draft: Draft, path: str) -> dict[str, bytes]:
    """The files beside a file, as they are going to be."""
    directory = path.rpartition("/")[0]
    beside = (other for other in draft.files_below(directory) if other.rpartition("/")[0] == directory)
    return {other: draft.read(other) or b"" for other in beside if other.endswith(TERRAFORM_SUFFIXES)}


@dataclass(frozen=True, slots=True)
class _Value:
    plain: object
    where: str
    settable: bool


def _values(merged: Merged, *, settable: bool = True) -> Iterator[tuple[tuple[str, ...], _Value]]:
    """Texts and lists by path; what is inside of a list that is merged by name can only be looked at."""
    if isinstance(merged.value, Written | tuple):
        where = str(merged.origins[0].where) if merged.origins else ""
        computed = isinstance(merged.value, Written) and merged.value.computed
        if not computed:
            yield merged.path, _Value(merged.plain(), where, settable and len(merged.origins) <= 1)
        return
    for item in merged.value.values():
        yield from _values(item, settable=settable and not merged.by_name)


def _in(value: object, old: str, new: str) -> object:
    if isinstance(value, str):
        return adapted_text(value, old, new)
    return [_in(item, old, new) for item in value] if isinstance(value, list) else value


def _set(values: dict[str, Any], path: Sequence[str], value: object) -> None:
    for key in path[:-1]:
        values = values.setdefault(key, {})
    values[path[-1]] = value

"""The graph of Flux objects: sources, what depends on what, and variables that nothing defines.

https://fluxcd.io/flux/components/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kubestack_py.checks.workloads import Part, at, mappings
from kubestack_py.model.examined import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kubestack_py.checks.inventory import Inventory
    from kubestack_py.model.examined import Built, FieldPath

_TOOLKIT = ".toolkit.fluxcd.io"
_BOOTSTRAPPED = "flux-system"  # `flux bootstrap` makes its source and Kustomization, often outside of stacks
_CROSS_KIND = "put the other one below a Kustomization, and depend on that"
_DEPENDING = {"Kustomization", "HelmRelease"}
_SOURCES: dict[str, tuple[tuple[FieldPath, str], ...]] = {
    "Kustomization": ((("spec", "sourceRef"), ""),),
    "HelmRelease": ((("spec", "chart", "spec", "sourceRef"), ""), (("spec", "chartRef"), "")),
    "HelmChart": ((("spec", "sourceRef"), ""),),
    "ImageUpdateAutomation": ((("spec", "sourceRef"), "GitRepository"),),
    "ImagePolicy": ((("spec", "imageRepositoryRef"), "ImageRepository"),),
    "Alert": ((("spec", "providerRef"), "Provider"),),
}
_LISTS = {"Alert": "eventSources", "Receiver": "resources"}
Key = tuple[str, str, str]


class _Reference(NamedTuple):
    path: FieldPath
    kind: str
    namespace: str
    name: str


def is_flux(item: Built) -> bool:
    """Whether an object is one of Flux."""
    return item.manifest.group.endswith(_TOOLKIT)


def check_flux(objects: Sequence[Built], inventory: Inventory) -> Iterator[Problem]:
    """Problems of the Flux objects of one environment."""
    for item in objects:
        if is_flux(item):
            yield from _sources(item, inventory)
            if item.manifest.kind in _DEPENDING:
                yield from _dependencies(item, inventory)
    yield from _cycles([item for item in objects if is_flux(item) and item.manifest.kind in _DEPENDING])


def _sources(item: Built, inventory: Inventory) -> Iterator[Problem]:
    for reference in _references(item):
        known = inventory.find(reference.kind, reference.namespace, reference.name) is not None
        if not known and reference.name not in (_BOOTSTRAPPED, "*"):
            yield Problem(
                check="flux-reference",
                about=item,
                path=reference.path,
                message=_absent(reference.kind, reference.namespace, reference.name),
                hint=inventory.near(reference.kind, reference.namespace, reference.name),
            )


def _absent(kind: str, namespace: str, name: str) -> str:
    return f"there is no {kind} {name} in {namespace or 'any namespace'}"


def _references(item: Built) -> Iterator[_Reference]:
    kind = item.manifest.kind
    for path, default in _SOURCES.get(kind, ()):
        value = at(item.document, path)
        if isinstance(value, dict):
            yield from _reference(item, Part(path, value), default)
    if kind in _LISTS:
        for part in mappings(Part((), dict(item.document)), "spec", _LISTS[kind]):
            yield from _reference(item, part, "")


def _reference(item: Built, part: Part, default: str) -> Iterator[_Reference]:
    kind, name = part.value.get("kind", default), part.value.get("name")
    if isinstance(kind, str) and isinstance(name, str):
        namespace = str(part.value.get("namespace") or item.manifest.namespace)
        yield _Reference((*part.path, "name"), kind, namespace, name)


def _dependencies(item: Built, inventory: Inventory) -> Iterator[Problem]:
    """`dependsOn` names objects of the same kind; another kind is never waited for."""
    for key, path in _needs(item):
        kind, namespace, name = key
        if inventory.find(*key) is not None or name == _BOOTSTRAPPED:
            continue
        other = next((one for one in _DEPENDING - {kind} if inventory.find(one, namespace, name)), "")
        crossing = f"{name} is a {other}: dependsOn of a {kind} names only objects of the same kind"
        yield Problem(
            check="flux-reference",
            about=item,
            path=path,
            message=crossing if other else f"{_absent(*key)} to wait for",
            hint=_CROSS_KIND if other else inventory.near(*key),
        )


def _needs(item: Built) -> Iterator[tuple[Key, FieldPath]]:
    for part in mappings(Part((), dict(item.document)), "spec", "dependsOn"):
        name = part.value.get("name")
        if isinstance(name, str):
            namespace = str(part.value.get("namespace") or item.manifest.namespace)
            yield (item.manifest.kind, namespace, name), (*part.path, "name")


def _cycles(objects: Sequence[Built]) -> Iterator[Problem]:
    """One problem for each circle, at the object of it that comes first."""
    by_key = {_key(item): item for item in objects}
    needs = {key: [need for need, _ in _needs(item) if need in by_key] for key, item in by_key.items()}
    done: set[Key] = set()
    for start in by_key:
        circle = _circle(start, needs, done)
        if circle:
            names = " → ".join(key[2] for key in (*circle, circle[0]))
            yield Problem(
                check="flux-cycle",
                about=by_key[circle[0]],
                path=("spec", "dependsOn"),
                message=f"these wait for each other for ever: {names}",
                hint="take one dependsOn out",
            )


def _circle(start: Key, needs: dict[Key, list[Key]], done: set[Key]) -> list[Key]:
    """The first circle that is reached from here, depth first; what was looked at goes into `done`."""
    way: list[Key] = []
    waiting: list[tuple[Key, int]] = [(start, 0)]
    while waiting:
        key, depth = waiting.pop()
        del way[depth:]
        if key in way:
            return way[way.index(key) :]
        if key not in done:
            done.add(key)
            way.append(key)
            waiting += [(need, depth + 1) for need in needs[key]]
    return []


def _key(item: Built) -> Key:
    return item.manifest.kind, item.manifest.namespace, item.manifest.name

"""`${variables}` in what a Flux Kustomization applies: each has to be defined, or have a default.

Since kustomize-controller 1.9 one that is not fails the whole Kustomization.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from kubestack_py.checks.flux import is_flux
from kubestack_py.checks.workloads import Part, at, mappings
from kubestack_py.model.examined import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kubestack_py.checks.inventory import Inventory
    from kubestack_py.model.examined import Built, FieldPath

_VARIABLE = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SWITCH = "kustomize.toolkit.fluxcd.io/substitute"


def check_substitutions(objects: Sequence[Built], inventory: Inventory) -> Iterator[Problem]:
    """Problems of variables that the Kustomization above an object does not define.

    A Kustomization is above the objects of the stack, or of the overlay, that its path leads to. Where
    a ConfigMap or Secret with variables is not in the repository nobody can know what it defines.
    """
    for item in objects:
        if item.manifest.kind != "Kustomization" or not is_flux(item):
            continue
        yield from _missing_sources(item, inventory)
        defined = _defined(item, inventory)
        if defined is None:
            continue
        for target in objects:
            if _is_below(item, target) and not _is_switched_off(target):
                yield from _undefined(target, item, defined)


def _defined(item: Built, inventory: Inventory) -> set[str] | None:
    """Names that a Kustomization defines; None where it substitutes nothing, or not all can be known."""
    literal = at(item.document, ("spec", "postBuild", "substitute"))
    names = set(literal) if isinstance(literal, dict) else set()
    sources = list(_substitute_from(item))
    for part in sources:
        found = inventory.find(
            str(part.value.get("kind")), item.manifest.namespace, str(part.value.get("name"))
        )
        if found is None:
            return None
        names |= {key for field in ("data", "stringData") for key in found.document.get(field) or ()}
    return names if names or sources else None


def _missing_sources(item: Built, inventory: Inventory) -> Iterator[Problem]:
    for part in _substitute_from(item):
        kind, name = str(part.value.get("kind")), str(part.value.get("name"))
        if part.value.get("optional") is not True and not inventory.has(kind, item.manifest.namespace, name):
            yield Problem(
                check="flux-reference",
                about=item,
                path=(*part.path, "name"),
                message=f"there is no {kind} {name} to take variables from",
                hint=inventory.near(kind, item.manifest.namespace, name)
                or "`optional: true` if it may be missing",
            )


def _substitute_from(item: Built) -> Iterator[Part]:
    yield from mappings(Part((), dict(item.document)), "spec", "postBuild", "substituteFrom")


def _is_below(kustomization: Built, item: Built) -> bool:
    """Whether a Kustomization applies an object.

    Its path names the stack, the overlay, a directory above, or the list of an environment's overlays in one
    (`apps/ops`).
    """
    if item is kustomization:
        return False
    path = posixpath.normpath(str(at(kustomization.document, ("spec", "path")) or ".").lstrip("/"))
    own = (item.stack, f"{item.stack}/overlays/{item.environment}", f"{item.stack}/{item.environment}")
    above, _, last = path.rpartition("/")
    listed = last == item.environment and item.stack.startswith(f"{above}/")
    return path in (".", *own) or item.stack.startswith(f"{path}/") or (bool(above) and listed)


def _is_switched_off(item: Built) -> bool:
    for place in ("annotations", "labels"):
        marks = at(item.document, ("metadata", place))
        if isinstance(marks, dict) and marks.get(_SWITCH) == "disabled":
            return True
    return False


def _undefined(item: Built, kustomization: Built, defined: set[str]) -> Iterator[Problem]:
    by = kustomization.manifest.name
    for path, text in _texts(item.document, ()):
        for name in dict.fromkeys(_VARIABLE.findall(text)):
            if name not in defined:
                yield Problem(
                    check="flux-substitution",
                    about=item,
                    path=path,
                    message=f"nothing defines ${{{name}}} for the Kustomization {by}",
                    hint=f"define it in postBuild, write ${{{name}:=default}}, or $${{{name}}}",
                )


def _texts(value: object, path: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    if isinstance(value, str):
        if "${" in value:
            yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, (*path, number))

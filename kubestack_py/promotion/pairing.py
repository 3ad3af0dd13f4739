"""Which objects of two environments are the same one, where an environment's name is part of theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kubestack_py.promotion.normal import derived_names, normaliser

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.model.manifest import Manifest
    from kubestack_py.model.platform import Environment

    Manifests = dict[str, Manifest]


def pair(
    one: Mapping[str, Manifest],
    other: Mapping[str, Manifest],
    environment: Environment,
    other_environment: Environment,
) -> tuple[Manifests, Manifests]:
    """Both sides by address, in which objects that are the same one have the same address.

    An address that both have stays as it is. Of the others, those meet that are equal without what
    is derived from their environment; their address then has a placeholder for that.
    """
    mine = _common({key: item for key, item in one.items() if key not in other}, environment)
    theirs = _common({key: item for key, item in other.items() if key not in one}, other_environment)
    return _renamed(one, mine, theirs), _renamed(other, theirs, mine)


def _common(manifests: Mapping[str, Manifest], environment: Environment) -> Manifests:
    """Manifests with placeholders in namespace and name, by the address that they had."""
    put = normaliser(derived_names(environment))
    return {
        address: replace(item, namespace=put(item.namespace), name=put(item.name))
        for address, item in manifests.items()
    }


def _renamed(manifests: Mapping[str, Manifest], own: Manifests, others: Manifests) -> Manifests:
    """The manifests, those under their common address that the other side has as well."""
    met = {item.address for item in own.values()} & {item.address for item in others.values()}
    chosen = (
        own[address] if address in own and own[address].address in met else item
        for address, item in manifests.items()
    )
    return {item.address: item for item in chosen}

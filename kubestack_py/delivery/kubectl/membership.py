"""Which objects of a cluster a stack has delivered, and which of them it must leave alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.delivery.kubectl.applyset import kinds_of, namespaces_of, set_of
from kubestack_py.delivery.kubectl.health import holding
from kubestack_py.delivery.kubectl.objects import manifest
from kubestack_py.delivery.kubectl.refusals import UnreachableError
from kubestack_py.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from kubestack_py.delivery.kubectl.api import Cluster, Kind
    from kubestack_py.delivery.kubectl.applyset import ApplySet
    from kubestack_py.model.manifest import Manifest


def refuse_foreign(live: Collection[Manifest], applyset: ApplySet, stack: str) -> None:
    """Refuse what is in the cluster as another set's member, or is on its way out."""
    others = [item.address for item in live if set_of(item.document) not in ("", applyset.id)]
    if others:
        raise DeliveryError(
            f"{stack} renders what another stack or tool has delivered: {', '.join(others)}",
            hint="Let one stack alone render it. To hand it over, deliver that stack without it, or take "
            "the label applyset.kubernetes.io/part-of off the object.",
        )
    leaving = [f"{item.address}: {holding(item.document)}" for item in live if is_being_deleted(item)]
    if leaving:
        raise DeliveryError(
            f"{stack} renders what is on its way out: {'; '.join(leaving)}",
            hint="Run this again when it is gone: then it is made anew.",
        )


def is_being_deleted(item: Manifest) -> bool:
    """Whether somebody has asked for the end of an object."""
    return bool(item.document["metadata"].get("deletionTimestamp"))


def find_members(
    cluster: Cluster,
    applyset: ApplySet,
    parent: Mapping[str, Any] | None,
    kinds: Mapping[tuple[str, str], Kind],
    live: Collection[Manifest],
) -> dict[str, Manifest]:
    """What was delivered before, by the label; only kinds that the cluster still serves.

    The parent tells which kinds to look at. Where it was taken away, live members tell that it was there.
    """
    if parent is None:
        return _searched(cluster, applyset) if any(set_of(item.document) for item in live) else {}
    served = [kinds[key] for key in sorted(kinds_of(parent)) if key in kinds]
    inside = ",".join(kind.full_name for kind in served if kind.namespaced)
    outside = ",".join(kind.full_name for kind in served if not kind.namespaced)
    places = [(inside, namespace) for namespace in sorted(namespaces_of(parent)) if inside]
    places += [(outside, "")] if outside else []
    found = (
        manifest(item)
        for what, namespace in places
        for item in cluster.members(what, applyset.selector, namespace=namespace)
    )
    return {item.address: item for item in found}


def _searched(cluster: Cluster, applyset: ApplySet) -> dict[str, Manifest]:
    """Every object of the set, of whatever kind."""
    names = ",".join(kind.full_name for kind in cluster.kinds(verbs="list,delete").values())
    try:
        found = map(manifest, cluster.members(names, applyset.selector))
        return {item.address: item for item in found}
    except UnreachableError:
        raise
    except DeliveryError as error:
        raise DeliveryError(
            f"ConfigMap {applyset.namespace}/{applyset.name}, which lists what was delivered, is gone, and "
            f"the cluster cannot be searched: {error.message}",
            hint="Apply once with a context that may list every kind: that writes the list anew.",
        ) from error

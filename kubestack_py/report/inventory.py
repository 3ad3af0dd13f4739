"""What a platform is made of, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubestack_py.model.inventory import Inventory, NodePool

HEADINGS: Mapping[str, Sequence[str]] = {
    "environments": ("Environment", "Applies on", "Inherits"),
    "clusters": ("Cluster", "Provider", "Node pools", "Where"),
    "node-pools": ("Node pool", "Cluster", "Environment", "Settings", "Where"),
    "services": ("Service", "Delivery", "Cluster", "Where"),
    "apps": ("App", "Overlays", "Where"),
    "stacks": ("Stack", "Kind", "Needs"),
}


def inventory_rows(inventory: Inventory, kind: str) -> list[tuple[str, ...]]:
    """The rows below the headings of a kind."""
    match kind:
        case "environments":
            return [
                (item.name, item.applies_on, "is the base" if item.base else "from the base")
                for item in inventory.environments
            ]
        case "clusters":
            return [
                (item.name, item.provider, ", ".join(pool.name for pool in item.node_pools), str(item.where))
                for item in inventory.clusters
            ]
        case "node-pools":
            return [row for pool in inventory.node_pools for row in _pool_rows(pool)]
        case "services":
            return [(item.name, item.delivery, item.cluster, str(item.where)) for item in inventory.services]
        case "apps":
            return [(item.name, ", ".join(item.environments), str(item.where)) for item in inventory.apps]
        case _:
            return [(item.name, item.kind, ", ".join(item.needs)) for item in inventory.stacks]


def _pool_rows(pool: NodePool) -> list[tuple[str, ...]]:
    return [
        (
            pool.name,
            pool.cluster,
            environment,
            ", ".join(f"{key} = {value}" for key, value in settings.items()),
            str(pool.where),
        )
        for environment, settings in pool.settings.items()
    ]

"""What a platform is made of, as its files say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.model.finding import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePool:
    """Nodes of one kind; `settings` holds by environment what that one states, as it is written."""

    name: str
    cluster: str
    where: Location
    settings: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A `module` block that makes a cluster: its provider, its pools, the keys of its configuration.

    `base` is the environment that the others inherit from, empty where it is computed.
    """

    name: str
    provider: str
    where: Location
    environments: tuple[str, ...] = ()
    base: str = ""
    node_pools: tuple[NodePool, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Something that the clusters need to be useful; `delivery` is how it gets there (`flux`)."""

    name: str
    delivery: str
    where: Location
    cluster: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An application: a directory with a base, and an overlay for each environment."""

    name: str
    where: Location
    environments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackItem:
    """A stack with what it needs."""

    name: str
    kind: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentItem:
    """An environment with the refs that it applies on (`branch main`)."""

    name: str
    applies_on: str
    base: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Everything of a platform that `kubestack add` adds."""

    clusters: tuple[Cluster, ...] = ()
    services: tuple[Service, ...] = ()
    apps: tuple[App, ...] = ()
    environments: tuple[EnvironmentItem, ...] = ()
    stacks: tuple[StackItem, ...] = ()

    @property
    def node_pools(self) -> tuple[NodePool, ...]:
        """The node pools of all clusters."""
        return tuple(pool for cluster in self.clusters for pool in cluster.node_pools)

"""What is wrong with a cluster's settings, before Terraform plans it: long names, networks that overlap.

Its module refuses the same, later and without a line of the file that says it. What only the lists of a cloud
do not have (a region, a machine type) is a warning: the cloud may have it since.
"""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from kubestack_py.model.finding import Finding, Location, Severity
from kubestack_py.scaffold.offerings import not_offered
from kubestack_py.scaffold.providers import cloud, provider

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kubestack_py.model.configuration import EffectiveValue

PEERS = "network.peer_cidrs"
CHECK = "cluster"


class _Network(NamedTuple):
    """A network, the attribute that says it, and where it stands; nowhere for a default."""

    attribute: str
    network: IPv4Network
    where: Location | None

    def __str__(self) -> str:
        return f"{self.attribute} {self.network}{'' if self.where else ' (the default)'}"


def settings_findings(
    provider_name: str, environment: str, values: Mapping[str, EffectiveValue], call: Location
) -> Iterator[Finding]:
    """What is wrong with a cluster in an environment; `values` are its effective ones by their path.

    `call` is where the cluster's module is called, for what stands nowhere else.
    """
    yield from _long_name(provider_name, environment, values)
    yield from _not_offered(provider_name, environment, values)
    own, peers = _networks(provider_name, values), list(_peers(values))
    for one, other in (*combinations(own, 2), *((one, peer) for one in own for peer in peers)):
        if one.network.overlaps(other.network):
            yield Finding(
                check=CHECK,
                where=other.where or one.where or call,
                message=f"in {environment}, {one} and {other} overlap",
                hint="give one of them addresses of its own",
            )


def _long_name(
    provider_name: str, environment: str, values: Mapping[str, EffectiveValue]
) -> Iterator[Finding]:
    prefix, region = values.get("name_prefix"), values.get("region")
    if not (prefix and region) or prefix.computed or region.computed:
        return
    name, longest = f"{prefix.value}-{environment}-{region.value}", provider(provider_name).longest_name
    if len(name) > longest:
        yield Finding(
            check=CHECK,
            where=_where(prefix),
            key="name_prefix",
            message=f"{name}, the cluster's name in {environment}, is {len(name)} characters; "
            f"{longest} is the most",
            hint=f"shorten it by {len(name) - longest}",
        )


def _not_offered(
    provider_name: str, environment: str, values: Mapping[str, EffectiveValue]
) -> Iterator[Finding]:
    """What the lists do not have, in the environment that says it and not in those that inherit it."""
    region = values.get("region")
    lists = _lists(provider_name, region.value if region and not region.computed else None)
    for value in values.values():
        own = not value.computed and value.origins[-1].environment == environment
        placed = len(value.path) == 1 or (value.path[0] == "node_pools" and len(value.path) == 3)
        if not (own and placed and value.path[-1] in lists):
            continue
        for item in value.value if isinstance(value.value, list) else (value.value,):
            # Of a version in full (1.35.8-gke.1036000) the list has the minor one.
            said = ".".join(str(item).split(".")[:2]) if value.path[-1] == "kubernetes_version" else str(item)
            found = not_offered(said, *lists[value.path[-1]]) if item is not None else None
            if found:
                yield Finding(
                    check=CHECK,
                    severity=Severity.WARNING,
                    where=_where(value),
                    key=value.name,
                    message=found[0],
                    hint=f"{found[1]}; leave it where it is newer than the list",
                )


def _lists(provider_name: str, region: object) -> dict[str, tuple[str, tuple[str, ...], str]]:
    """What there is to choose from for each attribute: what it is called, the list, its date."""
    offered, date = cloud(provider_name), cloud(provider_name).as_of
    lists = {
        "region": ("region", tuple(offered.regions), date["regions"]),
        provider(provider_name).node_pool["node_type"]: (
            "machine type",
            offered.node_types,
            date["node_types"],
        ),
        "kubernetes_version": (
            "version of Kubernetes here",
            offered.kubernetes_versions,
            date["kubernetes_versions"],
        ),
    }
    zones = offered.regions.get(str(region))
    return lists | ({"availability_zones": (f"zone of {region}", zones, date["zones"])} if zones else {})


def _networks(provider_name: str, values: Mapping[str, EffectiveValue]) -> list[_Network]:
    """The cluster's own networks; those that an existing network replaces are not among them."""
    found = []
    for item in provider(provider_name).networks:
        said = values.get(item.path)
        if (item.unless and _is_said(values.get(item.unless))) or (said and said.computed):
            continue
        network = _network(said.value if said else item.usual)
        if network:
            found.append(_Network(item.path, network, _where(said) if said else None))
    return found


def _peers(values: Mapping[str, EffectiveValue]) -> Iterator[_Network]:
    said = values.get(PEERS)
    for text in said.value if said and not said.computed and isinstance(said.value, list) else ():
        network = _network(text)
        if said and network:
            yield _Network(PEERS, network, _where(said))


def _is_said(value: EffectiveValue | None) -> bool:
    return value is not None and value.value is not None


def _network(text: object) -> IPv4Network | None:
    """None for what is no network: its module says that."""
    try:
        network = ip_network(str(text))
    except ValueError:
        return None
    return network if isinstance(network, IPv4Network) else None


def _where(value: EffectiveValue) -> Location:
    return value.origins[-1].where

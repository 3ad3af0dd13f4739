"""What is wrong with a cluster's settings, before Terraform plans it: long names, networks that overlap.

Its module refuses the same, later and without a line of the file that says it.
"""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from kubestack_py.model.finding import Finding, Location
from kubestack_py.scaffold.providers import provider

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

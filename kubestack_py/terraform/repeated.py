"""Drift that is none: attributes in which a provider repeats what other resources have made.

A role of IAM is written to the state before its policies are attached, so the first refresh finds its
`managed_policy_arns` changed; a route table before its routes, an address before the NAT gateway that takes
it. That is so in every cluster that was just made. What somebody else attached is in no resource of the
state, and stays drift, and so does what is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from kubestack_py.terraform.plan_document import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from kubestack_py.terraform.plan_document import PlanDocument, RawJson, StateResourceDocument

Values = dict[str, Any]

_ADDRESS = {
    "association_id": "association_id",
    "network_interface": "network_interface_id",
    "private_ip": "private_ip",
}
_DESTINATIONS = {"cidr_block": "destination_cidr_block", "ipv6_cidr_block": "destination_ipv6_cidr_block"}


def repeated_paths(plan: PlanDocument) -> dict[str, tuple[str, ...]]:
    """By the address of a resource that drifted, the attributes that tell nothing new."""
    drifted = [item for item in plan.resource_drift or () if item.type in _RULES]
    if not drifted:
        return {}
    state = list(state_resources(plan))

    def every(kind: str) -> list[Values]:
        return [_values(item.values) for item in state if item.type == kind]

    return {
        item.address: tuple(_RULES[item.type](_values(item.change.before), _values(item.change.after), every))
        for item in drifted
    }


def _role(before: Values, after: Values, every: Callable[[str], Iterable[Values]]) -> Iterator[str]:
    attached = [
        item.get("policy_arn")
        for item in every("aws_iam_role_policy_attachment")
        if item.get("role") == after.get("name")
    ]
    if all(policy in attached for policy in _added(before, after, "managed_policy_arns")):
        yield "managed_policy_arns"
    inline = [
        (item.get("name"), _json(item.get("policy")))
        for item in every("aws_iam_role_policy")
        if item.get("role") == after.get("name")
    ]
    if not _added(after, before, "inline_policy") and all(
        (policy.get("name"), _json(policy.get("policy"))) in inline
        for policy in _added(before, after, "inline_policy")
    ):
        yield "inline_policy"


def _route_table(before: Values, after: Values, every: Callable[[str], Iterable[Values]]) -> Iterator[str]:
    routes = [item for item in every("aws_route") if item.get("route_table_id") == after.get("id")]
    if not _added(after, before, "route") and all(
        any(_is_route(said, route) for route in routes) for said in _added(before, after, "route")
    ):
        yield "route"


def _is_route(said: Mapping[str, Any], route: Values) -> bool:
    """Whether a line of a table is a route of its own; a destination and a target make one."""
    stated = {_DESTINATIONS.get(key, key): value for key, value in said.items() if value}
    return len(stated) > 1 and all(route.get(key) == value for key, value in stated.items())


def _address(before: Values, after: Values, every: Callable[[str], Iterable[Values]]) -> Iterator[str]:
    """An address that was free, and that a NAT gateway of this state has taken."""
    taken = any(
        gateway.get("allocation_id") == after.get("id")
        and all(after.get(own) == gateway.get(its) for own, its in _ADDRESS.items())
        for gateway in every("aws_nat_gateway")
    )
    if taken and not any(before.get(name) for name in _ADDRESS):
        yield from (*_ADDRESS, "private_dns")


_RULES: Mapping[str, Callable[[Values, Values, Callable[[str], Iterable[Values]]], Iterator[str]]] = {
    "aws_eip": _address,
    "aws_iam_role": _role,
    "aws_route_table": _route_table,
}


def state_resources(plan: PlanDocument) -> Iterator[StateResourceDocument]:
    """Every resource and data source of the state that was planned against, in all modules."""
    modules = [plan.prior_state.values.root_module] if plan.prior_state and plan.prior_state.values else []
    while modules:
        module = modules.pop()
        modules += module.child_modules or ()
        yield from module.resources or ()


def _values(raw: RawJson) -> dict[str, Any]:
    return cast("dict[str, Any]", decode(raw) or {})


def _added(before: Values, after: Values, name: str) -> list[Any]:
    """What a list has more than before."""
    there = before.get(name) or []
    return [item for item in after.get(name) or [] if item not in there]


def _json(text: object) -> object:
    """A policy as a value: providers write the same one in different ways."""
    try:
        return msgspec.json.decode(str(text))
    except msgspec.MsgspecError:
        return text

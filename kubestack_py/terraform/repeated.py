"""Drift that is none: attributes in which a provider repeats what other resources have made.

A role of IAM is written to the state before its policies are attached, so the first refresh finds its
`managed_policy_arns` changed, in every cluster that was just made. A policy that somebody else attached
is in no resource of the state, and stays drift.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from kubestack_py.terraform.plan_document import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubestack_py.terraform.plan_document import PlanDocument, RawJson, StateResourceDocument

ROLE, POLICIES = "aws_iam_role", "managed_policy_arns"
ATTACHMENT = "aws_iam_role_policy_attachment"


def repeated_paths(plan: PlanDocument) -> dict[str, tuple[str, ...]]:
    """By the address of a resource that drifted, the attributes that tell nothing new."""
    roles = [item for item in plan.resource_drift or () if item.type == ROLE]
    if not roles:
        return {}
    attached = {
        (values.get("role"), values.get("policy_arn"))
        for values in (_values(item.values) for item in state_resources(plan) if item.type == ATTACHMENT)
    }
    found: dict[str, tuple[str, ...]] = {}
    for role in roles:
        before, after = _values(role.change.before), _values(role.change.after)
        added = {*(after.get(POLICIES) or ())} - {*(before.get(POLICIES) or ())}
        if {(after.get("name"), policy) for policy in added} <= attached:
            found[role.address] = (POLICIES,)
    return found


def state_resources(plan: PlanDocument) -> Iterator[StateResourceDocument]:
    """Every resource and data source of the state that was planned against, in all modules."""
    modules = [plan.prior_state.values.root_module] if plan.prior_state and plan.prior_state.values else []
    while modules:
        module = modules.pop()
        modules += module.child_modules or ()
        yield from module.resources or ()


def _values(raw: RawJson) -> dict[str, Any]:
    return cast("dict[str, Any]", decode(raw) or {})

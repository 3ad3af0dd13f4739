"""Read a plan: `terraform show -json` becomes a ChangeSet without secrets."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from kubestack_py.errors import TerraformError
from kubestack_py.model.changes import (
    SENSITIVE,
    AttributeChange,
    Change,
    ChangeAction,
    ChangeSet,
    CheckResult,
    CheckStatus,
)
from kubestack_py.model.state import ENVIRONMENT_VARIABLE
from kubestack_py.terraform.attributes import Sides, differences, dotted, unknown_paths
from kubestack_py.terraform.masks import Secrets, covers, leaves
from kubestack_py.terraform.plan_document import (
    ChangeDocument,
    CheckDocument,
    PlanDocument,
    RawJson,
    ResourceDocument,
    VersionDocument,
    decode,
)
from kubestack_py.terraform.repeated import repeated_paths, state_resources

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

FORMAT_MAJOR = "1"
_EMPTY = {None, "{}", "[]", '""'}
_QUIET = frozenset({("no-op",), ("read",), ()})
_ACTIONS = {
    ("create",): ChangeAction.CREATE,
    ("update",): ChangeAction.UPDATE,
    ("delete",): ChangeAction.DELETE,
    ("delete", "create"): ChangeAction.REPLACE,
    ("create", "delete"): ChangeAction.REPLACE,
    ("forget", "create"): ChangeAction.REPLACE,
    ("create", "forget"): ChangeAction.REPLACE,
    ("forget",): ChangeAction.FORGET,
}


def read_plan(json_bytes: bytes, *, stack: str, environment: str) -> tuple[ChangeSet, tuple[str, ...]]:
    """The change set of a plan in JSON, and the secret strings that must not be printed anywhere.

    Resources that stay as they are and data sources are left out. Raises `TerraformError` when the
    document is no plan, has a format this program does not know, or records a failed plan.
    """
    plan = _decode(json_bytes)
    secrets = Secrets.of(_secrets(plan))
    changes = ChangeSet(
        stack=stack,
        environment=environment,
        changes=_sorted(_changes(plan.resource_changes, secrets)),
        outputs=tuple(_outputs(plan, secrets)),
        checks=tuple(_checks(plan, secrets)),
    )
    return changes, secrets.long


def read_drift(json_bytes: bytes, *, stack: str, environment: str) -> tuple[ChangeSet, tuple[str, ...]]:
    """The same for what a refresh found changed.

    Providers fill in empty values when they read what they created (`tags` from null to `{}`): a
    resource where nothing else changed is left out. So is what they repeat of other resources.
    """
    plan = _decode(json_bytes)
    secrets = Secrets.of(_secrets(plan))
    repeated = repeated_paths(plan)
    found = (
        _without(_without_filling(change), repeated.get(change.address, ()))
        for change in _changes(plan.resource_drift, secrets)
    )
    told = (change for change in found if change.attributes or change.action is not ChangeAction.UPDATE)
    return ChangeSet(stack=stack, environment=environment, changes=_sorted(told)), secrets.long


def is_confidential(json_bytes: bytes) -> bool:
    """Whether any value of a plan in JSON is masked: its plan file holds that value in the clear."""
    return any(covers(mask) for _, mask in _masked(_decode(json_bytes)))


def planned_environment(json_bytes: bytes) -> object:
    """The value of the variable that tells the environment; None without such a variable."""
    found = (_decode(json_bytes).variables or {}).get(ENVIRONMENT_VARIABLE)
    return decode(found.value) if found else None


def _decode(json_bytes: bytes) -> PlanDocument:
    try:
        version = msgspec.json.decode(json_bytes, type=VersionDocument).format_version
        if version.partition(".")[0] != FORMAT_MAJOR:
            raise TerraformError(
                f"the plan has format {version or '(none)'}, but only {FORMAT_MAJOR}.x is understood",
                hint="Use a Terraform version that kubestack supports, or a newer kubestack.",
            )
        plan = msgspec.json.decode(json_bytes, type=PlanDocument)
    except msgspec.MsgspecError as error:
        raise TerraformError("`show -json` did not write a plan", detail=str(error)) from error
    if plan.errored:
        raise TerraformError(
            "the plan is incomplete, since planning failed", hint="Plan again and mend what it reports."
        )
    return plan


def _secrets(plan: PlanDocument) -> Iterator[str]:
    for value, mask in _masked(plan):
        yield from leaves(decode(value), mask)


def _masked(plan: PlanDocument) -> Iterator[tuple[RawJson, object]]:
    """Every value that may hold secrets, with its mask: of changes, data sources and variables."""
    resources = chain(plan.resource_changes or (), plan.resource_drift or ())
    changes = chain((item.change for item in resources), (plan.output_changes or {}).values())
    sides = chain.from_iterable(
        ((change.before, change.before_sensitive), (change.after, change.after_sensitive))
        for change in changes
    )
    for value, mask in chain(sides, _data_sources(plan)):
        if b"true" in bytes(mask):
            yield value, decode(mask)
    declared = plan.configuration.root_module.variables or {}
    for name, variable in (plan.variables or {}).items():
        if name in declared and declared[name].sensitive:
            yield variable.value, True


def _data_sources(plan: PlanDocument) -> Iterator[tuple[RawJson, RawJson]]:
    """What data sources have read: it is no change, so only the prior state knows it."""
    for resource in state_resources(plan):
        if resource.mode == "data":
            yield resource.values, resource.sensitive_values


def _sorted(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda change: change.address))


def _without_filling(change: Change) -> Change:
    """A change without the attributes that only went from nothing to an empty value or back."""
    attributes = (item for item in change.attributes if {item.before, item.after} - _EMPTY)
    return replace(change, attributes=tuple(attributes))


def _without(change: Change, names: Collection[str]) -> Change:
    """A change without some attributes of the resource and what is in them."""
    attributes = (item for item in change.attributes if item.path.partition("[")[0] not in names)
    return replace(change, attributes=tuple(attributes))


def _changes(resources: Iterable[ResourceDocument] | None, secrets: Secrets) -> Iterator[Change]:
    for resource in resources or ():
        action = _action(resource)
        if action is not None:
            yield _change(resource, action, secrets)


def _action(resource: ResourceDocument) -> ChangeAction | None:
    actions = resource.change.actions
    if resource.mode != "managed":
        return None
    if actions not in _QUIET:
        if actions not in _ACTIONS:
            raise TerraformError(
                f"{resource.address}: the plan has an action that is not known: {', '.join(actions)}",
                hint="Use a Terraform version that kubestack supports, or a newer kubestack.",
            )
        return _ACTIONS[actions]
    if resource.change.importing is not None:
        return ChangeAction.IMPORT
    return ChangeAction.MOVE if resource.previous_address else None


def _change(resource: ResourceDocument, action: ChangeAction, secrets: Secrets) -> Change:
    sides = _sides(resource.change)
    silent = action in {ChangeAction.IMPORT, ChangeAction.MOVE, ChangeAction.FORGET}
    return Change(
        address=_address(resource),
        action=action,
        attributes=() if silent else differences(sides, secrets),
        replace_paths=tuple(dotted(steps) for steps in resource.change.replace_paths or ()),
        unknown_paths=unknown_paths(sides.unknown),
        previous_address=resource.previous_address,
        reason=resource.action_reason,
    )


def _address(resource: ResourceDocument) -> str:
    suffix = f" (deposed object {resource.deposed})" if resource.deposed else ""
    return resource.address + suffix


def _sides(change: ChangeDocument) -> Sides:
    return Sides(
        before=decode(change.before),
        after=decode(change.after),
        unknown=decode(change.after_unknown),
        before_sensitive=decode(change.before_sensitive),
        after_sensitive=decode(change.after_sensitive),
    )


def _outputs(plan: PlanDocument, secrets: Secrets) -> Iterator[AttributeChange]:
    for name, change in sorted((plan.output_changes or {}).items()):
        if change.actions in _QUIET:
            continue
        sides = _sides(change)
        yield from differences(sides, secrets, name) or [_unchanged(name, sides, secrets)]


def _unchanged(name: str, sides: Sides, secrets: Secrets) -> AttributeChange:
    """An output whose value stays: what changes is whether it is sensitive."""
    value = SENSITIVE if sides.sensitive else secrets.shown(sides.after)
    return AttributeChange(path=name, before=value, after=value)


def _checks(plan: PlanDocument, secrets: Secrets) -> Iterator[CheckResult]:
    """Check blocks, and other conditions only when they do not hold."""
    for check in sorted(plan.checks or (), key=lambda item: item.address.to_display):
        if check.address.kind == "check" or check.status in {CheckStatus.FAIL, CheckStatus.ERROR}:
            yield CheckResult(
                address=check.address.to_display, status=check.status, messages=_messages(check, secrets)
            )


def _messages(check: CheckDocument, secrets: Secrets) -> tuple[str, ...]:
    problems = (problem for instance in check.instances or () for problem in instance.problems or ())
    return tuple(secrets.masked(problem.message) for problem in problems if problem.message)

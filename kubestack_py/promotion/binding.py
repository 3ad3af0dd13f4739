"""Whether saved plans still fit: every part compared, every difference in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.saved import KustomizeBinding, TerraformBinding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kubestack_py.model.changes import ContentDigest
    from kubestack_py.model.saved import Binding, SavedPlan, SavedPlans

_SHOWN = 8


def misplaced(saved: SavedPlans, *, environment: str, commit: str, ref: str) -> list[str]:
    """Why plans do not belong here: made for another environment, at another commit, on another ref."""
    wrong = []
    if saved.environment != environment:
        wrong.append(f"they were made for {saved.environment}, not for {environment}")
    if saved.commit != commit:
        wrong.append(
            f"they were made at commit {saved.commit[:_SHOWN]}, but {commit[:_SHOWN]} is checked out"
        )
    if saved.ref != ref:
        wrong.append(f"they were made on {_ref(saved.ref)}, and this is {_ref(ref)}")
    return wrong


def outdated(
    environment: str,
    plans: Sequence[SavedPlan],
    digests: Mapping[str, ContentDigest],
    found: Mapping[str, Binding],
) -> list[str]:
    """Why plans cannot be applied any more; `found` is what a new plan of each stack would rest on."""
    return [
        f"{plan.stack}: {words}"
        for plan in plans
        for words in _differences(environment, plan, digests[plan.stack], found[plan.stack])
    ]


def _differences(environment: str, plan: SavedPlan, content: ContentDigest, now: Binding) -> Iterator[str]:
    if plan.content != content:
        yield f"planned with the content {plan.content.short()}, and this is {content.short()}"
    match plan.binding, now:
        case TerraformBinding() as then, TerraformBinding():
            yield from _terraform(then, now)
        case KustomizeBinding() as then, KustomizeBinding():
            yield from _kustomize(then, now, environment)
        case _:
            yield "it was a stack of another kind when it was planned"


def _terraform(then: TerraformBinding, now: TerraformBinding) -> Iterator[str]:
    if then.workspace != now.workspace:
        yield f"planned in the workspace {then.workspace}, and this is {now.workspace}"
    if then.backend != now.backend:
        yield f"planned with the backend {then.backend}, and the configuration says {now.backend}"
    if then.lineage != now.lineage:
        yield f"planned against {_state(then)}, and there is {_state(now)}"
    elif then.serial != now.serial:
        yield f"its state was changed since it was planned: serial {then.serial} then, {now.serial} now"
    if then.lock_file != now.lock_file:
        yield "planned with another .terraform.lock.hcl"
    if then.tool != now.tool:
        yield f"planned with {then.tool}, and this is {now.tool}; no other version may apply a plan"


def _kustomize(then: KustomizeBinding, now: KustomizeBinding, environment: str) -> Iterator[str]:
    if then.rendered != now.rendered:
        yield "its manifests render to something else than when they were planned"
    if then.delivered != now.delivered:
        yield f"its rendered manifests on env/{environment} were changed since it was planned"


def _state(binding: TerraformBinding) -> str:
    return f"the state {binding.lineage}" if binding.lineage else "no state"


def _ref(ref: str) -> str:
    return ref or "a detached HEAD"

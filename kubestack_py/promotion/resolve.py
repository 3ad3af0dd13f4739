"""What an event means: every event by its kind, as a pure function of settings and event."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from kubestack_py.errors import ConfigurationError
from kubestack_py.model.decision import Action, Decision, Resolution
from kubestack_py.model.event import EventKind
from kubestack_py.model.pattern import matches
from kubestack_py.model.platform import RENDERED_BRANCH_PREFIX, RefKind

if TYPE_CHECKING:
    from kubestack_py.model.event import Event
    from kubestack_py.model.platform import Environment, Platform


def resolve(platform: Platform, event: Event) -> Resolution:
    """Which environments to plan, apply or look for drift in, in order, and why.

    Raises `ConfigurationError` when two environments would apply on the same ref; `config` refuses
    such settings already, this is the second lock on the same door.
    """
    if event.deleted:
        return _nothing(f"{event.ref} was deleted; deleting a ref changes no environment.")
    match event.kind:
        case EventKind.SCHEDULE:
            return _drift(platform)
        case EventKind.PULL_REQUEST:
            return _pull_request(platform, event)
        case EventKind.PUSH if event.branch:
            return _branch(platform, event.branch)
        case EventKind.PUSH if event.tag:
            return _tag(platform, event.tag)
        case EventKind.PUSH:
            return _nothing(f"{event.ref or 'the event'} is neither a branch nor a tag.")
        case EventKind.MANUAL:
            return _nothing(
                "A manual run asks for nothing by itself; use `kubestack plan` or `kubestack apply`."
            )
        case EventKind.OTHER:
            return _nothing(f"The event {event.name or event.kind} has no meaning for any environment.")


def applied_on(platform: Platform, kind: RefKind, name: str) -> Environment | None:
    """The one environment that applies on a branch or tag, or None."""
    found = [
        environment
        for environment in platform.environments
        if environment.apply_on.kind == kind and matches(environment.apply_on.pattern, name)
    ]
    if len(found) > 1:
        rules = " and ".join(f"{item.name} ({item.apply_on})" for item in found)
        raise ConfigurationError(
            f"{kind} {name} would apply more than one environment: {rules}",
            hint="Make the apply_on patterns in kubestack.yaml exclude each other.",
        )
    return found[0] if found else None


def _branch(platform: Platform, branch: str) -> Resolution:
    if branch in {environment.rendered_branch for environment in platform.environments}:
        return _nothing(f"{branch} holds rendered manifests, which are written by an apply and never read.")
    if branch.startswith(RENDERED_BRANCH_PREFIX):
        return _nothing(f"Branches below {RENDERED_BRANCH_PREFIX} are kept for rendered manifests.")
    environment = applied_on(platform, RefKind.BRANCH, branch)
    if environment:
        return _apply(platform, environment, f"Branch {branch} is what {environment.name} applies on.")
    first = platform.first.name
    reason = f"Branch {branch} is not applied anywhere; a change shows first what it would do to {first}."
    return Resolution(
        decisions=(Decision(environment=first, action=Action.PLAN, reason=reason),), reason=reason
    )


def _tag(platform: Platform, tag: str) -> Resolution:
    environment = applied_on(platform, RefKind.TAG, tag)
    if environment:
        pattern = environment.apply_on.pattern
        return _apply(platform, environment, f"Tag {tag} matches {pattern}: promote to {environment.name}.")
    wanted = [e.apply_on.pattern for e in platform.environments if e.apply_on.kind is RefKind.TAG]
    known = f"patterns: {', '.join(wanted)}" if wanted else "none applies on tags"
    return _nothing(f"Tag {tag} is not one that an environment applies on ({known}).")


def _apply(platform: Platform, environment: Environment, reason: str) -> Resolution:
    decisions = [Decision(environment=environment.name, action=Action.APPLY, reason=reason)]
    following = platform.after(environment)
    if following:
        why = f"After {environment.name}, show what the same change would do to {following.name}."
        decisions.append(Decision(environment=following.name, action=Action.PLAN, reason=why))
    return Resolution(decisions=tuple(decisions), reason=reason)


def _pull_request(platform: Platform, event: Event) -> Resolution:
    target = event.target
    if event.fork:
        return _nothing(
            "A pull request from a fork is validated only: "
            "planning would run the contributor's code with credentials."
        )
    if target == platform.default_branch:
        return _preview(
            platform.environments, f"A pull request to {target} shows what it would do, and applies nothing."
        )
    environment = applied_on(platform, RefKind.BRANCH, target) if target else None
    if environment:
        return _preview(
            (environment,), f"A pull request to {target} shows what it would do to {environment.name}."
        )
    return _nothing(f"A pull request to {target or 'an unknown branch'} reaches no environment.")


def _preview(environments: tuple[Environment, ...], reason: str) -> Resolution:
    decisions = [Decision(environment=environments[0].name, action=Action.PLAN, reason=reason)]
    for before, environment in pairwise(environments):
        why = f"Preview of the promotion from {before.name}."
        decisions.append(Decision(environment=environment.name, action=Action.PLAN, reason=why))
    return Resolution(decisions=tuple(decisions), reason=reason)


def _drift(platform: Platform) -> Resolution:
    reason = "A schedule looks in every environment for what changed without a commit."
    decisions = (
        Decision(environment=item.name, action=Action.DRIFT, reason=reason) for item in platform.environments
    )
    return Resolution(decisions=tuple(decisions), reason=reason)


def _nothing(reason: str) -> Resolution:
    return Resolution(decisions=(), reason=reason)

"""`kubestack run`: what CI calls on every event."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kubestack_py.errors import UsageError
from kubestack_py.model.decision import Action
from kubestack_py.model.event import EventKind
from kubestack_py.model.outcome import EnvironmentOutcome, Phase, RunReport, StackOutcome
from kubestack_py.runner.applying import ApplyRequest, apply_environment, digests_of
from kubestack_py.runner.drifting import find_drift
from kubestack_py.runner.planning import plan_environment
from kubestack_py.runner.trust import resolve_event
from kubestack_py.system.interrupts import interrupts

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubestack_py.model.decision import Decision
    from kubestack_py.model.event import Event
    from kubestack_py.runner.session import Session


def run_event(session: Session, event: Event, show: Callable[[EnvironmentOutcome], None]) -> RunReport:
    """Carry out the decisions of an event in their order; `show` gets each outcome as it is there.

    What follows a failed or refused apply is left out: its plan would be made against the wrong state.
    """
    resolution = resolve_event(session, event)
    session.console.say(resolution.reason)
    check_checkout(session, event)
    outcomes: list[EnvironmentOutcome] = []
    for decision in resolution.decisions:
        outcome = _carry_out(session, decision)
        outcomes.append(outcome)
        show(outcome)
        if interrupts.requested or (decision.action is Action.APPLY and (outcome.failed or outcome.refused)):
            break
    return RunReport(event=event, resolution=resolution, environments=tuple(outcomes))


def check_checkout(session: Session, event: Event) -> None:
    """Refuse to act on another commit than the event's: what is checked out is what would be applied."""
    if event.kind is not EventKind.PUSH or not event.tag:
        return
    head, tagged = session.git.head(), session.git.resolve(event.ref)
    if tagged is None:
        raise UsageError(
            f"the tag {event.tag} is not in this clone", hint="Fetch it: git fetch origin tag " + event.tag
        )
    if tagged != head:
        raise UsageError(
            f"the tag {event.tag} is on {tagged[:8]}, but {head[:8]} is checked out",
            hint=f"Check it out: git checkout {event.tag}",
        )


def _carry_out(session: Session, decision: Decision) -> EnvironmentOutcome:
    environment = session.environment(decision.environment)
    with session.console.group(f"{decision.action} {environment.name}"):
        if decision.action is Action.APPLY:
            return apply_environment(session, ApplyRequest(environment=environment, stacks=session.stacks))
        if decision.action is Action.DRIFT:
            return find_drift(session, environment)
        return plan_pending(session, decision)


def plan_pending(session: Session, decision: Decision) -> EnvironmentOutcome:
    """Plan the stacks whose content differs from what the environment runs."""
    environment = session.environment(decision.environment)
    session.synchronise()
    digests = digests_of(session, session.git.head(), environment)
    history = session.history()
    clean = not session.git.dirty_paths()
    stacks = [
        stack
        for stack in session.stacks
        if not (
            clean and history.is_current(environment.name, stack.path, digests[stack.path], verified=False)
        )
    ]
    left_alone = tuple(
        StackOutcome(stack=stack.path, phase=Phase.CURRENT) for stack in session.stacks if stack not in stacks
    )
    outcome = plan_environment(session, environment, stacks)
    return replace(outcome, stacks=(*left_alone, *outcome.stacks))

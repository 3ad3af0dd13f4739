"""`kubestack run`: what CI calls on every event."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kubestack_py.errors import UsageError
from kubestack_py.model.decision import Action, Resolution
from kubestack_py.model.event import EventKind
from kubestack_py.model.outcome import EnvironmentOutcome, Phase, RunReport, StackOutcome
from kubestack_py.model.outline import outlines
from kubestack_py.promotion.previews import standing_preview
from kubestack_py.runner.applying import ApplyRequest, apply_environment
from kubestack_py.runner.drifting import find_drift
from kubestack_py.runner.journal import Journal
from kubestack_py.runner.judging import Judge
from kubestack_py.runner.planning import plan_environment
from kubestack_py.runner.promotion_tags import overrides_of_tag
from kubestack_py.runner.pull_request import resolve_event
from kubestack_py.system.interrupts import interrupts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kubestack_py.errors import RefusedError
    from kubestack_py.model.decision import Decision
    from kubestack_py.model.event import Event
    from kubestack_py.model.outline import ChangeOutline
    from kubestack_py.model.platform import Environment
    from kubestack_py.runner.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The part of an event's decisions that one CI job carries out; the others have jobs of their own.

    Each job can so have the rights of its part alone. Nothing given means everything.
    """

    action: Action | None = None
    environment: str = ""

    def has(self, decision: Decision) -> bool:
        """Whether a decision is in this part."""
        wanted = self.environment in {"", decision.environment}
        return wanted and self.action in {None, decision.action}


def run_event(
    session: Session,
    event: Event,
    show: Callable[[EnvironmentOutcome], None],
    overrides: Mapping[str, str] | None = None,
    share: Share | None = None,
) -> RunReport:
    """Carry out the decisions of an event in their order; `show` gets each outcome as it is there.

    What follows a failed or refused apply is left out: its plan would be made against the wrong
    state. A plan that follows an apply is recorded as the preview of the next promotion. `overrides`
    lets checks of the gate pass, together with those that the annotation of a tag asks for. On a pull
    request the settings of its target decide throughout. `share` leaves decisions to other jobs.
    """
    share = share or Share()
    resolved = resolve_event(session, event)
    session, resolution, news = resolved.session, resolved.resolution, resolved.news
    if share.environment:
        session.environment(share.environment)  # a job for an environment that there is not would do nothing
    if event.fork:
        session.console.warn(resolution.reason)
    else:
        session.console.say(resolution.reason)
    check_checkout(session, event)
    resolved.check_code(event)
    overrides = {**_overrides_of(session, event, resolution), **(overrides or {})}
    outcomes: list[EnvironmentOutcome] = []
    for before, decision in zip((None, *resolution.decisions), resolution.decisions, strict=False):
        if not share.has(decision):
            session.console.say(f"{decision.action} {decision.environment} is left to another job")
            continue
        after_apply = before is not None and before.action is Action.APPLY
        ahead = outcomes[-1] if outcomes and event.kind is EventKind.PULL_REQUEST else None
        outcome = _carry_out(session, decision, overrides, preview=after_apply, ahead=ahead)
        outcomes.append(outcome)
        show(outcome)
        if interrupts.requested or (decision.action is Action.APPLY and (outcome.failed or outcome.refused)):
            break
    return RunReport(event=event, resolution=resolution, environments=tuple(outcomes), settings=news)


def refused_report(event: Event, error: RefusedError) -> RunReport:
    """What there is to tell of a refused pull request; for any other event the error is raised."""
    if event.kind is not EventKind.PULL_REQUEST:
        raise error
    reason = "Nothing of this pull request may be planned."
    said = f"{error.message}\n\n{error.hint}" if error.hint else error.message
    return RunReport(event=event, resolution=Resolution(decisions=(), reason=reason), refusal=said)


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


def _overrides_of(session: Session, event: Event, resolution: Resolution) -> dict[str, str]:
    """What the annotation of a tag that applies an environment asks to let pass, said aloud."""
    if not event.tag or not any(decision.action is Action.APPLY for decision in resolution.decisions):
        return {}
    found = overrides_of_tag(session, event.tag, session.git.head())
    for check, reason in found.items():
        session.console.warn(f"the tag {event.tag} overrides {check}: {reason}")
    return found


def _carry_out(
    session: Session,
    decision: Decision,
    overrides: Mapping[str, str],
    *,
    preview: bool,
    ahead: EnvironmentOutcome | None = None,
) -> EnvironmentOutcome:
    environment = session.environment(decision.environment)
    with session.console.group(f"{decision.action} {environment.name}"):
        if decision.action is Action.APPLY:
            request = ApplyRequest(environment=environment, stacks=session.stacks, overrides=overrides)
            return apply_environment(session, request)
        if decision.action is Action.DRIFT:
            return find_drift(session, environment)
        return plan_pending(session, environment, preview=preview, ahead=ahead)


def plan_pending(
    session: Session,
    environment: Environment,
    *,
    preview: bool,
    ahead: EnvironmentOutcome | None = None,
) -> EnvironmentOutcome:
    """Plan the stacks whose content differs from what the environment runs.

    With `preview`, the plans are recorded for the promotion to be compared with, and are compared
    with what the environment before has just lived through. `ahead` is what a pull request would do
    to that environment first; the plans are compared with it as well.
    """
    session.synchronise()
    commit = session.git.head()
    judge = Judge(session, environment, commit, {})
    clean = not session.git.dirty_paths()
    current = {
        stack.path
        for stack in session.stacks
        if clean
        and judge.history.is_current(environment.name, stack.path, judge.digests[stack.path], verified=False)
    }
    outcome = plan_environment(session, environment, [s for s in session.stacks if s.path not in current])
    left_alone = tuple(StackOutcome(stack=path, phase=Phase.CURRENT) for path in sorted(current))
    outcome = replace(outcome, stacks=(*left_alone, *outcome.stacks))
    planned = _outlines(outcome)
    if ahead:
        return replace(outcome, parity=judge.parity(planned, _outlines(ahead)))
    if not preview:
        return outcome
    with interrupts.deferred():
        news = [stack for stack in outcome.stacks if not _is_known(stack, judge, environment)]
        Journal(session, environment, commit, judge.digests, {}).previewed(news)
    return replace(outcome, parity=judge.parity(planned))


def _outlines(outcome: EnvironmentOutcome) -> dict[str, tuple[ChangeOutline, ...]]:
    return {s.stack: outlines(s.changes) for s in outcome.stacks if s.changes is not None}


def _is_known(outcome: StackOutcome, judge: Judge, environment: Environment) -> bool:
    """Whether the same plan of the same content is recorded as a preview that still stands."""
    if outcome.changes is None:
        return False
    digest = judge.digests[outcome.stack]
    known = standing_preview(judge.history, environment.name, outcome.stack, digest)
    return known is not None and known.changes_digest == outcome.changes.digest()

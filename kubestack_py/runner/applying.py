"""Apply a commit to an environment: gate, plan, record, apply in order, verify, record.

The order is the promise: nothing is planned that the gate refuses, nothing is applied that was not
planned in this run and announced in the evidence, and nothing counts as verified before it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from kubestack_py.errors import InterruptedRunError, KubestackError, UsageError
from kubestack_py.model.decision import Action
from kubestack_py.model.evidence import Override
from kubestack_py.model.outcome import EnvironmentOutcome, Phase, StackOutcome
from kubestack_py.model.outline import outlines
from kubestack_py.model.platform import Environment, Stack, StackKind
from kubestack_py.runner.engines import Engines, Planned
from kubestack_py.runner.journal import Journal
from kubestack_py.runner.judging import Judge
from kubestack_py.runner.orphans import warn_of_orphans
from kubestack_py.runner.planning import look_at_all, outcome_of_error, outcome_of_plan, plans
from kubestack_py.runner.policing import police
from kubestack_py.runner.schedule import Unit, in_order, run_units, units
from kubestack_py.runner.verifying import run_commands, verify_stacks, with_verification
from kubestack_py.system.interrupts import interrupts

if TYPE_CHECKING:
    from pathlib import Path

    from kubestack_py.runner.restoring import Restoration
    from kubestack_py.runner.session import Session

Confirm = Callable[[EnvironmentOutcome], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyRequest:
    """What to apply. With `everything`, also stacks whose content is in place already.

    `confirm` is shown the plans and may say no; nothing was recorded or applied then. `overrides`
    lets checks of the gate pass that failed: the reason by the name of the check. With `saved`, the
    plans of another job are applied instead of new ones.
    """

    environment: Environment
    stacks: Sequence[Stack]
    everything: bool = False
    verify: bool = True
    confirm: Confirm = lambda _: True
    overrides: Mapping[str, str] = field(default_factory=dict)
    saved: Restoration | None = None


def apply_environment(session: Session, request: ApplyRequest) -> EnvironmentOutcome:
    """Apply the checked-out commit to an environment; a refusal by the gate is an outcome, not an error."""
    commit = clean_head(session, apart=request.saved.file if request.saved else None)
    if request.saved:
        request.saved.check_place(session, request.environment.name, commit)
    session.synchronise(again=True)
    judge = Judge(session, request.environment, commit, request.overrides)
    verdict = judge.before_planning()
    outcome = EnvironmentOutcome(
        environment=request.environment.name, action=Action.APPLY, commit=commit, verdict=verdict
    )
    if not verdict.allowed:
        return outcome
    session.ledger.share()
    stacks = tuple(stack for stack in in_order(request.stacks) if _is_wanted(request, judge, stack))
    current = {stack.path for stack in request.stacks} - {stack.path for stack in stacks}
    left_alone = tuple(StackOutcome(stack=path, phase=Phase.CURRENT) for path in sorted(current))
    warn_of_orphans(session, request.environment, stacks, judge.history)
    done = _Apply(session, request, commit, judge, stacks).finish(outcome)
    return replace(done, stacks=(*left_alone, *done.stacks))


def clean_head(session: Session, apart: Path | None = None) -> str:
    """The commit that is checked out, when the work tree is exactly that commit, `apart` from one file."""
    commit = session.git.head()
    dirty = session.git.dirty_paths(apart)
    if dirty:
        shown = ", ".join(dirty[:5]) + (f" and {len(dirty) - 5} more" if len(dirty) > 5 else "")
        raise UsageError(
            f"the work tree differs from the commit {commit[:8]}: {shown}",
            hint="Commit or stash the changes: only what is in Git is applied. `kubestack plan` takes them.",
        )
    return commit


def _is_wanted(request: ApplyRequest, judge: Judge, stack: Stack) -> bool:
    if request.everything or (request.saved and request.saved.changes(stack.path)):
        return True
    return not judge.history.is_current(
        request.environment.name, stack.path, judge.digests[stack.path], verified=request.verify
    )


class _Apply:
    """The second half, once the gate has said yes: from the plans to the evidence."""

    def __init__(
        self,
        session: Session,
        request: ApplyRequest,
        commit: str,
        judge: Judge,
        stacks: Sequence[Stack],
    ) -> None:
        self._session = session
        self._request = request
        self._commit = commit
        self._stacks = stacks
        self._engines = Engines(session, request.environment, stacks, commit)
        tools = {stack.path: self._engines.tool_versions(stack) for stack in stacks}
        self._judge = judge
        self._journal = Journal(session, request.environment, commit, judge.digests, tools)
        self._planned: dict[str, Planned] = {}
        self._changed: set[str] = set()

    def finish(self, outcome: EnvironmentOutcome) -> EnvironmentOutcome:
        outcome = self._plan(outcome)
        if outcome.failed:
            return self._give_up(outcome)
        if not self._stacks or outcome.refused or not self._request.confirm(outcome) or interrupts.requested:
            return outcome
        with interrupts.deferred():
            overrides = [
                Override(check=check.name, reason=check.override)
                for check in (outcome.verdict.checks if outcome.verdict else ())
                if check.override
            ]
            self._journal.started(outcome.stacks, overrides)
            outcome = replace(outcome, stacks=self._apply())
            if self._request.verify and not interrupts.requested:
                outcome = self._verify(outcome)
            self._journal.ended(outcome.stacks)
        return outcome

    def _plan(self, outcome: EnvironmentOutcome) -> EnvironmentOutcome:
        """Plan everything, and let the gate compare the plans with what was lived through before."""
        look, saved = self._engines.plan, self._request.saved
        if saved:
            saved.check(self._session, self._engines, self._judge.digests, self._stacks)
            look = partial(saved.plans, self._engines)
        self._planned = look_at_all(self._session, look, self._stacks)
        ready = plans(self._planned)
        planned = {path: outlines(plan.changes) for path, plan in ready.items()}
        assert outcome.verdict is not None  # noqa: S101 - an apply always has one
        policies = police(self._session, self._request.environment, ready)
        verdict, lines = self._judge.after_planning(outcome.verdict, planned, policies)
        stacks = tuple(outcome_of_plan(stack, self._planned[stack.path]) for stack in self._stacks)
        return replace(outcome, stacks=stacks, verdict=verdict, parity=lines, policies=policies)

    def _give_up(self, outcome: EnvironmentOutcome) -> EnvironmentOutcome:
        """Apply nothing, as the change as a whole is not known; what could not be planned is recorded."""
        failed = [stack for stack in outcome.stacks if stack.phase is Phase.FAILED]
        for stack in failed:
            self._session.console.error(f"{stack.stack} ({outcome.environment}): {stack.error}")
        self._journal.ended(failed)
        return outcome

    def _apply(self) -> tuple[StackOutcome, ...]:
        parallel = self._session.place.parallel
        ended = {}
        for done in run_units(units(self._stacks), self._apply_unit, parallel=parallel, ordered=True):
            for stack in done.unit.stacks:
                ended[stack.path] = self._ended(stack.path, done.error)
        return tuple(ended[stack.path] for stack in self._stacks)

    def _apply_unit(self, unit: Unit) -> None:
        """Apply one unit; where something it needs was changed just now, plan it again first.

        A saved plan is never made again: it was looked at, and that very plan is applied.
        """
        if unit.needs & self._changed and unit.kind is StackKind.TERRAFORM and not self._request.saved:
            self._planned.update(self._engines.plan(unit))
        mine = {stack.path: self._planned[stack.path] for stack in unit.stacks}
        ready = plans(mine)
        self._changed.update(path for path, plan in ready.items() if not plan.changes.is_empty)
        self._engines.apply(unit, ready)
        if len(ready) < len(mine):
            raise _PartlyFailedError(f"{len(mine) - len(ready)} of {len(mine)} stacks could not be planned")

    def _ended(self, stack: str, error: KubestackError | None) -> StackOutcome:
        planned = self._planned[stack]
        if isinstance(planned, KubestackError):
            return outcome_of_error(stack, planned)
        if error and not isinstance(error, _PartlyFailedError):
            return outcome_of_error(stack, error, planned)
        return StackOutcome(stack=stack, phase=Phase.APPLIED, changes=planned.changes)

    def _verify(self, outcome: EnvironmentOutcome) -> EnvironmentOutcome:
        environment = self._request.environment
        applied = {stack.stack for stack in outcome.stacks if stack.phase is Phase.APPLIED}
        self._session.console.say(f"Verifying {environment.name} …")
        try:
            stacks = [stack for stack in self._stacks if stack.path in applied]
            results = verify_stacks(self._session, self._engines, stacks)
            if not outcome.failed:
                commands = run_commands(self._session, environment, self._commit)
                outcome = replace(outcome, commands=commands)
        except InterruptedRunError:
            return outcome
        return with_verification(outcome, results)


class _PartlyFailedError(KubestackError):
    """Some stacks of a unit failed; the others were applied."""

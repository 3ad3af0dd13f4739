"""What the gate says of a commit, from evidence and recorded previews: no tool runs, no state is read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kubestack_py.model.comparison import PlanSource, StackPlan
from kubestack_py.model.parity import Level
from kubestack_py.model.promotion import Assessment
from kubestack_py.model.verdict import GateCheck
from kubestack_py.promotion.gate import overridden
from kubestack_py.promotion.plan_gate import parity_check
from kubestack_py.promotion.previews import standing_preview
from kubestack_py.runner.judging import Judge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kubestack_py.model.parity import ParityLine
    from kubestack_py.model.platform import Environment
    from kubestack_py.runner.commit_session import CommitSession


class Assessor:
    """One commit and one environment, both as the commit's own settings have them."""

    def __init__(
        self, session: CommitSession, environment: Environment, overrides: Mapping[str, str]
    ) -> None:
        self._environment = environment
        self._previous = session.platform.before(environment)
        self._overrides = overrides
        self.judge = Judge(session, environment, session.commit, overrides)

    def assess(self) -> Assessment:
        """The verdict with all that can be known without planning."""
        verdict = self.judge.before_planning()
        stacks = tuple(map(self.recorded_plan, self.judge.digests))
        lines = self.parity(stacks)
        checks = (*verdict.checks, *self._plan_checks(stacks, lines))
        whole = overridden(replace(verdict, checks=checks), self._overrides)
        return Assessment(verdict=whole, stacks=stacks, parity=lines)

    def recorded_plan(self, stack: str) -> StackPlan:
        """What is recorded of a stack: that its content is in place, a preview, or nothing."""
        name, digest, history = self._environment.name, self.judge.digests[stack], self.judge.history
        if history.is_current(name, stack, digest, verified=True):
            return StackPlan(stack=stack, source=PlanSource.CURRENT)
        preview = standing_preview(history, name, stack, digest)
        if preview is None:
            return StackPlan(stack=stack, source=PlanSource.UNKNOWN)
        return StackPlan(
            stack=stack,
            source=PlanSource.PREVIEW,
            changes=preview.outlines,
            at=preview.at,
            commit=preview.commit,
        )

    def parity(self, stacks: Sequence[StackPlan]) -> tuple[ParityLine, ...]:
        """The class of every change that is known."""
        known = (PlanSource.PREVIEW, PlanSource.PLAN)
        return self.judge.parity({plan.stack: plan.changes for plan in stacks if plan.source in known})

    def _plan_checks(self, stacks: Sequence[StackPlan], lines: Sequence[ParityLine]) -> Iterator[GateCheck]:
        sources = {plan.source for plan in stacks}
        if self._previous and PlanSource.PREVIEW in sources:
            yield parity_check(self._previous, lines)
        if self._previous and sources != {PlanSource.CURRENT}:
            unknown = [plan.stack for plan in stacks if plan.source is PlanSource.UNKNOWN]
            yield self._preview_check(unknown, self._previous)

    def _preview_check(self, unknown: Sequence[str], previous: Environment) -> GateCheck:
        """Whether previews say what would happen; the pipeline plans again and compares."""
        if not unknown:
            return GateCheck(name="preview", passed=True, message="every plan was previewed")
        level = self._environment.gate.preview
        return GateCheck(
            name="preview",
            passed=level is not Level.BLOCK,
            warning=level is Level.WARN,
            message=f"no preview of {', '.join(unknown)} stands: the pipeline will show what it does",
            hint=f"Run the pipeline of {previous.name} again: it records a new preview.",
        )

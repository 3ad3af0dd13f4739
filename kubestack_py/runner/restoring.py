"""Saved plans on their way back: compared with what is so now, part by part, then handed on as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.errors import KubestackError, RefusedError
from kubestack_py.model.event import BRANCH_PREFIX
from kubestack_py.promotion.binding import misplaced, outdated
from kubestack_py.runner.schedule import run_units, units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kubestack_py.model.changes import ContentDigest
    from kubestack_py.model.platform import Stack
    from kubestack_py.model.saved import Binding, SavedPlans
    from kubestack_py.runner.engines import Engines, Planned
    from kubestack_py.runner.schedule import Unit
    from kubestack_py.runner.session import Session


@dataclass(frozen=True, slots=True)
class Restoration:
    """The plans of a file, for one apply."""

    saved: SavedPlans
    file: Path

    @property
    def stacks(self) -> tuple[str, ...]:
        """The stacks that there are plans of."""
        return tuple(plan.stack for plan in self.saved.plans)

    def changes(self, stack: str) -> bool:
        """Whether the plan of a stack has something to do."""
        return any(plan.stack == stack and not plan.empty for plan in self.saved.plans)

    def check_place(self, session: Session, environment: str, commit: str) -> None:
        """Raise `RefusedError` for plans of another environment, commit or ref."""
        wrong = misplaced(self.saved, environment=environment, commit=commit, ref=built_ref(session))
        if wrong:
            raise self._refusal(wrong)

    def check(
        self,
        session: Session,
        engines: Engines,
        digests: Mapping[str, ContentDigest],
        stacks: Sequence[Stack],
    ) -> None:
        """Compare all that the plans rest on with what is so now.

        Raises `RefusedError` with every difference, or what kept a stack from being looked at.
        """
        wanted = {stack.path for stack in stacks}
        plans = [plan for plan in self.saved.plans if plan.stack in wanted]
        wrong = outdated(self.saved.environment, plans, digests, bindings(session, engines, stacks))
        if wrong:
            raise self._refusal(wrong)

    def plans(self, engines: Engines, unit: Unit) -> dict[str, Planned]:
        """The saved plans of a unit, or the error that kept one from being read."""
        return {stack.path: self._plan(engines, stack) for stack in unit.stacks}

    def _refusal(self, wrong: Sequence[str]) -> RefusedError:
        reasons = "".join(f"\n  {line}" for line in wrong)
        return RefusedError(
            f"the plans in {self.file.name} are not applied:{reasons}",
            hint="Nothing was changed. Plan again where they are to be applied: "
            f"kubestack plan -e {self.saved.environment} --save {self.file.name}",
        )

    def _plan(self, engines: Engines, stack: Stack) -> Planned:
        saved = next(plan for plan in self.saved.plans if plan.stack == stack.path)
        try:
            return engines.restore(stack, saved)
        except KubestackError as error:
            return error


def built_ref(session: Session) -> str:
    """What is built: the ref that CI names, else the branch that is checked out; empty for neither."""
    branch = session.git.current_branch()
    return session.place.ref or (BRANCH_PREFIX + branch if branch else "")


def bindings(session: Session, engines: Engines, stacks: Sequence[Stack]) -> dict[str, Binding]:
    """What a plan of each stack rests on now; raises the first error."""

    def look(unit: Unit) -> dict[str, Binding]:
        return {stack.path: engines.binding(stack) for stack in unit.stacks}

    found: dict[str, Binding] = {}
    for done in run_units(units(stacks), look, parallel=session.place.parallel, ordered=False):
        if done.error:
            raise done.error
        found.update(done.value or {})
    return found

"""Plan stacks in an environment, as many at once as allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.errors import InterruptedRunError, KubestackError
from kubestack_py.model.changes import PlannedStack
from kubestack_py.model.decision import Action
from kubestack_py.model.outcome import EnvironmentOutcome, Phase, StackOutcome
from kubestack_py.runner.engines import Engines, Planned
from kubestack_py.runner.policing import police
from kubestack_py.runner.schedule import SkippedError, in_order, run_units, units

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.runner.schedule import Unit
    from kubestack_py.runner.session import Session


def plan_environment(
    session: Session, environment: Environment, stacks: Sequence[Stack]
) -> EnvironmentOutcome:
    """What applying these stacks would do to an environment; applies nothing.

    A stack that cannot be planned is a failed outcome; the others are planned all the same.
    """
    planned = look_at_all(session, Engines(session, environment, stacks).plan, stacks)
    return outcome_of_plans(session, environment, stacks, planned)


def outcome_of_plans(
    session: Session, environment: Environment, stacks: Sequence[Stack], planned: Mapping[str, Planned]
) -> EnvironmentOutcome:
    """The outcome of an environment that was only planned."""
    return EnvironmentOutcome(
        environment=environment.name,
        action=Action.PLAN,
        commit=session.git.head(),
        stacks=tuple(outcome_of_plan(stack, planned[stack.path]) for stack in in_order(stacks)),
        policies=police(session, environment, plans(planned)),
    )


def look_at_all(
    session: Session, look: Callable[[Unit], dict[str, Planned]], stacks: Sequence[Stack]
) -> dict[str, Planned]:
    """The plan of every stack, or the error that kept it from being planned; nothing waits for another."""
    planned: dict[str, Planned] = {}
    for done in run_units(units(stacks), look, parallel=session.place.parallel, ordered=False):
        for stack in done.unit.stacks:
            result = done.error or (done.value or {})[stack.path]
            planned[stack.path] = result
            if isinstance(result, PlannedStack):
                session.console.mask(result.sensitive)
    return planned


def outcome_of_plan(stack: Stack, planned: Planned) -> StackOutcome:
    """The outcome of a stack that was only planned."""
    if isinstance(planned, KubestackError):
        return outcome_of_error(stack.path, planned)
    return StackOutcome(stack=stack.path, phase=Phase.PLANNED, changes=planned.changes)


def outcome_of_error(stack: str, error: KubestackError, plan: PlannedStack | None = None) -> StackOutcome:
    """The outcome of a stack that an error ended."""
    phases = ((InterruptedRunError, Phase.INTERRUPTED), (SkippedError, Phase.SKIPPED))
    phase = next((phase for kind, phase in phases if isinstance(error, kind)), Phase.FAILED)
    return StackOutcome(stack=stack, phase=phase, changes=plan.changes if plan else None, error=str(error))


def plans(planned: Mapping[str, Planned]) -> dict[str, PlannedStack]:
    """Those of the results that are plans."""
    return {path: item for path, item in planned.items() if isinstance(item, PlannedStack)}

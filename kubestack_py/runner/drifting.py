"""Drift: what changed in an environment without a commit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from kubestack_py.model.decision import Action
from kubestack_py.model.outcome import EnvironmentOutcome
from kubestack_py.policy.drift import unexpected
from kubestack_py.runner.engines import Engines
from kubestack_py.runner.planning import look_at_all, outcome_of_plan
from kubestack_py.runner.schedule import in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.outcome import StackOutcome
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.runner.session import Session


def find_drift(
    session: Session, environment: Environment, stacks: Sequence[Stack] | None = None
) -> EnvironmentOutcome:
    """Compare an environment with what was last applied to it, stack by stack; changes nothing.

    Terraform refreshes and tells what differs from the state; a rendered branch is compared with
    the last delivery. Changes that wait for a promotion are no drift, and neither is what the
    settings expect. `stacks` are all of them when left out.
    """
    session.synchronise()
    chosen = in_order(session.stacks if stacks is None else stacks)
    engines = Engines(session, environment, chosen)
    found = look_at_all(session, engines.drift, chosen)
    return EnvironmentOutcome(
        environment=environment.name,
        action=Action.DRIFT,
        commit=session.git.head(),
        stacks=tuple(_told(session, outcome_of_plan(stack, found[stack.path])) for stack in chosen),
    )


def find_drifts(
    session: Session, environments: Sequence[Environment], stacks: Sequence[Stack]
) -> tuple[EnvironmentOutcome, ...]:
    """The drift of several environments, looked for in all of them at once."""
    session.synchronise()
    with ThreadPoolExecutor(max_workers=len(environments)) as pool:
        return tuple(pool.map(lambda item: find_drift(session, item, stacks), environments))


def _told(session: Session, outcome: StackOutcome) -> StackOutcome:
    """The outcome without the drift that is expected."""
    if outcome.changes is None:
        return outcome
    changes, expected = unexpected(outcome.changes, session.platform.drift.ignore)
    return replace(outcome, changes=changes, expected=expected)

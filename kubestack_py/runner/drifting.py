"""Drift: what changed in an environment without a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.decision import Action
from kubestack_py.model.outcome import EnvironmentOutcome
from kubestack_py.runner.engines import Engines
from kubestack_py.runner.planning import look_at_all, outcome_of_plan
from kubestack_py.runner.schedule import in_order

if TYPE_CHECKING:
    from kubestack_py.model.platform import Environment
    from kubestack_py.runner.session import Session


def find_drift(session: Session, environment: Environment) -> EnvironmentOutcome:
    """Compare an environment with what was last applied to it, stack by stack; changes nothing.

    Terraform refreshes and tells what differs from the state; a rendered branch is compared with
    the last delivery. Changes that wait for a promotion are no drift.
    """
    session.synchronise()
    stacks = in_order(session.stacks)
    engines = Engines(session, environment, stacks)
    found = look_at_all(session, engines.drift, stacks)
    return EnvironmentOutcome(
        environment=environment.name,
        action=Action.DRIFT,
        commit=session.git.head(),
        stacks=tuple(outcome_of_plan(stack, found[stack.path]) for stack in stacks),
    )

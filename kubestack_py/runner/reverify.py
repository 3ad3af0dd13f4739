"""`kubestack verify`: look again at what was applied, and record what was found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kubestack_py.model.decision import Action
from kubestack_py.model.outcome import EnvironmentOutcome, Phase, StackOutcome
from kubestack_py.runner.applying import clean_head
from kubestack_py.runner.engines import Engines
from kubestack_py.runner.journal import Journal
from kubestack_py.runner.judging import Judge
from kubestack_py.runner.schedule import in_order
from kubestack_py.runner.verifying import run_commands, verify_stacks, with_verification
from kubestack_py.system.interrupts import interrupts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.runner.session import Session


def verify_environment(
    session: Session, environment: Environment, stacks: Sequence[Stack]
) -> EnvironmentOutcome:
    """Verify stacks whose checked-out content is what the environment was applied with.

    Others are failed outcomes: there is nothing to verify yet.
    """
    commit = clean_head(session)
    session.synchronise(again=True)
    judge = Judge(session, environment, commit, {})
    history, digests = judge.history, judge.digests
    ordered = in_order(stacks)
    ready = [s for s in ordered if history.was_applied(environment.name, s.path, digests[s.path])]
    outcomes = (_applied(s) if s in ready else _not_applied(s, environment) for s in ordered)
    engines = Engines(session, environment, ready, commit)
    outcome = EnvironmentOutcome(
        environment=environment.name, action=Action.APPLY, commit=commit, stacks=tuple(outcomes)
    )
    results = verify_stacks(session, engines, ready)
    if ready:
        outcome = replace(outcome, commands=run_commands(session, environment, commit))
    outcome = with_verification(outcome, results)
    with interrupts.deferred():
        tools = {stack.path: engines.tool_versions(stack) for stack in ready}
        judged = [stack for stack in outcome.stacks if stack.stack in results]
        Journal(session, environment, commit, digests, tools).ended(judged)
    return outcome


def _applied(stack: Stack) -> StackOutcome:
    return StackOutcome(stack=stack.path, phase=Phase.APPLIED)


def _not_applied(stack: Stack, environment: Environment) -> StackOutcome:
    error = (
        f"not applied to {environment.name} with this content: run `kubestack apply -e {environment.name}`"
    )
    return StackOutcome(stack=stack.path, phase=Phase.FAILED, error=error)

"""Verification: planning again finds nothing, checks pass, the platform's own commands succeed."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from kubestack_py.errors import InterruptedRunError, KubestackError, ToolError
from kubestack_py.model.changes import CheckStatus, PlannedStack
from kubestack_py.model.evidence import VerificationResult
from kubestack_py.model.outcome import EnvironmentOutcome, Phase, StackOutcome
from kubestack_py.runner.planning import look_at_all
from kubestack_py.system.interrupts import interrupts
from kubestack_py.system.process import Command, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubestack_py.model.changes import ChangeSet
    from kubestack_py.model.platform import Environment, Stack, Verification, VerifyCommand
    from kubestack_py.runner.engines import Engines, Planned
    from kubestack_py.runner.session import Session


def verify_stacks(
    session: Session, engines: Engines, stacks: Sequence[Stack]
) -> dict[str, tuple[VerificationResult, ...]]:
    """Plan every stack again and judge what comes out; empty results where the settings ask for nothing."""
    wanted = session.platform.verify
    arrived = engines.wait(stacks)
    if not (wanted.converged or wanted.checks):
        return {stack.path: arrived.get(stack.path, ()) for stack in stacks}
    planned = look_at_all(session, engines.plan, stacks)
    for stack, result in planned.items():
        if isinstance(result, KubestackError) and not isinstance(result, InterruptedRunError):
            session.console.error(f"{stack}: {result}")  # its text may hold values: not for the evidence
    return {
        stack.path: (*arrived.get(stack.path, ()), *judge_plan(wanted, planned[stack.path]))
        for stack in stacks
    }


def judge_plan(wanted: Verification, planned: Planned) -> tuple[VerificationResult, ...]:
    """What a plan made after the apply says. Messages name addresses, never values."""
    if isinstance(planned, InterruptedRunError):
        raise planned
    if isinstance(planned, KubestackError):
        return (VerificationResult(name="converged", passed=False, message=planned.message),)
    assert isinstance(planned, PlannedStack)  # noqa: S101 - the other half of `Planned`
    results = []
    if wanted.converged:
        results.append(_converged(planned.changes))
    if wanted.checks and planned.changes.checks:
        results.append(_checks(planned.changes))
    return tuple(results)


def _converged(changes: ChangeSet) -> VerificationResult:
    if changes.is_empty:
        return VerificationResult(name="converged", passed=True)
    addresses = ", ".join(change.address for change in changes.changes[:5])
    message = f"planning again finds {changes.summary()}: {addresses}"
    return VerificationResult(name="converged", passed=False, message=message)


def _checks(changes: ChangeSet) -> VerificationResult:
    failed = [check.address for check in changes.checks if check.status is not CheckStatus.PASS]
    message = f"not passed: {', '.join(failed)}" if failed else f"{len(changes.checks)} passed"
    return VerificationResult(name="checks", passed=not failed, message=message)


def with_verification(
    outcome: EnvironmentOutcome, results: Mapping[str, tuple[VerificationResult, ...]]
) -> EnvironmentOutcome:
    """The outcome after verification: applied stacks become verified, or failed with what was found.

    A command of the platform speaks for the environment as a whole: where one failed, no stack counts
    as verified.
    """
    return replace(
        outcome,
        stacks=tuple(
            _judged(stack, (*results[stack.stack], *outcome.commands)) if stack.stack in results else stack
            for stack in outcome.stacks
        ),
    )


def _judged(stack: StackOutcome, results: tuple[VerificationResult, ...]) -> StackOutcome:
    failed = [f"{item.name}: {item.message}" for item in results if not item.passed]
    if failed:
        error = f"verification failed: {'; '.join(failed)}"
        return replace(stack, phase=Phase.FAILED, verification=results, error=error)
    return replace(stack, phase=Phase.VERIFIED, verification=results)


def run_commands(session: Session, environment: Environment, commit: str) -> tuple[VerificationResult, ...]:
    """Run the platform's own verification commands, one after the other, all of them."""
    return tuple(
        _run_command(session, environment, commit, command) for command in session.platform.verify.commands
    )


def _run_command(
    session: Session, environment: Environment, commit: str, command: VerifyCommand
) -> VerificationResult:
    name = shlex.join(command.argv)
    session.console.say(f"  {environment.name}: {name}")
    env = {
        **session.place.tool_env,
        "KUBESTACK_ENVIRONMENT": environment.name,
        "KUBESTACK_COMMIT": commit,
    }
    try:
        run(
            Command(
                argv=command.argv,
                cwd=session.root,
                env=env,
                timeout=command.timeout,
                interruptible=True,
                purpose=name,
            ),
        )
    except InterruptedRunError:
        raise
    except ToolError as error:
        interrupts.check()  # what an interrupt has ended says nothing about the platform
        session.console.say(error.detail or error.message)
        return VerificationResult(name=name, passed=False, message=error.message)
    return VerificationResult(name=name, passed=True)

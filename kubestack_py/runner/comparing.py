"""`kubestack parity`: what a commit would do to an environment, beside what the one before went through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.errors import RunFailedError, UsageError
from kubestack_py.model.comparison import Comparison, PlanSource, StackPlan
from kubestack_py.model.outline import outlines
from kubestack_py.model.platform import RefKind
from kubestack_py.promotion.resolve import applied_on
from kubestack_py.runner.assessing import Assessor
from kubestack_py.runner.commit_session import CommitSession
from kubestack_py.runner.planning import plan_environment
from kubestack_py.runner.refs import find_ref

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.platform import Environment
    from kubestack_py.runner.refs import NamedCommit
    from kubestack_py.runner.session import Session


def compare_ref(session: Session, ref: str | None, environment: str | None) -> Comparison:
    """The changes that a ref would make in an environment, each with its class.

    Recorded previews are used where there are any; what has none is planned where the ref is what is
    checked out. `ref` defaults to the tip of the default branch, `environment` to the one that
    applies on the tag `ref`, else to the second of the chain. Raises `UsageError` where neither a
    preview nor the checkout tells.
    """
    session.synchronise_if_possible()
    found = find_ref(session, ref)
    of_commit = CommitSession(session, found.commit)
    chosen = _environment(of_commit, found, environment)
    previous = of_commit.platform.before(chosen)
    if previous is None:
        raise UsageError(
            f"{chosen.name} is the first environment: there is none before it to compare with",
            hint="Name a later one: -e ENV.",
        )
    assessor = Assessor(of_commit, chosen, {})
    stacks = _planned(session, found, chosen, tuple(map(assessor.recorded_plan, assessor.judge.digests)))
    return Comparison(
        ref=found.name,
        commit=found.commit,
        subject=found.info.subject,
        environment=chosen.name,
        previous=previous.name,
        stacks=stacks,
        lines=assessor.parity(stacks),
    )


def _environment(session: CommitSession, found: NamedCommit, name: str | None) -> Environment:
    """The environment that was named, that the tag stands for, or the second one."""
    if name is not None:
        return session.environment(name)
    tagged = applied_on(session.platform, RefKind.TAG, found.tag) if found.tag else None
    return tagged or session.platform.after(session.platform.first) or session.platform.first


def _planned(
    session: Session, found: NamedCommit, environment: Environment, stacks: tuple[StackPlan, ...]
) -> tuple[StackPlan, ...]:
    """The plans, with those that nobody recorded made now."""
    unknown = [plan.stack for plan in stacks if plan.source is PlanSource.UNKNOWN]
    if not unknown:
        return stacks
    if session.git.head() != found.commit or session.git.dirty_paths():
        raise UsageError(
            f"nothing recorded says what {found.commit[:8]} would do to {environment.name} "
            f"in {', '.join(unknown)}",
            hint=f"Run the pipeline of the environment before again: it records a preview. Or check out "
            f"{found.commit[:8]}, without changes of your own, and run this again: it is planned then.",
        )
    made = {plan.stack: plan for plan in _plan(session, environment, unknown)}
    return tuple(made.get(plan.stack, plan) for plan in stacks)


def _plan(session: Session, environment: Environment, stacks: Sequence[str]) -> list[StackPlan]:
    session.console.say(f"Planning {', '.join(stacks)} in {environment.name} …")
    outcome = plan_environment(session, session.environment(environment.name), session.select(stacks))
    failed = [f"{stack.stack}: {stack.error}" for stack in outcome.stacks if stack.failed]
    if failed:
        raise RunFailedError(f"{environment.name} could not be planned", detail="\n".join(failed))
    return [
        StackPlan(stack=stack.stack, source=PlanSource.PLAN, changes=outlines(stack.changes))
        for stack in outcome.stacks
        if stack.changes is not None
    ]

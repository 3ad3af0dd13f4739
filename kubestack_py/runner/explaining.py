"""`kubestack explain`: the whole story of a ref, from Git and the evidence alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.decision import Action, Resolution
from kubestack_py.model.event import Event, EventKind
from kubestack_py.model.evidence import Override
from kubestack_py.model.explanation import EnvironmentStory, Explanation, Witness
from kubestack_py.model.platform import RefKind
from kubestack_py.promotion.resolve import resolve
from kubestack_py.runner.assessing import Assessor
from kubestack_py.runner.commit_session import CommitSession
from kubestack_py.runner.promotion_tags import overrides_of_tag
from kubestack_py.runner.refs import find_ref

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.model.evidence import Record
    from kubestack_py.model.platform import Environment
    from kubestack_py.model.promotion import Assessment
    from kubestack_py.runner.refs import NamedCommit
    from kubestack_py.runner.session import Session


def explain(session: Session, ref: str) -> Explanation:
    """What a ref means, and for every environment it could enter what the gate says and why.

    Read with the settings of its own commit, as its pipeline does. A tag or branch that applies an
    environment could enter that one, any other commit all of them. Raises `UsageError` for what is
    no ref.
    """
    session.synchronise_if_possible()
    found = find_ref(session, ref)
    of_commit = CommitSession(session, found.commit)
    resolution = _resolution(of_commit, found)
    overrides = overrides_of_tag(session, found.tag, found.commit) if found.tag else {}
    applied = {d.environment for d in resolution.decisions if d.action is Action.APPLY and found.tag}
    return Explanation(
        ref=found.full or found.name,
        kind="tag" if found.tag else "branch" if found.branch else "commit",
        commit=found.commit,
        date=found.info.date,
        author=found.info.author,
        subject=found.info.subject,
        resolution=resolution,
        overrides=tuple(Override(check=check, reason=reason) for check, reason in overrides.items()),
        environments=tuple(
            _story(of_commit, environment, found, overrides)
            for environment in of_commit.platform.environments
            if not applied or environment.name in applied
        ),
    )


def _resolution(session: CommitSession, found: NamedCommit) -> Resolution:
    if not found.tag and not found.branch:
        return Resolution(
            decisions=(), reason="A commit means nothing by itself; a branch or tag on it does."
        )
    return resolve(session.platform, Event(kind=EventKind.PUSH, ref=found.full))


def _story(
    session: CommitSession, environment: Environment, found: NamedCommit, overrides: Mapping[str, str]
) -> EnvironmentStory:
    assessor = Assessor(session, environment, overrides)
    assessment = assessor.assess()
    history, digests = assessor.judge.history, assessor.judge.digests
    previous = session.platform.before(environment)
    proofs = {
        stack: history.latest_of_content(previous.name, stack, digest.shared) if previous else None
        for stack, digest in digests.items()
    }
    return EnvironmentStory(
        environment=environment.name,
        assessment=assessment,
        evidence=tuple(_witness(record) for record in proofs.values() if record),
        missing=tuple(stack for stack, record in proofs.items() if previous and not record),
        past=tuple(_witness(r) for r in history.of(environment.name) if r.commit == found.commit),
        next_step=_next_step(environment, assessment, found),
    )


def _next_step(environment: Environment, assessment: Assessment, found: NamedCommit) -> str:
    """What somebody who wants this commit in the environment has to do now."""
    if not assessment.waits:
        return f"Nothing: {environment.name} runs this content."
    if not assessment.verdict.allowed:
        return assessment.verdict.refusals[0].hint
    if environment.apply_on.kind is RefKind.BRANCH:
        return f"Run the pipeline of {environment.apply_on}: it applies this to {environment.name}."
    if found.tag:
        return f"Run the pipeline of the tag: it applies this to {environment.name}."
    return f"Promote it: kubestack promote {environment.name} --to {found.commit[:12]} --push"


def _witness(record: Record) -> Witness:
    return Witness(
        environment=record.environment,
        stack=record.stack,
        status=record.status,
        at=record.at,
        commit=record.commit,
        actor=record.actor,
        url=record.url,
        message=record.message,
        overrides=record.overrides,
    )

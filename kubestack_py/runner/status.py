"""Join evidence and default branch: what is deployed, what waits, what needs attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.evidence import RecordStatus
from kubestack_py.model.status import Concern, EnvironmentStatus, PlatformStatus
from kubestack_py.promotion.history import History

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.model.changes import ContentDigest
    from kubestack_py.model.platform import Environment
    from kubestack_py.runner.session import Session


def platform_status(session: Session) -> PlatformStatus:
    """Where every environment stands, from evidence alone: no tool is asked, no state is read.

    Where the remote cannot be reached, the answer is what this clone knows, with a warning.
    """
    session.synchronise_if_possible()
    tip = session.default_tip() or session.git.head()
    digests = session.digests(tip)
    history = session.history()
    return PlatformStatus(
        platform=session.platform.name,
        branch=session.platform.default_branch,
        tip=tip,
        environments=tuple(
            _environment_status(session, environment, tip, digests, history)
            for environment in session.platform.environments
        ),
    )


def _environment_status(
    session: Session,
    environment: Environment,
    tip: str,
    digests: Mapping[str, Mapping[str, ContentDigest]],
    history: History,
) -> EnvironmentStatus:
    own = {stack: of[environment.name] for stack, of in digests.items()}
    runs = {stack: history.delivered(environment.name, stack) for stack in own}
    waiting = tuple(stack for stack, record in runs.items() if record is None or record.digest != own[stack])
    deployed = history.deployed(environment.name)
    info = session.git.commit_info(deployed.commit) if deployed else None
    return EnvironmentStatus(
        name=environment.name,
        applies_on=str(environment.apply_on),
        deployed=deployed.commit if deployed else "",
        since=deployed.since if deployed else "",
        subject=info.subject if info else "",
        behind=session.git.count(info.id if info else "", tip),
        waiting=waiting,
        proved=_is_proved(session, environment, own, history),
        concerns=tuple(_concerns(history, environment, own)),
    )


def _is_proved(
    session: Session, environment: Environment, digests: Mapping[str, ContentDigest], history: History
) -> bool | None:
    previous = session.platform.before(environment)
    if previous is None:
        return None
    records = [
        history.latest_of_content(previous.name, stack, digest.shared) for stack, digest in digests.items()
    ]
    return all(record is not None and record.status is RecordStatus.VERIFIED for record in records)


def _concerns(history: History, environment: Environment, stacks: Mapping[str, object]) -> list[Concern]:
    newest = [history.latest(environment.name, stack) for stack in stacks]
    return [
        Concern(
            stack=record.stack,
            status=record.status,
            at=record.at,
            commit=record.commit,
            message=record.message,
        )
        for record in newest
        if record is not None and record.status is not RecordStatus.VERIFIED
    ]

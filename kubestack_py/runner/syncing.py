"""What operators have made of rendered branches: looked at once, or waited for after a delivery."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kubestack_py.delivery.history import sources
from kubestack_py.delivery.operators import argo_cd, flux
from kubestack_py.delivery.operators.repositories import Branch
from kubestack_py.errors import DeliveryError, UsageError
from kubestack_py.model.evidence import VerificationResult
from kubestack_py.model.platform import Delivery, Operator
from kubestack_py.model.sync import EnvironmentSync, StackSync, SyncState
from kubestack_py.runner.kubectl_engine import open_cluster
from kubestack_py.system.interrupts import interrupts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.delivery.kubectl.api import Cluster
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.model.sync import Follower
    from kubestack_py.runner.session import Session

PAUSE = 3.0
OPERATORS = {Operator.FLUX: flux, Operator.ARGO_CD: argo_cd}
_ORDER = list(SyncState)


def sync_status(session: Session, environments: Sequence[Environment]) -> tuple[EnvironmentSync, ...]:
    """Where these environments are between Git and their clusters; a cluster that does not answer is told."""
    session.synchronise_if_possible()
    return tuple(_status(session, environment) for environment in environments)


def with_clusters(session: Session, name: str | None) -> list[Environment]:
    """The named environment, or all that name a cluster. Raises `UsageError` where there is none."""
    if name is not None:
        return [session.environment(name)]
    found = [item for item in session.platform.environments if item.cluster]
    if not found:
        raise UsageError(
            "no environment names a cluster in kubestack.yaml",
            hint="Name a context of your kubeconfig: `cluster: {context: …}` of an environment.",
        )
    return found


def _status(session: Session, environment: Environment) -> EnvironmentSync:
    context = environment.cluster.context if environment.cluster else ""
    try:
        stacks = _Look(session, environment).stacks(session.stacks)
    except DeliveryError as error:
        session.console.error(f"{environment.name}: {error}")
        return EnvironmentSync(
            environment=environment.name, context=context, stacks=(), problem=error.message
        )
    return EnvironmentSync(environment=environment.name, context=context, stacks=stacks)


def wait_for_sync(
    session: Session, environment: Environment, stacks: Sequence[Stack]
) -> dict[str, tuple[VerificationResult, ...]]:
    """Wait until the operator has applied what these stacks delivered, for as long as the settings say."""
    settings = session.platform.verify.sync
    chosen = [stack for stack in stacks if stack.delivery is Delivery.RENDERED]
    if settings is None or not chosen:
        return {}
    begun, told = time.monotonic(), ""
    while True:
        try:
            found = _Look(session, environment).stacks(chosen)
        except DeliveryError as error:
            session.console.error(f"{environment.name}: {error}")
            return {stack.path: _result(error.message) for stack in chosen}
        late = [item for item in found if item.state is not SyncState.SYNCED]
        words = "; ".join(f"{item.stack} {item.message}" for item in late)
        if words and words != told:
            session.console.say(f"  {environment.name}: {words}")
            told = words
        passed = time.monotonic() - begun
        if not late or passed + PAUSE > settings.timeout:
            reasons = {item.stack: f"{item.message} (after {settings.timeout} s)" for item in late}
            return {stack.path: _result(reasons.get(stack.path, "")) for stack in chosen}
        time.sleep(PAUSE)
        interrupts.check()


def _result(problem: str) -> tuple[VerificationResult, ...]:
    return (VerificationResult(name="sync", passed=not problem, message=problem),)


class _Look:
    """One look at the operator of one environment."""

    def __init__(self, session: Session, environment: Environment) -> None:
        self._session = session
        self._git = session.git
        self._environment = environment
        cluster = open_cluster(session, environment)
        branch = environment.rendered_branch
        url = self._git.call("remote", "get-url", session.remote).text.strip() if session.remote else ""
        self._followers = _followers(session, cluster, Branch(name=branch, url=url))
        ref = f"refs/kubestack/{session.remote}/{branch}" if session.remote else f"refs/heads/{branch}"
        self._tip = self._git.refs(ref).get(ref, "")

    def stacks(self, stacks: Sequence[Stack]) -> tuple[StackSync, ...]:
        history = self._session.history()
        name = self._environment.name
        homes = {
            stack.path: stack.delivered_to(name) for stack in stacks if stack.delivery is Delivery.RENDERED
        }
        source = sources(self._git, self._tip, homes) if self._tip else {}
        found = []
        for path, home in homes.items():
            record = history.latest(name, path)
            followers = [item for item in self._followers if item.covers(home)]
            delivered = self._delivered(home) if path in source else ""
            state, message, applied = self._judge(delivered, followers)
            found.append(
                StackSync(
                    stack=path,
                    state=state,
                    delivered=delivered,
                    source=source.get(path, ""),
                    applied=applied,
                    followers=tuple(item.name for item in followers),
                    evidence=record.status.value if record else "",
                    message=message,
                )
            )
        return tuple(found)

    def _delivered(self, home: str) -> str:
        """The newest commit of the rendered branch that changed files of the stack that lies there."""
        return self._git.call("log", "-1", "--format=%H", self._tip, "--", home).text.strip()

    def _judge(self, delivered: str, followers: Sequence[Follower]) -> tuple[SyncState, str, str]:
        """The worst of what the followers say, in words, with the revision that is applied."""
        if not delivered:
            return SyncState.UNDELIVERED, "was never delivered", ""
        if not followers:
            branch = self._environment.rendered_branch
            return SyncState.MISSING, f"is followed by no object of an operator that reads {branch}", ""
        judged = [(*self._judge_one(delivered, item), item.revision) for item in followers]
        return max(judged, key=lambda item: _ORDER.index(item[0]))

    def _judge_one(self, delivered: str, follower: Follower) -> tuple[SyncState, str]:
        said = f"{follower.name} says {follower.reason}" if follower.reason else ""
        if not follower.revision:
            return max(follower.state, SyncState.PROGRESSING, key=_ORDER.index), said or (
                f"{follower.name} has applied nothing yet"
            )
        if self._git.commit_info(follower.revision) is None:
            return SyncState.UNKNOWN, (
                f"{follower.name} has applied {follower.revision[:8]}, which is no commit of this repository"
            )
        if not self._git.is_ancestor(delivered, follower.revision):
            older = f"{follower.name} has applied {follower.revision[:8]}, and {delivered[:8]} was delivered"
            state = max(follower.state, SyncState.OLDER, key=_ORDER.index)
            return state, "; ".join(filter(None, (older, said)))
        return follower.state, said


def _followers(session: Session, cluster: Cluster, branch: Branch) -> list[Follower]:
    """What follows the branch: objects of the operator that the settings name, else of each that is there."""
    settings = session.platform.verify.sync
    served = cluster.kinds()
    found: list[Follower] = []
    for operator, reader in OPERATORS.items():
        if settings and operator is not settings.operator:
            continue
        kinds = [served[kind].full_name for kind in reader.KINDS if kind in served]
        if kinds:
            found += reader.followers(cluster.find(",".join(kinds)), branch)
    return found

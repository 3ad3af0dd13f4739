"""Wait until objects are ready, tell how far they are, and say why where they do not get there."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kubestack_py.delivery.kubectl.health import INERT, Readiness, State, holding, readiness
from kubestack_py.delivery.kubectl.objects import manifest, reference
from kubestack_py.delivery.kubectl.reasons import WORKLOADS, Reason, of_events, of_pods, selector
from kubestack_py.system.interrupts import interrupts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kubestack_py.delivery.kubectl.api import Cluster
    from kubestack_py.model.manifest import Manifest

PAUSE = 2.0
STUCK_SECONDS = 45.0  # a pull or a start that failed this long and with the same words will go on to fail


class Rollout:
    """The rollout of some objects, and the end of those that are `gone`; `say` hears of every change."""

    def __init__(
        self,
        cluster: Cluster,
        objects: Sequence[Manifest],
        say: Callable[[str], None],
        *,
        gone: Sequence[Manifest] = (),
    ) -> None:
        self._cluster = cluster
        self._objects = [item for item in objects if item.kind not in INERT]
        self._gone = gone
        self._say = say
        self._told: dict[str, tuple[str, float]] = {}

    def wait(self, seconds: float) -> list[str]:
        """Wait so long at most; what is not ready then, each with its reason. Nothing when all is ready."""
        begun = time.monotonic()
        while True:
            waiting = self._look()
            passed = time.monotonic() - begun
            failed = [text for text, state in waiting if state is State.FAILED]
            if failed or not waiting:
                return failed
            if passed + PAUSE > seconds:
                return [f"{text} (after {seconds:g} s)" for text, _ in waiting]
            time.sleep(min(PAUSE, 0.3 + passed))
            interrupts.check()

    def _look(self) -> list[tuple[str, State]]:
        found = {_key(item): item for item in self._cluster.read([reference(item) for item in self._objects])}
        waiting = []
        for item in self._objects:
            document = found.get((item.kind, item.namespace, item.name))
            how = (
                readiness(document) if document else Readiness(state=State.WAITING, message="it is not there")
            )
            reason = self._reason(document) if document and how.state is not State.READY else Reason()
            text = f"{item.address} is not ready: {'; '.join(filter(None, (how.message, reason.text)))}"
            since = self._tell(item.address, text if how.state is not State.READY else "ready")
            if how.state is State.WAITING and reason.stuck and time.monotonic() - since > STUCK_SECONDS:
                waiting.append((text, State.FAILED))
            elif how.state is not State.READY:
                waiting.append((text, how.state))
        return waiting + self._leaving()

    def _leaving(self) -> list[tuple[str, State]]:
        """What is being deleted and still there."""
        waiting = []
        for document in self._cluster.read([reference(item) for item in self._gone]):
            text = f"{manifest(document).address} is still there: {holding(document)}"
            self._tell(text, text)
            waiting.append((text, State.WAITING))
        return waiting

    def _reason(self, workload: dict[str, Any]) -> Reason:
        """What pods say, with a warning about them, and where there are none, what warnings say."""
        if workload["kind"] not in WORKLOADS:
            return Reason()
        metadata = workload["metadata"]
        chosen = selector(workload)
        pods = self._cluster.find("pods", namespace=metadata["namespace"], selector=chosen) if chosen else []
        if not pods:
            return Reason(text=self._warning(workload["kind"], metadata["name"], metadata["namespace"]))
        reason = of_pods(pods)
        warning = self._warning("Pod", reason.pod, metadata["namespace"]) if reason.pod else ""
        return replace(reason, text=f"{reason.text} ({warning})") if warning else reason

    def _warning(self, kind: str, name: str, namespace: str) -> str:
        fields = f"involvedObject.kind={kind},involvedObject.name={name},type=Warning"
        return of_events(self._cluster.find("events", namespace=namespace, fields=fields))

    def _tell(self, address: str, text: str) -> float:
        """Say what is new; since when it is so."""
        before = self._told.get(address)
        if before and before[0] == text:
            return before[1]
        if before or text != "ready":
            self._say(text if text != "ready" else f"{address} is ready")
        self._told[address] = (text, time.monotonic())
        return self._told[address][1]


def _key(document: dict[str, Any]) -> tuple[str, str, str]:
    metadata = document["metadata"]
    return str(document["kind"]), str(metadata.get("namespace") or ""), str(metadata["name"])

"""Why a workload does not get ready: what its pods and the warnings about it say. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kubestack_py.delivery.kubectl.health import condition

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet"})
_STUCK = frozenset(
    {
        *("ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ImageInspectError", "ErrImageNeverPull"),
        *("CrashLoopBackOff", "CreateContainerConfigError", "CreateContainerError", "RunContainerError"),
    }
)
_PROBE = re.compile(r"\w+ probe failed(?:: HTTP probe failed with statuscode: \d+)?")
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why something is not ready. `stuck`: waiting hardly helps; `pod`: warnings about it may say more."""

    text: str = ""
    stuck: bool = False
    pod: str = ""


def selector(workload: Document) -> str:
    """What selects the pods of a workload; empty where it cannot be said in a simple way."""
    labels = (workload["spec"].get("selector") or {}).get("matchLabels") or {}
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def of_pods(pods: Iterable[Document]) -> Reason:
    """The first pod that is stuck, and on what; else the first one that is not ready."""
    staying = [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]
    for pod in staying:
        for why in _stuck(pod):
            return Reason(text=f"pod {pod['metadata']['name']}: {why}", stuck=True)
    waiting = (pod for pod in staying if condition(pod, "Ready").get("status") != "True")
    return next(map(_waiting, waiting), Reason())


def of_events(events: Sequence[Document]) -> str:
    """The newest warning about an object; empty for none.

    What a probe printed is left out, since reasons go into evidence.
    """
    newest = max(events, key=lambda event: str(event.get("lastTimestamp") or ""), default=None)
    if newest is None:
        return ""
    message = str(newest.get("message", ""))
    probe = _PROBE.match(message)
    return f"{newest.get('reason', '')}: {probe[0] if probe else message}".strip(": ")


def _stuck(pod: Document) -> Iterator[str]:
    for container in _containers(pod):
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in _STUCK:
            ended = (container.get("lastState") or {}).get("terminated") or {}
            code = f", last exit code {ended['exitCode']}" if "exitCode" in ended else ""
            cause = ended.get("reason") if ended.get("reason") != "Error" else ""
            said = "; ".join(filter(None, (cause, waiting.get("message"))))
            yield f"container {container['name']}: {waiting['reason']}{code}{f' ({said})' if said else ''}"


def _waiting(pod: Document) -> Reason:
    """What a pod waits for. A node may yet come for it, and a probe may yet succeed."""
    name, scheduled = pod["metadata"]["name"], condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        why = f"{scheduled.get('reason', 'Unschedulable')}: {scheduled.get('message', '')}".rstrip(": ")
        return Reason(text=f"pod {name}: {why}")
    for container in _containers(pod):
        if "running" in (container.get("state") or {}) and not container.get("ready"):
            return Reason(text=f"pod {name}: container {container['name']} runs and is not ready", pod=name)
    return Reason(text=f"pod {name} is {(pod.get('status') or {}).get('phase', 'Pending')}", pod=name)


def _containers(pod: Document) -> Iterator[Document]:
    status = pod.get("status") or {}
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()

"""Why a workload does not get ready: what its pods and the warnings about it say. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kubestack_py.delivery.kubectl.health import condition

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet"})
_STUCK = frozenset(
    {
        *("ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ImageInspectError", "ErrImageNeverPull"),
        *("CrashLoopBackOff", "CreateContainerConfigError", "CreateContainerError", "RunContainerError"),
    }
)
Document = Mapping[str, Any]


def selector(workload: Document) -> str:
    """What selects the pods of a workload; empty where it cannot be said in a simple way."""
    labels = (workload["spec"].get("selector") or {}).get("matchLabels") or {}
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def of_pods(pods: Iterable[Document]) -> str:
    """The first pod that is stuck, and on what; empty where none is."""
    return next((f"pod {pod['metadata']['name']}: {why}" for pod in pods for why in _stuck(pod)), "")


def of_events(events: Sequence[Document]) -> str:
    """The newest warning about an object; empty for none."""
    newest = max(events, key=lambda event: str(event.get("lastTimestamp") or ""), default=None)
    return f"{newest.get('reason', '')}: {newest.get('message', '')}".strip(": ") if newest else ""


def _stuck(pod: Document) -> Iterator[str]:
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        yield f"{scheduled.get('reason', 'Unschedulable')}: {scheduled.get('message', '')}".rstrip(": ")
    status = pod.get("status") or {}
    for container in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in _STUCK:
            ended = (container.get("lastState") or {}).get("terminated") or {}
            code = f", last exit code {ended['exitCode']}" if "exitCode" in ended else ""
            said = f" ({waiting['message']})" if waiting.get("message") else ""
            yield f"container {container['name']}: {waiting['reason']}{code}{said}"

"""Read which cluster an environment is, and how its operator is waited for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kubestack_py.config.values import choice, mapping, number, text
from kubestack_py.model.platform import ClusterSettings, Delivery, Operator, Platform, SyncSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubestack_py.config.source import SettingsSource
    from kubestack_py.model.finding import Finding

_CONTEXT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@+-]{0,252}")
# Never a path inside the repository: a kubeconfig names programs that kubectl starts to sign in.
_KUBECONFIG = re.compile(r"(?!.*\.\.)~?/[A-Za-z0-9_.][A-Za-z0-9._/@+-]*")
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def read_cluster(value: object) -> ClusterSettings:
    """The cluster of an environment. Raises `MalformedError`."""
    settings = mapping(value, {"context", "kubeconfig", "namespace"}, required={"context"})
    return ClusterSettings(
        context=text(settings["context"], _CONTEXT),
        kubeconfig=text(settings["kubeconfig"], _KUBECONFIG) if "kubeconfig" in settings else "",
        namespace=text(settings.get("namespace", "default"), _NAMESPACE),
    )


def read_sync(value: object) -> SyncSettings:
    """How an operator is waited for. Raises `MalformedError`."""
    settings = mapping(value, {"operator", "timeout"}, required={"operator"})
    return SyncSettings(
        operator=choice(settings["operator"], Operator), timeout=number(settings.get("timeout", 300), 1, 3600)
    )


def cluster_findings(source: SettingsSource, platform: Platform) -> Iterator[Finding]:
    """Environments without a cluster where something has to reach one."""
    by_kubectl = any(entry.delivery is Delivery.KUBECTL for entry in platform.stacks)
    if not (by_kubectl or platform.verify.sync):
        return
    reason = "stacks are delivered by kubectl" if by_kubectl else "verify.sync asks its operator"
    for index, environment in enumerate(platform.environments):
        if environment.cluster is None:
            yield source.finding(
                f"{environment.name} names no cluster, and {reason}",
                ["environments", index],
                check="cluster",
                hint="name a context of your kubeconfig: `cluster: {context: …}`; none is ever guessed",
            )

"""The clusters that a Terraform file makes: `module` blocks of a cluster module, with their node pools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.finding import Location
from kubestack_py.model.inventory import Cluster, NodePool
from kubestack_py.terraform import hcl, syntax

if TYPE_CHECKING:
    from tree_sitter import Node

PROVIDERS = {"cluster": "local", "eks": "eks", "gke": "gke", "aks": "aks"}
NODE_POOLS = "node_pools"
_BASE_KEY = "configuration_base_key"


def clusters_in(source: bytes, name: str) -> tuple[Cluster, ...]:
    """The clusters of a file; of one in JSON syntax their names alone."""
    if not may_hold_clusters(source):
        return ()
    if hcl.is_json(name):
        return tuple(
            Cluster(name=call.name, provider=PROVIDERS[kind], where=Location(path=name, line=1))
            for call in hcl.module_calls(source, name=name)
            if (kind := _kind(call.source))
        )
    found = (_cluster(block, name) for block in syntax.blocks(syntax.parse(source)) if block.type == "module")
    return tuple(cluster for cluster in found if cluster)


def may_hold_clusters(source: bytes) -> bool:
    """Whether a file needs to be looked at: most of a platform do not, and a tree of them costs time."""
    return b"configuration" in source and b"module" in source


def _kind(source: str) -> str:
    """The name of a cluster module (`./modules/eks`), empty for another source."""
    kind = source.rstrip("/").rpartition("/")[2]
    return kind if kind in PROVIDERS and source.startswith(("./", "../")) else ""


def _cluster(block: syntax.Block, path: str) -> Cluster | None:
    arguments = syntax.attributes(block.body)
    kind = _kind(syntax.literal(arguments["source"]) or "") if "source" in arguments else ""
    configuration = arguments.get(hcl.CONFIGURATION)
    if not kind or configuration is None or not block.labels:
        return None
    environments = {
        name: value for key, value in syntax.object_items(configuration) if (name := syntax.key(key))
    }
    return Cluster(
        name=block.labels[0],
        provider=PROVIDERS[kind],
        where=Location(path=path, line=syntax.line(block.node)),
        environments=tuple(environments),
        base=(syntax.literal(arguments[_BASE_KEY]) or "") if _BASE_KEY in arguments else "",
        node_pools=_node_pools(block.labels[0], environments, path),
    )


def _node_pools(cluster: str, environments: dict[str, Node], path: str) -> tuple[NodePool, ...]:
    settings: dict[str, dict[str, dict[str, str]]] = {}
    lines: dict[str, int] = {}
    for environment, configuration in environments.items():
        for key, pools in syntax.object_items(configuration):
            if syntax.key(key) != NODE_POOLS:
                continue
            for pool, body in syntax.object_items(pools):
                name = syntax.key(pool)
                if name is not None:
                    settings.setdefault(name, {})[environment] = _texts(body)
                    lines.setdefault(name, syntax.line(pool))
    return tuple(
        NodePool(
            name=name, cluster=cluster, where=Location(path=path, line=lines[name]), settings=settings[name]
        )
        for name in settings
    )


def _texts(body: Node) -> dict[str, str]:
    """The attributes of an object as they are written, each on one line."""
    return {
        name: " ".join(syntax.text(value).split())
        for key, value in syntax.object_items(body)
        if (name := syntax.key(key))
    }

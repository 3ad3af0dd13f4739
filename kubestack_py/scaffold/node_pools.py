"""Node pools: keys of `node_pools` in the configuration of a cluster."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from kubestack_py.errors import EditError, UsageError
from kubestack_py.scaffold.inventory import choose, near
from kubestack_py.scaffold.offerings import unknown_node_type
from kubestack_py.scaffold.providers import provider_names
from kubestack_py.terraform import writing
from kubestack_py.terraform.clusters import NODE_POOLS
from kubestack_py.terraform.editing import insert, remove
from kubestack_py.terraform.hcl import CONFIGURATION
from kubestack_py.terraform.place import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.model.inventory import Cluster, NodePool
    from kubestack_py.scaffold.draft import Draft
    from kubestack_py.terraform.place import Document
    from kubestack_py.terraform.writing import Value

KIND = "node-pool"
# What the modules call the type of a machine.
NODE_TYPES = {"local": "instance_type", "eks": "instance_types", "gke": "machine_type", "aks": "vm_size"}
# What stands without quotes and is a value.
_WORDS = {"true", "false", "null"}
# What the modules take as a name, and in which words.
_NAMES = {
    "local": (r"[a-z][a-z0-9-]{0,29}", "lower-case letters, digits and dashes, at most 30"),
    "eks": (r"[a-z][a-z0-9-]{0,35}", "lower-case letters, digits and dashes, at most 36"),
    "gke": (
        r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?",
        "lower-case letters, digits and dashes, not at its end, at most 40",
    ),
    "aks": (r"[a-z][a-z0-9]{0,11}", "lower-case letters and digits, at most 12: what AKS takes"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePoolOptions:
    """What was asked for. `environment` is empty for the base, `settings` are further attributes as HCL."""

    cluster: str
    name: str
    node_type: str = ""
    min_size: int | None = None
    max_size: int | None = None
    environment: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


def add_node_pool(draft: Draft, options: NodePoolOptions, *, force: bool = True) -> None:
    """Add a pool to a cluster's configuration of an environment, the base where none is named.

    In the base, what is left out is taken over from the pool `default`, or else from the first one. The
    other environments inherit it. A pool that is there as asked is left alone. Without `force` the
    provider has to offer the type of machine, as far as the lists here know. Raises `UsageError` for
    what cannot be, `EditError` where the file cannot be edited.
    """
    cluster = _cluster(draft, options.cluster)
    environment = options.environment or _base(cluster)
    choose("environment", environment, [item.name for item in draft.platform.environments])
    pools = {pool.name: pool for pool in cluster.node_pools}
    pool = pools.get(options.name)
    if pool and environment in pool.settings:
        _compare(cluster, pool, environment, _values(cluster, options))
        return
    _check_name(cluster, options.name)
    if not force:
        _check_node_type(cluster, options.node_type)
    values = _values(cluster, options)
    if pool is None:
        values = _completed(pools, cluster, values)
    if not values:
        raise UsageError(
            f"nothing says what is different about the node pool {options.name} in {environment}",
            hint="Give it --instance-type, --min-size, --max-size or --set.",
        )
    _check_sizes(values, pool.settings.get(_base(cluster), {}) if pool else {})
    place = Place(("module", cluster.name), (CONFIGURATION, environment, NODE_POOLS, options.name))
    draft.edit_hcl(cluster.where.path, lambda document: insert(document, place, values))
    recorded = {
        "cluster": cluster.name,
        "name": options.name,
        "environment": environment,
        "settings": {key: writing.on_one_line(value) for key, value in values.items()},
    }
    draft.record(lambda record: record.with_added(KIND, recorded))
    if not options.environment:
        _note_heirs(draft, cluster, options.name)


def remove_node_pool(draft: Draft, cluster_name: str, name: str, environment: str = "") -> None:
    """Take a pool out of a cluster's configuration: of one environment, or of all.

    Where there is no such pool nothing is done. Raises `UsageError` for the last pool of a cluster.
    """
    cluster = _cluster(draft, cluster_name)
    if environment:
        choose("environment", environment, cluster.environments)
    pools = {pool.name: pool for pool in cluster.node_pools}
    pool = pools.get(name)
    places = [item for item in (pool.settings if pool else ()) if environment in {"", item}]
    if pool is None or not places:
        where = f"{cluster.name} in {environment}" if environment else cluster.name
        draft.note(f"{where} has no node pool {name}. {near(name, list(pools))}")
        return
    if len(pools) == 1 and set(places) == set(pool.settings):
        raise UsageError(
            f"{pool.where}: {name} is the last node pool of {cluster.name}, and a cluster needs one",
            hint=f"Add another one before, or remove the cluster: kubestack remove cluster {cluster.name}",
        )
    for item in places:
        draft.edit_hcl(cluster.where.path, partial(_without, cluster=cluster, environment=item, name=name))
    draft.record(
        lambda record: record.without_added(
            KIND, cluster=cluster.name, name=name, **({"environment": environment} if environment else {})
        )
    )


def _cluster(draft: Draft, name: str) -> Cluster:
    clusters = {cluster.name: cluster for cluster in draft.inventory.clusters}
    if name not in clusters:
        draft.refuse_broken()  # it may stand where nothing can be read
    choose("cluster", name, clusters)
    cluster = clusters[name]
    if cluster.where.path.endswith(".json"):
        raise EditError(
            f"{cluster.where}: {name} is configured in Terraform's JSON syntax, which is not edited",
            hint="Edit it by hand, or write the module as HCL, in a file that ends in .tf.",
        )
    return cluster


def _base(cluster: Cluster) -> str:
    if not cluster.base:
        raise EditError(
            f"{cluster.where}: nothing here says which environment the others inherit from",
            hint="Write configuration_base_key as a plain string, or name an environment with -e.",
        )
    return cluster.base


def _without(document: Document, cluster: Cluster, environment: str, name: str) -> Document:
    """The document without a pool; where it was the only one of an environment, without `node_pools`."""
    place = Place(("module", cluster.name), (CONFIGURATION, environment, NODE_POOLS))
    only = [pool for pool in cluster.node_pools if environment in pool.settings]
    return remove(document, place if len(only) == 1 else place / name)


def _values(cluster: Cluster, options: NodePoolOptions) -> dict[str, Value]:
    """The attributes that were asked for, by their names in the cluster's module."""
    key = NODE_TYPES[cluster.provider]
    values: dict[str, Value] = {}
    if options.node_type:
        values[key] = [options.node_type] if key.endswith("s") else options.node_type
    sizes = {"min_size": options.min_size, "max_size": options.max_size}
    values |= {name: size for name, size in sizes.items() if size is not None}
    for name, text in options.settings.items():
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or not writing.is_expression(text):
            raise UsageError(
                f"--set {name}={text} is no attribute with a value",
                hint="Write the value as in Terraform: --set 'labels={ tier = \"batch\" }'.",
            )
        if re.fullmatch(r"[A-Za-z_]\w*", text) and text not in _WORDS:
            raise UsageError(
                f"--set {name}={text}: {text} without quotes is the name of something, not a text",
                hint=f"Write --set '{name}=\"{text}\"'.",
            )
        values[name] = writing.Expression(text)
    return values


def _completed(
    pools: Mapping[str, NodePool], cluster: Cluster, values: Mapping[str, Value]
) -> dict[str, Value]:
    """The attributes with what every pool has to say, in the usual order."""
    example = pools.get("default") or next(iter(pools.values()), None)
    known = example.settings.get(cluster.base, {}) if example else {}
    usual = [NODE_TYPES[cluster.provider], "min_size", "max_size"]
    taken = {key: writing.Expression(known[key]) for key in usual if key in known and key not in values}
    missing = [key for key in usual if key not in values and key not in taken]
    if missing:
        raise UsageError(
            f"{cluster.where}: no other node pool says what to take for {', '.join(missing)}",
            hint="Give --instance-type, --min-size and --max-size.",
        )
    return {**{key: values.get(key, taken.get(key)) for key in usual}, **values}


def _compare(cluster: Cluster, pool: NodePool, environment: str, wanted: Mapping[str, Value]) -> None:
    """Nothing to do where a pool says all that is wanted; otherwise it is somebody's to edit."""
    there = pool.settings[environment]
    for key, value in wanted.items():
        text = " ".join(writing.on_one_line(value).split())
        if there.get(key) != text:
            raise UsageError(
                f"{pool.where}: {cluster.name} has a node pool {pool.name} in {environment} already, "
                + (f"with {key} = {there[key]}" if key in there else f"which says nothing of {key}"),
                hint=f"Edit that file where {text} is wanted instead.",
            )


def _check_name(cluster: Cluster, name: str) -> None:
    pattern, allowed = _NAMES[cluster.provider]
    if not re.fullmatch(pattern, name):
        raise UsageError(f"{name!r} cannot be the name of a node pool", hint=f"Allowed: {allowed}.")


def _check_node_type(cluster: Cluster, node_type: str) -> None:
    if not node_type or cluster.provider not in provider_names():
        return
    finding = unknown_node_type(cluster.provider, node_type)
    if finding:
        raise UsageError(f"--instance-type: {finding.message}", hint=f"{finding.hint}.")


def _check_sizes(values: Mapping[str, Value], inherited: Mapping[str, str]) -> None:
    """Sizes have to be numbers in their order, wherever both of them can be read."""
    sizes = []
    for key in ("min_size", "max_size"):
        value = values.get(key, inherited.get(key, ""))
        text = writing.on_one_line(value) if key in values else str(value)
        sizes.append(int(text) if text.isdigit() else None)
    least, most = sizes
    if least is not None and most is not None and least > most:
        raise UsageError(
            f"a node pool cannot have at least {least} and at most {most} nodes",
            hint="--min-size has to be from 0 to --max-size.",
        )


def _note_heirs(draft: Draft, cluster: Cluster, name: str) -> None:
    heirs = [item.name for item in draft.platform.environments if item.name != cluster.base]
    if heirs:
        draft.note(
            f"{' and '.join(heirs)} inherit{'s' if len(heirs) == 1 else ''} it. To have it smaller there: "
            f"kubestack add node-pool {cluster.name} {name} -e {heirs[0]} --min-size 1 --max-size 1"
        )

"""Take clusters and services out of a platform, with what belongs to them alone."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from kubestack_py.errors import UsageError
from kubestack_py.scaffold.handmade import refuse_handmade
from kubestack_py.scaffold.inventory import SERVICE, near, terraform_files
from kubestack_py.terraform import syntax
from kubestack_py.terraform.editing import remove
from kubestack_py.terraform.place import Place

if TYPE_CHECKING:
    from kubestack_py.model.inventory import Cluster
    from kubestack_py.scaffold.draft import Draft
    from kubestack_py.scaffold.record import Record

_KEPT = """\
# The cluster {cluster} is gone. Its provider stays until every environment has destroyed what it was made of.

"""
_ID = re.compile(r"(?P<provider>[a-z]+)_(?P<name_prefix>[^_]+)_(?P<region>[^_]+)")


def remove_cluster(draft: Draft, name: str, *, force: bool, with_provider: bool = False) -> None:
    """Remove a cluster with its node pools, its outputs and its services; never the last one.

    Its provider stays unless `with_provider`: without it Terraform cannot destroy what the cluster was
    made of ("Provider configuration not present"). It goes once every environment has done so.

    Raises `UsageError` with the place where something else refers to it, `EditError` for files that people
    edited.
    """
    clusters = {cluster.name: cluster for cluster in draft.inventory.clusters}
    if name not in clusters:
        draft.refuse_broken()
        draft.note(f"There is no cluster {name}. {near(name, list(clusters))}")
        if with_provider:
            for path in terraform_files(draft.root, draft.stacks):
                _take_out(draft, path, name, with_provider=True)
        return
    if len(clusters) == 1:
        raise UsageError(
            f"{clusters[name].where}: {name} is the last cluster of the platform, and cannot be removed",
            hint="Add another one first: kubestack add cluster --help.",
        )
    cluster = clusters[name]
    paths = terraform_files(draft.root, draft.stacks)
    services = [path for path in paths if _serves(path.rpartition("/")[2], name)]
    refuse_handmade(draft.root, [cluster.where.path, *services], force=force)
    _note_what_goes(draft, cluster, services)
    for path in services:
        draft.write(path, None)
    for path in paths:
        if path not in services:
            _take_out(draft, path, name, with_provider=with_provider)
    draft.record(partial(_without_cluster, name=name))


def _note_what_goes(draft: Draft, cluster: Cluster, services: list[str]) -> None:
    pools = ", ".join(pool.name for pool in cluster.node_pools) or "none"
    draft.note(f"With {cluster.name} go its node pools: {pools}.")
    if services:
        draft.note(
            f"And its services: {', '.join(services)}. What Terraform installed on it cannot be uninstalled "
            "once it is gone: to have that, remove the services first, apply, then remove the cluster."
        )
    draft.note(
        "Its resources are destroyed by the applies that follow, environment by environment. Move away what "
        "runs there before."
    )
    alike = [item for item in draft.inventory.clusters if item.provider == cluster.provider]
    if len(alike) == 1:
        draft.note(
            f"No other cluster is on {cluster.provider}: its provider in versions.tf, and the modules that "
            "only it used, stay until the last apply has destroyed it. Then remove them."
        )


def _serves(file: str, cluster: str) -> bool:
    """Whether a file installs a service on a cluster, or is what those need (`services/terraform.py`)."""
    return file.startswith(f"{cluster}{SERVICE}") or file == f"{cluster}_helm.tf"


def _take_out(draft: Draft, path: str, cluster: str, *, with_provider: bool) -> None:
    """Remove from a file what is the cluster's; the file itself where nothing else is left."""
    source = draft.read(path) or b""
    if path.endswith(".json") or cluster.encode() not in source:
        return
    blocks = list(syntax.blocks(syntax.parse(source)))
    providers = [block for block in blocks if _is_provider_of(block, cluster)]
    going = [block for block in blocks if _belongs(block, cluster)]
    going += providers if with_provider else []
    for block in blocks:
        if block not in going and _refers(block, cluster):
            name = ".".join((block.type, *block.labels))
            raise UsageError(
                f"{path}:{syntax.line(block.node)}: {name} refers to {cluster}",
                hint="Take that reference out first, then run this again.",
            )
    if going and len(going) == len(blocks):
        draft.write(path, None)
        return
    if going and len(going) + len(providers) == len(blocks) and not with_provider:
        kept = "\n\n".join(syntax.text(block.node) for block in providers)
        draft.write(path, f"{_KEPT.format(cluster=cluster)}{kept}\n".encode())
        draft.note(
            f"{path} keeps the provider, which destroys what there is. Once every environment has applied "
            f"this: kubestack remove cluster {cluster} --with-provider"
        )
        return
    for block in going:
        draft.edit_hcl(path, partial(remove, place=Place((block.type, *block.labels))))


def _belongs(block: syntax.Block, cluster: str) -> bool:
    """The module itself, and outputs of it."""
    if block.type == "module":
        return block.labels == (cluster,)
    return block.type == "output" and _refers(block, cluster)


def _is_provider_of(block: syntax.Block, cluster: str) -> bool:
    alias = syntax.attributes(block.body).get("alias") if block.type == "provider" else None
    return alias is not None and syntax.literal(alias) == cluster


def _refers(block: syntax.Block, cluster: str) -> bool:
    """Whether something in a block reads the cluster's module or its provider."""
    text = syntax.text(block.node)
    name = re.escape(cluster)
    return (
        re.search(rf"(?<![\w.-])(?:module|aws|google|google-beta|azurerm)\.{name}(?![\w-])", text) is not None
    )


def _without_cluster(record: Record, name: str) -> Record:
    found = _ID.fullmatch(name)
    if found:
        record = record.without_added("cluster", **found.groupdict())
    kept = [
        entry
        for entry in record.added
        if not (entry.kind in {"node-pool", "service"} and entry.options.get("cluster") == name)
    ]
    for entry in record.added:
        if entry not in kept:
            record = record.without_added(entry.kind, **entry.options)
    return record

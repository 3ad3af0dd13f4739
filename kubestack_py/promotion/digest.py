"""Content digests: what determines a stack, from the blob ids that Git already has."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from kubestack_py.model.changes import ContentDigest
from kubestack_py.model.platform import OVERLAYS, StackKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kubestack_py.model.platform import ClusterSettings, Stack
    from kubestack_py.system.git import TreeEntry

_VERSION = "kubestack-content-1"


def content_digest(
    stack: Stack,
    environment: str,
    environments: Iterable[str],
    files: Iterable[str],
    tree: Mapping[str, TreeEntry],
    *,
    cluster: ClusterSettings | None = None,
) -> ContentDigest:
    """The digest of a stack in one environment.

    `files` is the stack's closure, `tree` the commit's entries by path. `shared` covers the stack's
    settings and every file that belongs to no single environment; `environment` covers the files
    of that environment alone, and the `cluster` that manifests go to: what one cluster has is not in another.
    """
    names = tuple(environments)
    shared: list[TreeEntry] = []
    own: list[TreeEntry] = []
    for path in sorted(files):
        owner = owner_of(stack, path, names)
        if path in tree and owner in {None, environment}:
            (own if owner else shared).append(tree[path])
    forced = ["force_conflicts"] if stack.force_conflicts else []
    moved = [stack.overlays] if stack.overlays != OVERLAYS else []
    settings = json.dumps([stack.path, stack.kind, stack.delivery, sorted(stack.needs), *forced, *moved])
    return ContentDigest(shared=_digest(settings, shared), environment=_digest(_place(stack, cluster), own))


def _place(stack: Stack, cluster: ClusterSettings | None) -> str:
    if stack.kind is StackKind.TERRAFORM or cluster is None:
        return ""
    return json.dumps([cluster.context, cluster.kubeconfig, cluster.namespace])


def owner_of(stack: Stack, path: str, environments: Iterable[str]) -> str | None:
    """The environment that a file belongs to alone, or None.

    Kustomize: everything below the overlay of the environment. Terraform: `<environment>.tfvars`.
    """
    inside = path.removeprefix(f"{stack.path}/")
    if inside == path:
        return None
    for environment in environments:
        if stack.kind is StackKind.KUSTOMIZE and path.startswith(f"{stack.overlay(environment)}/"):
            return environment
        if stack.kind is StackKind.TERRAFORM and inside == f"{environment}.tfvars":
            return environment
    return None


def _digest(settings: str, entries: Iterable[TreeEntry]) -> str:
    digest = hashlib.sha256(f"{_VERSION}\0{settings}\0".encode())
    for entry in entries:
        digest.update(f"{entry.mode} {entry.blob} {entry.path}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()

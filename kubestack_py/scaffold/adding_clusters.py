"""Add a cluster to a platform: its file and modules, the Terraform providers it needs, their checksums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.errors import EditError, UsageError
from kubestack_py.scaffold.clusters import INFRASTRUCTURE, cluster_files
from kubestack_py.scaffold.offerings import check_cluster
from kubestack_py.scaffold.providers import provider
from kubestack_py.scaffold.record import RECORD, parse_record
from kubestack_py.scaffold.requiring import unlocked, with_lock, with_requirement
from kubestack_py.scaffold.telling import environment_expression

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

    from kubestack_py.scaffold.clusters import Cluster
    from kubestack_py.scaffold.draft import Draft
    from kubestack_py.terraform.place import Document

KIND = "cluster"
VERSIONS = str(INFRASTRUCTURE / "versions.tf")
LOCK = str(INFRASTRUCTURE / ".terraform.lock.hcl")


def add_cluster(draft: Draft, cluster: Cluster, *, force: bool = False) -> None:
    """Let the platform have a cluster. One that is there already is left as people made it.

    Modules are written once: one that is there belongs to the platform, and a note tells where it differs
    from what this program would write. Raises `ConfigurationError` for what the cloud does not have
    (`force` goes on), `UsageError` where the name is taken, `EditError` where a file cannot be edited.
    """
    environments = _chain(draft)
    check_cluster(cluster, environments, force=force)
    taken = {item.name: item for item in draft.inventory.clusters}.get(cluster.id)
    if taken and taken.where.path != str(cluster.path):
        raise UsageError(
            f"{taken.where}: there is a cluster {cluster.id} already",
            hint="Another cluster of that region needs another --name-prefix.",
        )
    files = cluster_files(cluster, environments, environment_expression(draft.root, str(INFRASTRUCTURE)))
    there = draft.read(str(cluster.path))
    if there not in (None, files[cluster.path]):
        draft.note(f"{cluster.path} is there already, and is left as it is: edit it for what should differ.")
        return
    draft.write(str(cluster.path), files[cluster.path])
    for module in provider(cluster.provider).modules:
        _write_module(draft, module, files)
    _require(draft, cluster)
    draft.record(lambda record: record.with_added(KIND, cluster.options()))
    if note := provider(cluster.provider).notes.get(cluster.region):
        draft.note(note)


def platform_domain(draft: Draft) -> str:
    """The domain that the platform was scaffolded with.

    Raises `UsageError` where its record does not tell.
    """
    content = draft.read(str(RECORD))
    domain = parse_record(content).answers.get("domain") if content else None
    if not isinstance(domain, str):
        raise UsageError(
            f"{RECORD} does not tell the platform's domain",
            hint="Name it: --base-domain platform.example.com",
        )
    return domain


def _chain(draft: Draft) -> tuple[str, ...]:
    """The environments in their order, the one that clusters inherit from at the end."""
    names = [environment.name for environment in draft.platform.environments]
    base = next((cluster.base for cluster in draft.inventory.clusters if cluster.base in names), names[-1])
    return (*(name for name in names if name != base), base)


def _write_module(draft: Draft, module: str, files: Mapping[PurePosixPath, bytes]) -> None:
    """Write a module where there is none."""
    place = INFRASTRUCTURE / "modules" / module
    wanted = {path: content for path, content in files.items() if place in path.parents}
    if not any(draft.read(str(path)) is not None for path in wanted):
        for path, content in wanted.items():
            draft.write(str(path), content)
        return
    changed = [path for path, content in wanted.items() if draft.read(str(path)) != content]
    if changed:
        names = ", ".join(str(path.relative_to(place)) for path in changed)
        draft.note(
            f"{place} is there already and differs from this version's ({names}). It is left as it is."
        )


def _require(draft: Draft, cluster: Cluster) -> None:
    """Name the Terraform providers in versions.tf, and their checksums in the lock file."""
    before = draft.read(VERSIONS)
    if before is None:
        raise EditError(
            f"there is no {VERSIONS}, so nothing says which Terraform providers this platform uses",
            hint="Write a file of that name with a `terraform` block.",
        )
    requirements = provider(cluster.provider).requires

    def with_all(document: Document) -> Document:
        for requirement in requirements:
            document = with_requirement(document, requirement)
        return document

    draft.edit_hcl(VERSIONS, with_all)
    content = draft.read(LOCK)
    locked = with_lock(content, (item for item in requirements if item.hashes))
    if locked != content:
        draft.write(LOCK, locked)
    for note in unlocked(locked, requirements) if draft.read(VERSIONS) != before else ():
        draft.note(note)

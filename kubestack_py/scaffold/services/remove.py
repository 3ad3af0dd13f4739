"""`kubestack remove service`: the edits that take a service out of a platform's files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from shutil import rmtree
from typing import TYPE_CHECKING

from kubestack_py.errors import UsageError
from kubestack_py.model.service import ServiceDelivery
from kubestack_py.scaffold.edits import Edits, FileEdit, remove_empty
from kubestack_py.scaffold.handmade import handmade_error
from kubestack_py.scaffold.homes import services_home
from kubestack_py.scaffold.overlay_lists import list_edits
from kubestack_py.scaffold.record import RECORD, record_edits
from kubestack_py.scaffold.services.installed import (
    KIND,
    every_service,
    installed,
    recorded_in,
    surroundings,
)
from kubestack_py.scaffold.services.lock import lock_edits
from kubestack_py.scaffold.services.rendering import place_service, service_files, shared_files
from kubestack_py.scaffold.services.terraform import helm_file, service_file
from kubestack_py.system.files import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from kubestack_py.model.platform import Platform
    from kubestack_py.scaffold.catalog import Catalog
    from kubestack_py.scaffold.services.placed import ServiceOptions
    from kubestack_py.scaffold.services.rendering import Surroundings

_PULLED = "charts"  # below overlays: what helm downloaded, which Git ignores


def remove_service(
    root: Path, platform: Platform, catalog: Catalog, name: str, cluster: str, *, force: bool = False
) -> Edits:
    """The edits that remove a service; `cluster` (or empty) chooses where Terraform installs it on several.

    Raises `UsageError` where another one needs it, `EditError` where somebody
    edited its files, unless `force`.
    """
    around = surroundings(root, platform, catalog)
    options = _chosen(list(_found(root, platform, catalog, name)), name, cluster)
    if options is None:
        where = f" on {cluster}" if cluster else ""
        return Edits(
            (), (f"There is no service {name}{where}; `kubestack list services` shows those there are.",)
        )
    others = installed(root, platform, around.clusters, options)
    around = replace(around, installed=others)
    _refuse_needed(catalog, name, others)
    files = tuple(_removed(root, options, around.home))
    edited = _edited(files, options, around)
    if edited and not force:
        raise handmade_error(edited)
    notes = [f"{path} was edited by hand; Git keeps what it held." for path in edited]
    if options.delivery is ServiceDelivery.TERRAFORM:
        files += tuple(_helm_of_the_last(root, platform, options, around))
        notes.append("The next apply uninstalls it in each environment.")
    else:
        files += tuple(list_edits(root, around.home, around.environments, removed=[name]))
        there = f"`git rm -r {around.home / name}`"
        notes.append(f"What was delivered stays on the branches env/<environment> until {there} on them.")
    files += tuple(lock_edits(root, {name: None}))
    entry = {"name": name, **({"cluster": options.cluster} if options.cluster else {})}
    record = record_edits(root, lambda record: record.without_added(KIND, **entry))
    return Edits(files=(*files, *record), notes=tuple(notes))


def discard_pulled(root: Path, platform: Platform, name: str) -> None:
    """Delete what helm downloaded for a service that is gone: Git would see it without its `.gitignore`."""
    top = root / services_home(platform) / name
    if (top / "base").exists():
        return
    with disk_errors(f"delete {top}"):
        for charts in top.glob(f"overlays/*/{_PULLED}"):
            rmtree(charts)
            remove_empty(root, charts.parent)


def _found(root: Path, platform: Platform, catalog: Catalog, name: str) -> Iterator[ServiceOptions]:
    """Where a service is; below its home only what the record has, for an application may have its name."""
    recorded = (root / RECORD).is_file()
    names = [it.name for it in recorded_in(root)] if recorded else [it.name for it in catalog.services]
    for options in every_service(root, platform):
        if options.name == name and (options.delivery is ServiceDelivery.TERRAFORM or name in names):
            yield options


def _chosen(found: Sequence[ServiceOptions], name: str, cluster: str) -> ServiceOptions | None:
    """The one service that is meant, if there is one; what the record says of it comes last and wins."""
    places = {it.cluster: it for it in found if not cluster or it.cluster == cluster}
    if not places:
        return None
    if len(places) > 1:
        names = ", ".join(it or "by Git" for it in places)
        raise UsageError(f"{name} is in several places", hint=f"Choose one with --cluster: {names}.")
    return next(iter(places.values()))


def _refuse_needed(catalog: Catalog, name: str, others: Mapping[str, ServiceOptions]) -> None:
    known = {it.name: it for it in catalog.services}
    heirs = [it for it in others if it in known and any(need.service == name for need in known[it].needs)]
    if heirs:
        raise UsageError(
            f"{name} is needed by {', '.join(heirs)}",
            hint=f"Remove it first: kubestack remove service {heirs[0]}",
        )


def _removed(root: Path, options: ServiceOptions, home: PurePosixPath) -> Iterator[FileEdit]:
    if options.delivery is ServiceDelivery.TERRAFORM:
        paths = [root / service_file(options.cluster, options.name)]
    else:
        top = root / home / options.name
        paths = [
            path
            for path in sorted(top.rglob("*"))
            if path.is_file() and not (path.is_relative_to(top / "overlays") and _PULLED in path.parts)
        ]
    for path in paths:
        with disk_errors(f"read {path}"):
            relative = PurePosixPath(path.relative_to(root).as_posix())
            yield FileEdit(path=relative, before=path.read_bytes(), after=None)


def _edited(files: Sequence[FileEdit], options: ServiceOptions, around: Surroundings) -> list[str]:
    """Files that are not as they were written; none where the catalog does not know the service."""
    if options.name not in {it.name for it in around.catalog.services}:
        return []
    written = service_files(place_service(options, around), options, around)
    return [str(edit.path) for edit in files if written.get(edit.path) != edit.before]


def _helm_of_the_last(
    root: Path, platform: Platform, options: ServiceOptions, around: Surroundings
) -> Iterator[FileEdit]:
    """The cluster's Helm provider, when this was the last service that used it."""
    by_terraform = {it.name for it in every_service(root, platform) if it.cluster == options.cluster}
    path = helm_file(options.cluster)
    if by_terraform == {options.name} and (root / path).is_file():
        with disk_errors(f"read {path}"):
            content = (root / path).read_bytes()
        if content == shared_files(options, around).get(path):
            yield FileEdit(path=path, before=content, after=None)

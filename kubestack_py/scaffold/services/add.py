"""`kubestack add service`: from what was asked for to edits of the platform's files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from kubestack_py.errors import ScaffoldError, UsageError
from kubestack_py.model.pattern import matches
from kubestack_py.model.service import ServiceDelivery
from kubestack_py.scaffold.edits import Edits, FileEdit
from kubestack_py.scaffold.homes import services_home
from kubestack_py.scaffold.overlay_lists import list_edits
from kubestack_py.scaffold.record import record_edits
from kubestack_py.scaffold.requiring import unlocked, with_requirement
from kubestack_py.scaffold.services.installed import KIND, installed, surroundings
from kubestack_py.scaffold.services.lock import lock_edits
from kubestack_py.scaffold.services.placed import ServiceOptions
from kubestack_py.scaffold.services.rendering import cluster_of, place_service, service_files, shared_files
from kubestack_py.scaffold.services.terraform import HELM, INFRASTRUCTURE, service_file
from kubestack_py.system.files import disk_errors
from kubestack_py.terraform.editing import open_document
from kubestack_py.terraform.layout import LOCK_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path, PurePosixPath

    from kubestack_py.model.platform import Platform
    from kubestack_py.model.service import Need, Service
    from kubestack_py.scaffold.catalog import Catalog
    from kubestack_py.scaffold.record import Record
    from kubestack_py.scaffold.services.manifests import Files
    from kubestack_py.scaffold.services.placed import PlacedService
    from kubestack_py.scaffold.services.rendering import Surroundings

_VERSIONS = INFRASTRUCTURE / "versions.tf"


def add_service(
    root: Path, platform: Platform, catalog: Catalog, asked: ServiceOptions, *, with_needs: bool
) -> Edits:
    """The edits that add a service to the platform at `root`; none where it is there as asked.

    `with_needs` adds what it needs first. Raises `UsageError` for an unknown service or option and for
    needs that are missing, `ScaffoldError` where the service is there in another form.
    """
    _refuse_helm_unasked(asked, platform)
    around = surroundings(root, platform, catalog)
    if asked.delivery is ServiceDelivery.TERRAFORM:
        asked = replace(asked, cluster=str(cluster_of(asked, around)))
    around = replace(around, installed=installed(root, platform, around.clusters, asked))
    service = catalog.find(asked.name)
    missing = [it for it in catalog.with_needs(service)[:-1] if it.name not in around.installed]
    if missing and not with_needs and asked.name not in around.installed:
        unusual = asked.delivery is not platform.services.delivery
        raise _needs_first(service, missing, f" --delivery {asked.delivery}" if unusual else "")
    wanted = [ServiceOptions(name=it.name, delivery=asked.delivery, cluster=asked.cluster) for it in missing]
    return _written(root, platform, around, (*wanted, asked))


def _written(root: Path, platform: Platform, around: Surroundings, wanted: Sequence[ServiceOptions]) -> Edits:
    """The edits for services in an order in which each finds what it needs."""
    files: list[FileEdit] = []
    notes: list[str] = []
    added: list[ServiceOptions] = []
    locked: dict[str, PlacedService] = {}
    for options in wanted:
        placed = place_service(options, around)
        edits = tuple(_edits(root, options, service_files(placed, options, around), around))
        if edits:
            files += edits
            notes += _notes(placed, options, platform, around)
            added.append(options)
            locked[options.name] = placed
        around = replace(around, installed={**around.installed, options.name: options})
    if not added:
        return Edits(files=())
    files += _absent(root, shared_files(wanted[-1], around))
    files += lock_edits(root, locked)
    by_git = [it.name for it in added if it.delivery is not ServiceDelivery.TERRAFORM]
    files += list_edits(root, around.home, around.environments, added=by_git)
    if wanted[-1].delivery is ServiceDelivery.TERRAFORM:
        required = tuple(_helm_required(root))
        files += required
        if any(edit.before != edit.after for edit in required):
            notes += unlocked(_content(root, INFRASTRUCTURE / LOCK_FILE), (HELM,))
    record = record_edits(root, lambda record: _with_all(record, added))
    return Edits(files=(*files, *record), notes=tuple(notes))


def _helm_required(root: Path) -> Iterator[FileEdit]:
    """Name the Helm provider where the platform names its providers."""
    before = _content(root, _VERSIONS)
    if before is not None:
        document = with_requirement(open_document(str(_VERSIONS), before, cache=None), HELM)
        yield FileEdit(path=_VERSIONS, before=before, after=document.source)


def _refuse_helm_unasked(asked: ServiceOptions, platform: Platform) -> None:
    if ServiceDelivery.KUSTOMIZE in {asked.delivery} - {platform.services.delivery}:
        raise UsageError(
            "with --delivery kustomize every build runs helm, which kubestack.yaml has to allow",
            hint="Set `services: {delivery: kustomize}` there.",
        )


def _edits(root: Path, options: ServiceOptions, files: Files, around: Surroundings) -> Iterator[FileEdit]:
    """New files; none where all are there as they would be written, or were edited since."""
    known = around.installed.get(options.name)
    before = {path: _content(root, path) for path in files}
    if all(before[path] == content for path, content in files.items()):
        return
    if known == options and None not in before.values():
        return  # it was added as asked for, and edited since: what people wrote stays
    if known is not None or any(content is not None for content in before.values()):
        place = _place(known or options, around)
        raise ScaffoldError(
            f"{options.name} is in the platform already, in another form ({place}); nothing was changed",
            hint=f"Edit its files, or take it out first: kubestack remove service {options.name}",
        )
    yield from (FileEdit(path=path, before=None, after=content) for path, content in files.items())


def _absent(root: Path, files: Files) -> Iterator[FileEdit]:
    """Files that services share: written by the first one, and then the platform's own."""
    for path, content in files.items():
        if _content(root, path) is None:
            yield FileEdit(path=path, before=None, after=content)


def _place(options: ServiceOptions, around: Surroundings) -> PurePosixPath:
    if options.delivery is ServiceDelivery.TERRAFORM:
        return service_file(options.cluster, options.name)
    return around.home / options.name


def _content(root: Path, path: PurePosixPath) -> bytes | None:
    with disk_errors(f"read {path}"):
        return (root / path).read_bytes() if (root / path).is_file() else None


def _with_all(record: Record, added: Sequence[ServiceOptions]) -> Record:
    for options in added:
        record = record.with_added(KIND, options.as_json())
    return record


def _needs_first(service: Service, missing: Sequence[Service], options: str) -> UsageError:
    reasons: Mapping[str, Need] = {need.service: need for need in service.needs}
    lines = [
        f"  {it.name}: {reasons[it.name].why}" if it.name in reasons else f"  {it.name}" for it in missing
    ]
    commands = [f"kubestack add service {it.name}{options}" for it in missing]
    return UsageError(
        "\n".join([f"{service.name} needs what this platform does not have:", *lines]),
        hint=f"Add it first: {' && '.join(commands)}\nOr all at once: "
        f"kubestack add service {service.name}{options} --with-needs",
    )


def _notes(
    placed: PlacedService, options: ServiceOptions, platform: Platform, around: Surroundings
) -> Iterator[str]:
    service = placed.service
    here = {cluster.provider for cluster in around.clusters}
    if service.providers and here and not here & set(service.providers):
        made, there = ", ".join(service.providers), ", ".join(sorted(here))
        yield f"{service.name} is made for clusters of {made}; this platform has those of {there}."
    yield from (f"{service.name}: yours to provide: {text}" for text in service.provide)
    for release, keys in placed.left_out.items():
        for key in keys:
            yield f"{service.name}: yours to state: {key} of {release}; this platform does not tell it."
    yield from (f"{service.name}, afterwards: {text}" for text in service.next)
    path = str(services_home(platform) / service.name)
    by_git = options.delivery is not ServiceDelivery.TERRAFORM
    if by_git and not any(matches(entry.path, path) for entry in platform.stacks):
        yield f"kubestack.yaml names no stack for {path}; add `- path: {path}` to its stacks."

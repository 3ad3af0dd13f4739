"""`kubestack add service`: from what was asked for to edits of the platform's files."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from kubestack_py.errors import ScaffoldError, UsageError
from kubestack_py.model.pattern import matches
from kubestack_py.model.service import ServiceDelivery
from kubestack_py.scaffold.edits import Edits, FileEdit
from kubestack_py.scaffold.record import RECORD, parse_record, record_edits
from kubestack_py.scaffold.services.placed import ClusterName, ServiceOptions
from kubestack_py.scaffold.services.rendering import Surroundings, place_service, service_files
from kubestack_py.system.files import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path, PurePosixPath

    from kubestack_py.model.platform import Platform
    from kubestack_py.model.service import Need, Service
    from kubestack_py.scaffold.catalog import Catalog
    from kubestack_py.scaffold.record import Record
    from kubestack_py.scaffold.services.manifests import Files
    from kubestack_py.scaffold.services.placed import PlacedService

KIND = "service"
_CLUSTER_FILE = re.compile(r"(eks|gke|aks)_([a-z0-9-]+)_([a-z0-9-]+)_cluster\.tf")


def add_service(
    root: Path, platform: Platform, catalog: Catalog, asked: ServiceOptions, *, with_needs: bool
) -> Edits:
    """The edits that add a service to the platform at `root`; none where it is there as asked.

    `with_needs` adds what it needs first. Raises `UsageError` for an unknown service or option and for
    needs that are missing, `ScaffoldError` where the service is there in another form.
    """
    around = surroundings(root, platform, catalog)
    service = around.catalog.find(asked.name)
    missing = [it for it in around.catalog.with_needs(service)[:-1] if it.name not in around.installed]
    if missing and not with_needs and asked.name not in around.installed:
        raise _needs_first(service, missing)
    wanted = [ServiceOptions(name=it.name, delivery=asked.delivery, cluster=asked.cluster) for it in missing]
    files: list[FileEdit] = []
    notes: list[str] = []
    added: list[ServiceOptions] = []
    for options in (*wanted, asked):
        placed = place_service(options, around)
        edits = tuple(_edits(root, options, service_files(placed, options), around))
        if edits:
            files += edits
            notes += _notes(placed, options, platform)
            added.append(options)
        around = replace(around, installed={**around.installed, options.name: options})
    if not added:
        return Edits(files=())
    record = record_edits(root, lambda record: _with_all(record, added))
    return Edits(files=(*files, *record), notes=tuple(notes))


def surroundings(root: Path, platform: Platform, catalog: Catalog) -> Surroundings:
    """What of a platform matters to its services."""
    with disk_errors(f"read {root}"):
        names = sorted(path.name for path in (root / "infra").glob("*_cluster.tf"))
        clusters = [ClusterName(provider=it[1], prefix=it[2], region=it[3]) for it in _found(names)]
        installed = dict(_installed(root, platform))
    return Surroundings(
        platform=platform.name,
        environments=tuple(environment.name for environment in platform.environments),
        clusters=tuple(clusters),
        catalog=catalog,
        installed=installed,
    )


def _found(names: Sequence[str]) -> Iterator[re.Match[str]]:
    yield from (found for name in names if (found := _CLUSTER_FILE.fullmatch(name)))


def _installed(root: Path, platform: Platform) -> Iterator[tuple[str, ServiceOptions]]:
    """The services whose files are there: as the record has them, else by where they are."""
    for path in sorted((root / "manifests").glob("*/base")):
        name = path.parent.name
        yield name, ServiceOptions(name=name, delivery=platform.services.delivery)
    for path in sorted((root / "infra").glob("*_service_*.tf")):
        cluster, _, name = path.stem.partition("_service_")
        yield name, ServiceOptions(name=name, delivery=ServiceDelivery.TERRAFORM, cluster=cluster)
    record = root / RECORD
    if record.is_file():
        for options in recorded_services(parse_record(record.read_bytes())):
            if _is_there(root, options):
                yield options.name, options


def recorded_services(record: Record) -> tuple[ServiceOptions, ...]:
    """The services that a record says were added, in their order."""
    return tuple(ServiceOptions.from_json(entry.options) for entry in record.added if entry.kind == KIND)


def _is_there(root: Path, options: ServiceOptions) -> bool:
    if options.delivery is ServiceDelivery.TERRAFORM:
        return any((root / "infra").glob(f"*_service_{options.name}.tf"))
    return (root / "manifests" / options.name).is_dir()


def _edits(root: Path, options: ServiceOptions, files: Files, around: Surroundings) -> Iterator[FileEdit]:
    """New files; none where all are there as they would be written, or were edited since."""
    known = around.installed.get(options.name)
    before = {path: _content(root, path) for path in files}
    if all(before[path] == content for path, content in files.items()):
        return
    if known is not None:
        if known == options and all(content is not None for content in before.values()):
            return  # it was added as asked for, and edited since: what people wrote stays
        place = next(iter(files)).parent.parent
        raise ScaffoldError(
            f"{options.name} is in the platform already, in another form ({place}); nothing was changed",
            hint=f"Edit its files, or take it out first: kubestack remove service {options.name}",
        )
    yield from (FileEdit(path=path, before=before[path], after=content) for path, content in files.items())


def _content(root: Path, path: PurePosixPath) -> bytes | None:
    with disk_errors(f"read {path}"):
        return (root / path).read_bytes() if (root / path).is_file() else None


def _with_all(record: Record, added: Sequence[ServiceOptions]) -> Record:
    for options in added:
        record = record.with_added(KIND, options.as_json())
    return record


def _needs_first(service: Service, missing: Sequence[Service]) -> UsageError:
    reasons: Mapping[str, Need] = {need.service: need for need in service.needs}
    lines = [
        f"  {it.name}: {reasons[it.name].why}" if it.name in reasons else f"  {it.name}" for it in missing
    ]
    commands = [f"kubestack add service {it.name}" for it in missing]
    return UsageError(
        "\n".join([f"{service.name} needs what this platform does not have:", *lines]),
        hint=f"Add it first: {' && '.join(commands)}\nOr all at once: "
        f"kubestack add service {service.name} --with-needs",
    )


def _notes(placed: PlacedService, options: ServiceOptions, platform: Platform) -> Iterator[str]:
    service = placed.service
    yield from (f"{service.name}: yours to provide: {text}" for text in service.provide)
    for release, keys in placed.left_out.items():
        for key in keys:
            yield f"{service.name}: yours to state: {key} of {release}; this platform does not tell it."
    yield from (f"{service.name}: afterwards: {text}" for text in service.next)
    path = f"manifests/{service.name}"
    by_git = options.delivery is not ServiceDelivery.TERRAFORM
    if by_git and not any(matches(entry.path, path) for entry in platform.stacks):
        yield f"kubestack.yaml names no stack for {path}; add `- path: {path}` to its stacks."

"""The services that a platform has, from its record and its files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kubestack_py.model.service import ServiceDelivery
from kubestack_py.scaffold.homes import services_home
from kubestack_py.scaffold.record import RECORD, parse_record
from kubestack_py.scaffold.services.placed import ClusterName, ServiceOptions
from kubestack_py.scaffold.services.rendering import Surroundings
from kubestack_py.scaffold.services.terraform import INFRASTRUCTURE, service_file
from kubestack_py.scaffold.telling import environment_expression
from kubestack_py.system.files import disk_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from kubestack_py.model.platform import Platform
    from kubestack_py.scaffold.catalog import Catalog

KIND = "service"
_CLUSTER = re.compile(r"(eks|gke|aks)_([a-z0-9-]+)_([a-z0-9-]+)_cluster\.tf")
_SERVICE = re.compile(r"(.+?)_service_(.+)\.tf")


def surroundings(root: Path, platform: Platform, catalog: Catalog) -> Surroundings:
    """What of a platform matters to its services, but for those that it has."""
    return Surroundings(
        platform=platform.name,
        environments=tuple(environment.name for environment in platform.environments),
        clusters=tuple(
            ClusterName(provider=it[1], prefix=it[2], region=it[3]) for it in _infra(root, _CLUSTER)
        ),
        catalog=catalog,
        home=services_home(platform),
        environment=environment_expression(root, str(INFRASTRUCTURE)),
    )


def installed(
    root: Path, platform: Platform, clusters: Sequence[ClusterName], asked: ServiceOptions
) -> dict[str, ServiceOptions]:
    """The services that another one finds where it is going to be, by name: as they were added.

    What Terraform delivers counts on its own cluster; for a service that goes to all clusters it has to be
    on all of them.
    """
    found: dict[str, ServiceOptions] = {}
    on: dict[str, list[ServiceOptions]] = {}
    for options in every_service(root, platform):
        if options.delivery is ServiceDelivery.TERRAFORM:
            on.setdefault(options.name, []).append(options)
        else:
            found[options.name] = options
    for name, all_of_it in on.items():
        here = [it for it in all_of_it if it.cluster == asked.cluster]
        everywhere = {it.cluster for it in all_of_it} >= {str(cluster) for cluster in clusters}
        if here or everywhere:
            found.setdefault(name, (here or all_of_it)[-1])
    return found


def recorded_in(root: Path) -> tuple[ServiceOptions, ...]:
    """The services that the platform's record says were added, in their order; none without a record."""
    path = root / RECORD
    if not path.is_file():
        return ()
    with disk_errors(f"read {path}"):
        record = parse_record(path.read_bytes())
    return tuple(ServiceOptions.from_json(entry.options) for entry in record.added if entry.kind == KIND)


def every_service(root: Path, platform: Platform) -> Iterable[ServiceOptions]:
    """Every service whose files are there: as the record has it, else by where the files are."""
    usual = platform.services.delivery
    by_git = ServiceDelivery.FLUX if usual is ServiceDelivery.TERRAFORM else usual
    with disk_errors(f"read {root}"):
        for path in sorted((root / services_home(platform)).glob("*/base")):
            yield ServiceOptions(name=path.parent.name, delivery=by_git)
        for it in _infra(root, _SERVICE):
            yield ServiceOptions(name=it[2], delivery=ServiceDelivery.TERRAFORM, cluster=it[1])
    yield from (options for options in recorded_in(root) if _is_there(root, platform, options))


def _is_there(root: Path, platform: Platform, options: ServiceOptions) -> bool:
    if options.delivery is ServiceDelivery.TERRAFORM:
        return (root / service_file(options.cluster, options.name)).is_file()
    return (root / services_home(platform) / options.name).is_dir()


def _infra(root: Path, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    with disk_errors(f"read {root / 'infra'}"):
        names = sorted(path.name for path in (root / "infra").glob("*.tf"))
    yield from (found for name in names if (found := pattern.fullmatch(name)))

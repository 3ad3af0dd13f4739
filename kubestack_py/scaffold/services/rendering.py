"""The files of a service for its delivery: what `add service` writes and `update` renders anew. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubestack_py.errors import UsageError
from kubestack_py.model.service import ServiceDelivery
from kubestack_py.scaffold.homes import MANIFESTS
from kubestack_py.scaffold.services.argo_cd import argo_cd_files
from kubestack_py.scaffold.services.flux import flux_files
from kubestack_py.scaffold.services.kustomize import kustomize_files
from kubestack_py.scaffold.services.placed import last_releases, place, refuse_unfit
from kubestack_py.scaffold.services.terraform import service_file, shared_terraform_files, terraform_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

    from kubestack_py.model.service import Service
    from kubestack_py.scaffold.catalog import Catalog
    from kubestack_py.scaffold.services.manifests import Files
    from kubestack_py.scaffold.services.placed import ClusterName, PlacedService, Release, ServiceOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The platform that a service is placed into; `installed` are the services that it has, by name.

    `home` is the directory for those that Git delivers, `environment` the expression that tells it in
    Terraform where the workspace does not.
    """

    platform: str
    environments: tuple[str, ...]
    clusters: tuple[ClusterName, ...]
    catalog: Catalog
    installed: Mapping[str, ServiceOptions] = field(default_factory=dict)
    home: PurePosixPath = MANIFESTS
    environment: str = ""


def place_service(options: ServiceOptions, around: Surroundings) -> PlacedService:
    """A service of the catalog with every choice made. Raises `UsageError` for choices that cannot be."""
    refuse_unfit(options)
    service = around.catalog.find(options.name)
    return place(
        service,
        options,
        platform=around.platform,
        environments=around.environments,
        clusters=around.clusters,
        waits_for=_waits_for(service, options, around),
        depth=around.catalog.depth(service),
    )


def service_files(placed: PlacedService, options: ServiceOptions, around: Surroundings) -> Files:
    """Every file of a placed service by its path in the platform."""
    match options.delivery:
        case ServiceDelivery.FLUX:
            return _at_home(flux_files(placed), around.home)
        case ServiceDelivery.ARGO_CD:
            return _at_home(argo_cd_files(placed), around.home)
        case ServiceDelivery.KUSTOMIZE:
            return _at_home(kustomize_files(placed), around.home)
        case ServiceDelivery.TERRAFORM:
            by_terraform = [name for name in placed.needs if _delivery(name, around) is options.delivery]
            file = terraform_file(placed, cluster_of(options, around), by_terraform, around.environment)
            return {service_file(options.cluster, options.name): file}


def _at_home(files: Files, home: PurePosixPath) -> Files:
    """Files of `manifests/` where this platform keeps its services."""
    return {home / path.relative_to(MANIFESTS): content for path, content in files.items()}


def shared_files(options: ServiceOptions, around: Surroundings) -> Files:
    """Files that all services of a delivery share, by their path in the platform."""
    if options.delivery is not ServiceDelivery.TERRAFORM:
        return {}
    return shared_terraform_files(cluster_of(options, around))


def cluster_of(options: ServiceOptions, around: Surroundings) -> ClusterName:
    """The cluster that Terraform installs a service on. Raises `UsageError` where there is no such one."""
    known = {str(cluster): cluster for cluster in around.clusters}
    names = ", ".join(known)
    if not known:
        raise UsageError(
            "this platform has no cluster that Helm could reach; the provider `local` is a stand-in",
            hint="Add one with `kubestack add cluster`, or choose another --delivery.",
        )
    if options.cluster and options.cluster not in known:
        raise UsageError(f"there is no cluster {options.cluster}", hint=f"There is: {names}.")
    if not options.cluster and len(known) > 1:
        raise UsageError("there are several clusters", hint=f"Choose one with --cluster: {names}.")
    return known[options.cluster] if options.cluster else around.clusters[0]


def _delivery(name: str, around: Surroundings) -> ServiceDelivery | None:
    return around.installed[name].delivery if name in around.installed else None


def _waits_for(service: Service, options: ServiceOptions, around: Surroundings) -> tuple[Release, ...]:
    """The releases of needed services that an object of the same delivery can wait for."""
    releases: list[Release] = []
    for need in service.needs:
        other = around.installed.get(need.service)
        # What Terraform installs is there before any manifest is delivered.
        if other is None or other.delivery is options.delivery:
            releases += last_releases(around.catalog.find(need.service), other)
        elif options.delivery is ServiceDelivery.TERRAFORM or other.delivery is not ServiceDelivery.TERRAFORM:
            raise UsageError(
                f"{service.name} by {options.delivery} cannot wait for {need.service}, "
                f"which {other.delivery} delivers",
                hint=f"Add it the same way: --delivery {other.delivery}",
            )
    return tuple(releases)

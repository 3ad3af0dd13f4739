"""The files of a service for its delivery: what `add service` writes and `update` renders anew. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubestack_py.errors import UsageError
from kubestack_py.model.service import ServiceDelivery
from kubestack_py.scaffold.services.argo_cd import argo_cd_files
from kubestack_py.scaffold.services.flux import flux_files
from kubestack_py.scaffold.services.placed import last_releases, place, refuse_unfit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.model.service import Service
    from kubestack_py.scaffold.catalog import Catalog
    from kubestack_py.scaffold.services.manifests import Files
    from kubestack_py.scaffold.services.placed import ClusterName, PlacedService, Release, ServiceOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The platform that a service is placed into; `installed` are the services that it has, by name."""

    platform: str
    environments: tuple[str, ...]
    clusters: tuple[ClusterName, ...]
    catalog: Catalog
    installed: Mapping[str, ServiceOptions] = field(default_factory=dict)


_WRITERS = {ServiceDelivery.FLUX: flux_files, ServiceDelivery.ARGO_CD: argo_cd_files}


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


def service_files(placed: PlacedService, options: ServiceOptions) -> Files:
    """Every file of a placed service by its path in the platform."""
    if options.delivery not in _WRITERS:
        raise UsageError(
            f"services cannot be delivered by {options.delivery} yet",
            hint=f"Choose one of: {', '.join(_WRITERS)}.",
        )
    return _WRITERS[options.delivery](placed)


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

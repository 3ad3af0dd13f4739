"""A service placed into a platform: charts with the values of every environment, and what they wait for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kubestack_py.errors import UsageError
from kubestack_py.model.service import ServiceDelivery, Step
from kubestack_py.scaffold.services.values import filled, merged, parse_sets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kubestack_py.model.service import Chart, Service

_DNS = {"eks": "aws", "gke": "google", "aks": "azure"}
_STORES = {"eks": "aws", "gke": "gcp", "aks": "azure"}
_VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", re.ASCII)
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
EXISTING_NAMESPACES = frozenset({"kube-system", "kube-public", "default"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterName:
    """A cluster by the parts of its file's name: `eks_gc0_eu-west-1`."""

    provider: str
    prefix: str
    region: str

    def __str__(self) -> str:
        return f"{self.provider}_{self.prefix}_{self.region}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceOptions:
    """What was asked for, as the record keeps it; empty is the catalog's or the platform's choice."""

    name: str
    delivery: ServiceDelivery
    cluster: str = ""
    version: str = ""
    namespace: str = ""
    sets: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For the record; what is empty is left out."""
        value = {
            "name": self.name,
            "delivery": self.delivery.value,
            "cluster": self.cluster,
            "version": self.version,
            "namespace": self.namespace,
            "set": list(self.sets),
        }
        return {key: item for key, item in value.items() if item}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ServiceOptions:
        """What `as_json` wrote."""
        known = {**value, "delivery": ServiceDelivery(value["delivery"])}
        return cls(sets=tuple(known.pop("set", ())), **known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A release to wait for."""

    name: str
    namespace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedChart:
    """A chart with the values that all environments share, those of each one, and what it waits for."""

    chart: Chart
    base: Mapping[str, Any]
    own: Mapping[str, Mapping[str, Any]]
    after: tuple[Release, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedService:
    """A service as it will stand in a platform.

    `environments` is the promotion chain, `depth` how many services stand below it, `needs` the names of
    the services right below it. `left_out` names values that only people can state, by release.
    """

    service: Service
    platform: str
    environments: tuple[str, ...]
    charts: tuple[PlacedChart, ...]
    depth: int = 0
    needs: tuple[str, ...] = ()
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces that come with it: those that no cluster has from its beginning."""
        names = dict.fromkeys(item.chart.namespace for item in self.charts)
        return tuple(name for name in names if name not in EXISTING_NAMESPACES)


def place(
    service: Service,
    options: ServiceOptions,
    *,
    platform: str,
    environments: Sequence[str],
    clusters: Sequence[ClusterName],
    waits_for: Sequence[Release] = (),
    depth: int = 0,
) -> PlacedService:
    """The service with every choice made. Raises `UsageError` for a `--set` that cannot be."""
    names = _names(platform, clusters)
    here = {environment: _in_environment(names, environment, clusters) for environment in environments}
    sets = parse_sets(options.sets, environments)
    chosen = chosen_charts(service, options)
    releases = {chart.release: Release(name=chart.release, namespace=chart.namespace) for chart in chosen}
    charts, left_out = [], {}
    for chart in chosen:
        earlier = tuple(releases[item.release] for item in service.before(chart))
        said = sets if chart.release == service.main.release else {}
        placed, missing = _placed(chart, names, here, said, earlier or tuple(waits_for))
        charts.append(placed)
        if missing:
            left_out[chart.release] = missing
    return PlacedService(
        service=service,
        platform=platform,
        environments=tuple(environments),
        charts=tuple(charts),
        depth=depth,
        needs=tuple(need.service for need in service.needs),
        left_out=left_out,
    )


def _placed(
    chart: Chart,
    names: Mapping[str, str],
    here: Mapping[str, Mapping[str, str]],
    sets: Mapping[str, Mapping[str, Any]],
    after: tuple[Release, ...],
) -> tuple[PlacedChart, tuple[str, ...]]:
    """One chart, and its values that are left out. `here` has the names that hold in each environment."""
    base, left_out = filled(chart.values, names)
    first_environment, *others = here
    own: dict[str, Mapping[str, Any]] = {}
    for environment, known in here.items():
        first = chart.first if environment == first_environment and others else {}
        each, missing = filled(chart.each, known)
        left_out = tuple(dict.fromkeys([*left_out, *missing]))
        own[environment] = merged(first, each, sets.get(environment, {}))
    return PlacedChart(chart=chart, base=merged(base, sets.get("", {})), own=own, after=after), left_out


def chosen_charts(service: Service, options: ServiceOptions) -> tuple[Chart, ...]:
    """The charts with `--version` and `--namespace`.

    A version goes to every chart that has the same one as the main chart: they are released together.
    """
    main = service.main
    charts = []
    for chart in service.charts:
        version = options.version if options.version and chart.version == main.version else chart.version
        moved = options.namespace and chart.namespace == main.namespace
        namespace = options.namespace if moved else chart.namespace
        charts.append(replace(chart, version=version, namespace=namespace))
    return tuple(charts)


def last_releases(service: Service, options: ServiceOptions | None) -> tuple[Release, ...]:
    """The releases that are ready when the service is, where it was added with these options."""
    charts = chosen_charts(service, options) if options else service.charts
    wanted = {chart.release for chart in service.last}
    return tuple(
        Release(name=chart.release, namespace=chart.namespace) for chart in charts if chart.release in wanted
    )


def steps(placed: PlacedService) -> Iterator[tuple[Step, tuple[PlacedChart, ...]]]:
    """The charts of each step that has any, in the order of the steps."""
    for step in Step:
        charts = tuple(item for item in placed.charts if item.chart.step is step)
        if charts:
            yield step, charts


def _names(platform: str, clusters: Sequence[ClusterName]) -> dict[str, str]:
    """What the names in braces stand for; a name that clusters disagree about is not known."""
    names = {"platform": platform}
    for name, values in {
        "region": {cluster.region for cluster in clusters},
        "dns": {_DNS.get(cluster.provider, "") for cluster in clusters},
        "store": {_STORES.get(cluster.provider, "") for cluster in clusters},
    }.items():
        if len(values) == 1 and "" not in values:
            names[name] = values.pop()
    return names


def _in_environment(
    names: Mapping[str, str], environment: str, clusters: Sequence[ClusterName]
) -> dict[str, str]:
    known = {**names, "environment": environment}
    if len(clusters) == 1:
        known["cluster"] = f"{clusters[0].prefix}-{environment}-{clusters[0].region}"
    return known


def refuse_unfit(options: ServiceOptions) -> None:
    """Raise `UsageError` for options that no cluster could use."""
    if options.version and not _VERSION.fullmatch(options.version):
        raise UsageError(
            f"--version {options.version} is not one version of a chart",
            hint="Write it in full, such as 1.2.3; a range would install what nobody has looked at.",
        )
    if options.namespace and not _NAMESPACE.fullmatch(options.namespace):
        raise UsageError(
            f"--namespace {options.namespace} is no name of a namespace",
            hint="Use lower-case letters, digits and dashes, at most 63 characters.",
        )
    if options.cluster and options.delivery is not ServiceDelivery.TERRAFORM:
        raise UsageError(
            f"--cluster belongs to --delivery terraform; {options.delivery} serves every cluster",
            hint="Leave it out, or choose --delivery terraform.",
        )

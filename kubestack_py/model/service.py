"""A platform service as the catalog describes it: charts in steps, needs, and where the facts are from."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


VERSIONS_LOCK = "versions.lock.yaml"


class Step(StrEnum):
    """The three steps of a first installation, in their order.

    What the last step installs is checked or changed by webhooks of the step before it.
    """

    CRDS = "crds"
    SERVICE = "service"
    WEBHOOKS = "webhooks"


class CrdSource(StrEnum):
    """Where a chart has its CRDs; Helm alone never upgrades those of a `crds/` folder."""

    NONE = "none"
    TEMPLATES = "templates"
    VALUES = "values"
    FOLDER = "folder"
    ELSEWHERE = "elsewhere"


class ServiceDelivery(StrEnum):
    """How platform services reach a cluster."""

    FLUX = "flux"
    ARGO_CD = "argo-cd"
    KUSTOMIZE = "kustomize"
    TERRAFORM = "terraform"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One Helm release of a service.

    `values` are those of the base, which is the last environment; `first` is what the first environment
    states differently, `each` what every environment states for itself. Texts in them may hold names in
    braces (`{environment}`).
    """

    release: str
    step: Step
    repository: str
    chart: str
    version: str
    namespace: str
    app_version: str = ""
    kube_version: str = ""
    crds: CrdSource = CrdSource.NONE
    values: Mapping[str, Any] = field(default_factory=dict)
    first: Mapping[str, Any] = field(default_factory=dict)
    each: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_oci(self) -> bool:
        """Whether the repository is a registry of containers."""
        return self.repository.startswith("oci://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Another service that has to be there before."""

    service: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """Since when (`2026-03-31`) a service is retired, what follows it, and why."""

    since: str
    successor: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a fact of an entry is from, and of which day."""

    what: str
    date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An entry of the catalog.

    `provide` is what only people can bring (credentials, identities), `next` what is worth doing
    afterwards, `crds` the kinds that come with it by API version. `file` is where the entry is from.
    """

    name: str
    summary: str
    category: str
    charts: tuple[Chart, ...]
    retired: Retirement | None = None
    providers: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    provide: tuple[str, ...] = ()
    next: tuple[str, ...] = ()
    crds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    crds_install: str = ""
    sources: tuple[Source, ...] = ()
    file: str = ""

    @property
    def main(self) -> Chart:
        """The chart that is the service itself; options such as `--version` mean this one."""
        return next(chart for chart in self.charts if chart.step is Step.SERVICE)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """The namespaces of its releases, in their order."""
        return tuple(dict.fromkeys(chart.namespace for chart in self.charts))

    def at(self, step: Step) -> tuple[Chart, ...]:
        """The charts of one step."""
        return tuple(chart for chart in self.charts if chart.step is step)

    def before(self, chart: Chart) -> tuple[Chart, ...]:
        """The charts of the nearest earlier step that has any; none for the first."""
        steps = list(Step)
        earlier = [self.at(step) for step in reversed(steps[: steps.index(chart.step)])]
        return next((charts for charts in earlier if charts), ())

    @property
    def last(self) -> tuple[Chart, ...]:
        """The charts of the last step: when they are ready, the service is."""
        return next(charts for step in reversed(Step) if (charts := self.at(step)))

"""The catalog's entries: each fits the schema, and together they make sense."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from kubestack_py.config.schema import findings
from kubestack_py.config.source import SettingsSource
from kubestack_py.errors import ConfigurationError, UsageError
from kubestack_py.model.service import Chart, Service, Step
from kubestack_py.scaffold.catalog import BUILT_IN, Catalog, built_in_catalog, contradictions, load_catalog
from kubestack_py.system.files import resource
from tests.conftest import write_tree

if TYPE_CHECKING:
    from pathlib import Path

CATALOG = built_in_catalog()
SERVICES = CATALOG.services
PROMISED = [
    "ingress-nginx",
    "gateway",
    "cert-manager",
    "external-dns",
    "istio",
    "linkerd",
    "kube-prometheus-stack",
    "external-secrets",
    "sealed-secrets",
    "metrics-server",
    "cluster-autoscaler",
    "karpenter",
    "tekton",
    "kuberhealthy",
    "lighthouse",
    "jx-git-operator",
    "flux",
    "argo-cd",
    "gatekeeper",
    "kyverno",
    "velero",
]
OWN = """\
name: {name}
summary: A page that says how the platform is.
category: monitoring
status: active
charts:
  - release: {name}
    step: {step}
    repository: https://charts.example.com
    chart: status-page
    version: "1.2.3"
    namespace: status
    crds: none
needs:
  - {{service: {needs}, why: it serves the page}}
sources:
  - {{what: our own chart, date: "2026-10-01"}}
"""


def own(name: str = "status-page", step: str = "service", needs: str = "gateway") -> str:
    return OWN.format(name=name, step=step, needs=needs)


def test_every_promised_service_is_there() -> None:
    assert sorted(service.name for service in SERVICES) == sorted(PROMISED)


@pytest.mark.parametrize("name", PROMISED)
def test_entry_fits_the_schema_and_does_not_contradict_itself(name: str) -> None:
    path = resource(BUILT_IN) / f"{name}.yaml"
    source = SettingsSource(name=path.name, content=path.read_bytes())
    assert findings(source, source.parse(), "catalog") == []
    service = CATALOG.find(name)
    assert list(contradictions(source, service, {item.name: item for item in SERVICES})) == []
    assert service.name == path.stem
    assert all(date.fromisoformat(item.date) <= date(2026, 12, 31) for item in service.sources)
    if service.retired:
        assert CATALOG.find(service.retired.successor).retired is None


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_entry_states_only_what_differs(service: Service) -> None:
    """`first` overlays `values`: the same keys, other values; `each` has keys of its own."""
    releases = [chart.release for chart in service.charts]
    assert len(set(releases)) == len(releases)
    for chart in service.charts:
        base = dict(leaves(chart.values))
        for path, value in leaves(chart.first):
            assert path in base, f"{path} of {chart.release} has no value to differ from"
            assert base[path] != value
        assert not base.keys() & dict(leaves(chart.each)).keys()


def leaves(values: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    if not isinstance(values, dict) or not values:
        return [(path, values)] if path else []
    return [found for key, value in values.items() for found in leaves(value, (*path, key))]


def test_crds_are_named_exactly_where_a_chart_brings_them() -> None:
    for service in SERVICES:
        brings = any(chart.crds not in {"none", "elsewhere"} for chart in service.charts)
        assert bool(service.crds) == bool(service.crds_install) == brings, service.name


def test_every_chart_of_a_later_step_has_one_before_it() -> None:
    for service in SERVICES:
        for chart in service.charts:
            assert (service.before(chart) == ()) == (chart.step is service.charts[0].step)
        assert {chart.step for chart in service.last} == {service.charts[-1].step}


def test_needs_come_first_and_once() -> None:
    ordered = [service.name for service in CATALOG.with_needs(CATALOG.find("linkerd"))]
    assert ordered == ["gateway", "cert-manager", "linkerd"]
    assert CATALOG.depth(CATALOG.find("linkerd")) == 1
    assert CATALOG.depth(CATALOG.find("gateway")) == 0


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("cert-manger", "Did you mean cert-manager?"),
        ("nginx", "ingress-nginx"),
        ("prometheus", "kube-prometheus-stack"),
        ("zzz", "There are: argo-cd, cert-manager"),
        ("", "There are: argo-cd"),
    ],
)
def test_unknown_service_names_what_is_near(asked: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        CATALOG.find(asked)
    assert words in caught.value.hint


def test_own_entries_join_and_take_the_place_of_built_in_ones(tmp_path: Path) -> None:
    write_tree(
        tmp_path, {"catalog/status.yaml": own(), "catalog/README.md": "# Ours", "velero.yml": own("velero")}
    )
    catalog = load_catalog(tmp_path, ["catalog", "velero.yml"])
    assert catalog.find("status-page").file == "catalog/status.yaml"
    assert catalog.find("velero").main.chart == "status-page"
    assert catalog.find("kyverno").file == "built in/kyverno.yaml"
    assert len(catalog.services) == len(PROMISED) + 1


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({}, ["catalog, named by services.catalog", "does not exist"]),
        ({"catalog/a.yaml": "name: [\n"}, ["catalog/a.yaml:2"]),
        ({"catalog/a.yaml": "- a\n"}, ["catalog/a.yaml:1", "must be a mapping"]),
        ({"catalog/a.yaml": ""}, ["must be a mapping"]),
        ({"catalog/a.yaml": own().replace("1.2.3", "1.x")}, ["catalog/a.yaml:10", "no range"]),
        ({"catalog/a.yaml": own().replace("https:", "file:")}, ["catalog/a.yaml:8", "https:// or oci://"]),
        ({"catalog/a.yaml": own().replace("category", "categry")}, ["did you mean `category`?"]),
        ({"catalog/a.yaml": own(needs="gatway")}, ["catalog/a.yaml:14", "gatway, which is in no catalog"]),
        ({"catalog/a.yaml": own(step="crds")}, ["no chart has the step `service`"]),
        ({"catalog/a.yaml": own().replace("active", "retired")}, ["`retired` go together"]),
        ({"catalog/a.yaml": own(), "catalog/b.yaml": own()}, ["are both entries for status-page"]),
        (
            {"catalog/a.yaml": own("one", needs="two"), "catalog/b.yaml": own("two", needs="one")},
            ["in a circle: one → two → one"],
        ),
    ],
)  # fmt: skip
def test_bad_own_entries_are_refused_in_words(tmp_path: Path, tree: dict[str, str], words: list[str]) -> None:
    write_tree(tmp_path, tree)
    with pytest.raises(ConfigurationError) as caught:
        load_catalog(tmp_path, ["catalog"])
    for word in words:
        assert word in str(caught.value)


def test_steps_are_looked_up_in_their_order() -> None:
    charts = [
        Chart(release=step.value, step=step, repository="oci://x", chart="c", version="1.0.0", namespace="n")
        for step in (Step.CRDS, Step.SERVICE, Step.WEBHOOKS)
    ]
    service = Service(name="x", summary="", category="", charts=tuple(charts))
    assert [service.before(chart) for chart in charts] == [(), (charts[0],), (charts[1],)]
    assert Catalog({"x": service}).find("x").main is charts[1]

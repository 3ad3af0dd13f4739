"""Services as files of a platform: valid objects, values of every environment, an order that is no luck."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import hcl2
import pytest

from kubestack_py.errors import UsageError
from kubestack_py.model.service import Service, ServiceDelivery, Step
from kubestack_py.scaffold.catalog import built_in_catalog
from kubestack_py.scaffold.homes import MANIFESTS
from kubestack_py.scaffold.services.argo_cd import WAVE
from kubestack_py.scaffold.services.manifests import Files
from kubestack_py.scaffold.services.placed import EXISTING_NAMESPACES, ClusterName, ServiceOptions
from kubestack_py.scaffold.services.rendering import Surroundings, place_service, service_files
from kubestack_py.scaffold.services.values import filled, merged, parse_sets
from kubestack_py.system import yaml
from tests.unit.test_crd_schemas import BY_KIND, problems

CATALOG = built_in_catalog()
CHAIN = ("ops", "staging", "apps")
EKS = ClusterName(provider="eks", prefix="gc0", region="eu-west-1")
GKE = ClusterName(provider="gke", prefix="gc0", region="europe-west1")
Object = dict[str, Any]


def rendered(name: str, delivery: ServiceDelivery, **asked: Any) -> Files:
    around = Surroundings(
        platform="acme",
        environments=asked.pop("chain", CHAIN),
        clusters=asked.pop("clusters", (EKS,)),
        catalog=CATALOG,
    )
    options = ServiceOptions(name=name, delivery=delivery, **asked)
    return service_files(place_service(options, around), options, around)


def objects(files: Files, environment: str) -> list[Object]:
    """What the overlay of an environment builds, as Kustomize merges a patch of a custom kind."""
    top = next(iter(files)).parent.parent
    base = [item for path in sorted(files) if path.parent == top / "base" for item in documents(files[path])]
    patches = [
        item
        for path in sorted(files)
        if path.parent == top / "overlays" / environment
        for item in documents(files[path])
    ]
    found = []
    for item in base:
        own = [patch for patch in patches if identity(patch) == identity(item)]
        found.append(merged(item, *own))
    assert len(patches) == sum(identity(patch) in map(identity, base) for patch in patches)
    return found


def documents(content: bytes) -> list[Object]:
    loaded = [item for item in yaml.load_all(content, "test") if isinstance(item, dict)]
    return [item for item in loaded if item["apiVersion"] != "kustomize.config.k8s.io/v1beta1"]


def identity(item: Object) -> tuple[str, str, str]:
    return item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]


@pytest.mark.parametrize("delivery", [ServiceDelivery.FLUX, ServiceDelivery.ARGO_CD])
@pytest.mark.parametrize("service", CATALOG.services, ids=lambda service: service.name)
def test_every_object_fits_its_schema_in_every_environment(
    service: Service, delivery: ServiceDelivery
) -> None:
    files = rendered(service.name, delivery)
    for environment in CHAIN:
        for item in objects(files, environment):
            if item["apiVersion"] == "v1":
                assert item["kind"] == "Namespace"
            else:
                assert (item["apiVersion"], item["kind"]) in BY_KIND
                assert (
                    problems(item["apiVersion"], item["kind"], item["spec"], metadata=item["metadata"]) == []
                )


@pytest.mark.parametrize("service", CATALOG.services, ids=lambda service: service.name)
def test_flux_waits_for_every_step_and_every_need(service: Service) -> None:
    found = {
        identity(item)[1:]: item
        for other in CATALOG.with_needs(service)
        for item in objects(rendered(other.name, ServiceDelivery.FLUX), "ops")
        if item["kind"] == "HelmRelease"
    }

    def before(release: tuple[str, str]) -> set[tuple[str, str]]:
        needed = [(it["namespace"], it["name"]) for it in found[release]["spec"].get("dependsOn", [])]
        return {other for it in needed for other in ({it} | before(it))}

    for chart in service.charts:
        wanted = {
            (other.namespace, other.release) for other in service.charts if _is_before(other.step, chart.step)
        }
        for need in CATALOG.with_needs(service)[:-1]:
            wanted |= {(other.namespace, other.release) for other in need.charts}
        assert before((chart.namespace, chart.release)) == wanted


def _is_before(step: Step, other: Step) -> bool:
    return list(Step).index(step) < list(Step).index(other)


@pytest.mark.parametrize("service", CATALOG.services, ids=lambda service: service.name)
def test_argo_cd_has_a_later_wave_for_every_step_and_every_need(service: Service) -> None:
    waves: dict[str, dict[str, int]] = {}
    for below in CATALOG.with_needs(service):
        for item in objects(rendered(below.name, ServiceDelivery.ARGO_CD), "ops"):
            wave = int(item["metadata"]["annotations"][WAVE])
            waves.setdefault(below.name, {})[f"{item['kind']} {item['metadata']['name']}"] = wave
    own = waves[service.name]
    applications = [own[f"Application {chart.release}"] for chart in service.charts]
    for (chart, wave), (other, later) in pairwise(zip(service.charts, applications, strict=True)):
        assert (wave < later) is _is_before(chart.step, other.step)
    namespaces = [wave for name, wave in own.items() if name.startswith("Namespace ")]
    assert all(wave < min(applications) for wave in namespaces)
    for need in service.needs:
        assert max(waves[need.service].values()) < min(own.values())


@pytest.mark.parametrize("delivery", [ServiceDelivery.FLUX, ServiceDelivery.ARGO_CD])
def test_namespaces_come_along_exactly_where_no_cluster_has_them(delivery: ServiceDelivery) -> None:
    for service in CATALOG.services:
        made = [
            item["metadata"]["name"]
            for item in objects(rendered(service.name, delivery), "ops")
            if item["kind"] == "Namespace"
        ]
        assert made == [name for name in service.namespaces if name not in EXISTING_NAMESPACES]


def test_no_two_services_make_the_same_object() -> None:
    for delivery in (ServiceDelivery.FLUX, ServiceDelivery.ARGO_CD):
        found = [
            identity(item)
            for service in CATALOG.services
            for item in objects(rendered(service.name, delivery), "ops")
        ]
        assert len(set(found)) == len(found)


@pytest.mark.parametrize("service", CATALOG.services, ids=lambda service: service.name)
def test_terraform_states_every_value_and_waits_for_needs(service: Service) -> None:
    """What the module does with it is for tests/tools/test_services_terraform.py."""
    installed = {
        need.service: ServiceOptions(name=need.service, delivery=ServiceDelivery.TERRAFORM, cluster=str(EKS))
        for need in service.needs
    }
    around = Surroundings(
        platform="acme", environments=CHAIN, clusters=(EKS,), catalog=CATALOG, installed=installed
    )
    options = ServiceOptions(name=service.name, delivery=ServiceDelivery.TERRAFORM, cluster=str(EKS))
    placed = place_service(options, around)
    [content] = service_files(placed, options, around).values()
    [block] = hcl2.loads(content.decode())["module"]
    [(name, module)] = block.items()
    assert name.strip('"') == f"{EKS}_service_{service.name}"
    assert module["depends_on"] == [
        f"${{module.{EKS}}}", *(f"${{module.{EKS}_service_{need.service}}}" for need in service.needs)
    ]  # fmt: skip
    stated = plain(module["configuration"])
    for environment in CHAIN:
        expected = {item.chart.release: merged(item.base, item.own[environment]) for item in placed.charts}
        assert merged(stated["apps"], stated[environment]) == expected
    steps = {chart.release: chart.step.value for chart in service.charts}
    assert {key: it["step"] for key, it in plain(module["releases"]).items()} == steps


def plain(value: Any) -> Any:
    """What python-hcl2 read, without the quotes that it keeps around text."""
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items() if key != "__is_block__"}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return json.loads(value) if isinstance(value, str) and value.startswith('"') else value


def values(files: Files, release: str, environment: str) -> Object:
    [found] = [
        item["spec"].get("values", item["spec"].get("source", {}).get("helm", {}).get("valuesObject"))
        for item in objects(files, environment)
        if item["kind"] in {"HelmRelease", "Application"} and item["metadata"]["name"] == release
    ]
    return dict(found)


@pytest.mark.parametrize("delivery", [ServiceDelivery.FLUX, ServiceDelivery.ARGO_CD])
def test_values_inherit_from_the_last_environment(delivery: ServiceDelivery) -> None:
    files = rendered(
        "cert-manager", delivery, sets=("replicaCount=5", "staging:webhook.replicaCount=3", "a\\.b.c=[1]")
    )
    counts = {
        it: (found["replicaCount"], found["webhook"]["replicaCount"])
        for it in CHAIN
        if (found := values(files, "cert-manager", it))
    }
    assert counts == {"ops": (1, 1), "staging": (5, 3), "apps": (5, 2)}
    assert values(files, "cert-manager", "ops")["a.b"] == {"c": [1]}


def test_each_environment_states_what_is_its_own() -> None:
    files = rendered("karpenter", ServiceDelivery.FLUX)
    names = [values(files, "karpenter", it)["settings"]["clusterName"] for it in CHAIN]
    assert names == ["gc0-ops-eu-west-1", "gc0-staging-eu-west-1", "gc0-apps-eu-west-1"]


def test_what_the_platform_does_not_tell_is_left_out_and_named() -> None:
    around = Surroundings(platform="acme", environments=CHAIN, clusters=(), catalog=CATALOG)
    asked = ServiceOptions(name="velero", delivery=ServiceDelivery.FLUX)
    placed = place_service(asked, around)
    assert placed.left_out == {"velero": ("configuration.backupStorageLocation",)}
    assert "{" not in "".join(str(dict(item.own["ops"])) for item in placed.charts).replace("{}", "")


def test_one_environment_has_the_base_alone() -> None:
    files = rendered("cert-manager", ServiceDelivery.FLUX, chain=("apps",))
    assert sorted(path.name for path in files if path.parent.name == "apps") == ["kustomization.yaml"]


def test_version_and_namespace_move_the_whole_service() -> None:
    files = rendered("istio", ServiceDelivery.FLUX, version="1.31.0", namespace="mesh")
    releases = {it["metadata"]["name"]: it for it in objects(files, "apps") if it["kind"] == "HelmRelease"}
    assert {it["spec"]["chart"]["spec"]["version"] for it in releases.values()} == {"1.31.0"}
    places = {name: it["metadata"]["namespace"] for name, it in releases.items()}
    assert places == {"istio-base": "mesh", "istiod": "mesh", "istio-ingress": "istio-ingress"}
    assert releases["istio-ingress"]["spec"]["dependsOn"] == [{"name": "istiod", "namespace": "mesh"}]
    assert (MANIFESTS / "istio" / "base" / "namespace.yaml") in files


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"version": "1.x"}, "not one version"),
        ({"version": ">=1"}, "not one version"),
        ({"sets": ("replicaCount",)}, "has no value"),
        ({"sets": ("=1",)}, "is no key"),
        ({"sets": ("a..b=1",)}, "is no key"),
        ({"sets": ("a[0]=1",)}, "a list is given whole"),
        ({"sets": ("a={",)}, "--set a={"),
        ({"cluster": str(EKS)}, "--cluster belongs to --delivery terraform"),
        ({"delivery": ServiceDelivery.TERRAFORM, "clusters": ()}, "no cluster that Helm could reach"),
        ({"delivery": ServiceDelivery.TERRAFORM, "cluster": "eks_a_b"}, "There is: eks_gc0_eu-west-1"),
        ({"delivery": ServiceDelivery.TERRAFORM, "clusters": (EKS, GKE)}, "Choose one with --cluster"),
        (
            {"delivery": ServiceDelivery.TERRAFORM, "sets": ("apps:a.b=1",)},
            "a cannot be stated for apps alone",
        ),
    ],
)
def test_bad_choices_are_refused_in_words(asked: Object, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        rendered("cert-manager", **{"delivery": ServiceDelivery.FLUX, **asked})
    assert words in str(caught.value)


def test_a_needed_service_of_another_delivery_cannot_be_waited_for() -> None:
    tekton = ServiceOptions(name="tekton", delivery=ServiceDelivery.ARGO_CD)
    around = Surroundings(
        platform="acme", environments=CHAIN, clusters=(), catalog=CATALOG, installed={"tekton": tekton}
    )
    with pytest.raises(UsageError) as caught:
        place_service(ServiceOptions(name="lighthouse", delivery=ServiceDelivery.FLUX), around)
    assert "--delivery argo-cd" in str(caught.value)


def test_values_merge_at_every_depth_and_lists_are_replaced() -> None:
    below = {"a": {"b": {"c": 1, "d": [1, 2]}}, "e": 1}
    assert merged(below, {"a": {"b": {"d": [3]}}, "e": None}) == {"a": {"b": {"c": 1, "d": [3]}}, "e": None}
    assert below == {"a": {"b": {"c": 1, "d": [1, 2]}}, "e": 1}


def test_filled_takes_only_names_it_knows() -> None:
    found, left_out = filled(
        {"a": "{x}-{y}", "b": ["{x}", {"c": "{z}"}], "d": "{x}", "f": {}}, {"x": "1", "y": "2"}
    )
    assert found == {"a": "1-2", "d": "1", "f": {}}
    assert left_out == ("b",)


def test_set_takes_yaml_and_environments() -> None:
    found = parse_sets(["a.b=1", "ops:a.b=two", "x:y=yes", "a.c=null", "d='1'"], CHAIN)
    assert found == {"": {"a": {"b": 1, "c": None}, "x:y": True, "d": "1"}, "ops": {"a": {"b": "two"}}}

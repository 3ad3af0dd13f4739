"""Services by the real Terraform: the provider's schema, the values of each environment, the order."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from kubestack_py.model.service import ServiceDelivery, Step
from kubestack_py.scaffold.catalog import built_in_catalog
from kubestack_py.scaffold.services.placed import ClusterName, PlacedService, ServiceOptions
from kubestack_py.scaffold.services.rendering import Surroundings, place_service, service_files, shared_files
from kubestack_py.scaffold.services.values import merged
from kubestack_py.system.files import resource
from tests.conftest import write_tree
from tests.fake.provider import schema_providers

if TYPE_CHECKING:
    from collections.abc import Mapping

CATALOG = built_in_catalog()
CHAIN = ("ops", "staging", "apps")
CLUSTERS = [ClusterName(provider=name, prefix="a", region="b") for name in ("eks", "gke", "aks")]
SETS = {"kyverno": ("apps:admissionController.replicas=4", 'staging:cleanupController.a=${b} "%{c}')}
CLUSTER = """\
output "name" { value = "a" }
output "endpoint" { value = "https://a" }
output "certificate_authority" { value = "a" }
"""


def write_services(root: Path) -> dict[str, PlacedService]:
    """A platform with services of all kinds on one cluster, one on the others; returns those of the first."""
    placed: dict[str, PlacedService] = {}
    for cluster in CLUSTERS:
        around = Surroundings(platform="acme", environments=CHAIN, clusters=tuple(CLUSTERS), catalog=CATALOG)
        names = ["istio", "linkerd", "kyverno", "argo-cd"] if cluster is CLUSTERS[0] else ["tekton"]
        for name in names:
            for service in CATALOG.with_needs(CATALOG.find(name)):
                options = ServiceOptions(
                    name=service.name,
                    delivery=ServiceDelivery.TERRAFORM,
                    cluster=str(cluster),
                    sets=SETS.get(service.name, ()),
                )
                here = place_service(options, around)
                files = service_files(here, options, around) | shared_files(options, around)
                write_tree(root, {str(path): content.decode() for path, content in files.items()})
                around = replace(around, installed={**around.installed, service.name: options})
                if cluster is CLUSTERS[0]:
                    placed[service.name] = here
        module = f'module "{cluster}" {{\n  source = "./modules/cluster"\n}}\n'
        write_tree(root, {f"infra/{cluster}_cluster.tf": module, "infra/modules/cluster/main.tf": CLUSTER})
    (configuration,) = resource("templates/platform").glob("*/infra/modules/configuration")
    shutil.copytree(configuration, root / "infra/modules/configuration")
    return placed


def terraform(root: Path, variables: Mapping[str, str], *args: str) -> str:
    environ = os.environ | variables | {"TF_CLI_CONFIG_FILE": os.devnull}
    done = subprocess.run(
        ["terraform", *args], cwd=root / "infra", env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_services_by_terraform(tmp_path: Path) -> None:
    placed = write_services(tmp_path)
    write_test(tmp_path, placed)
    with TemporaryDirectory() as sockets, schema_providers({"helm_release"}, Path(sockets)) as (variables, _):
        terraform(tmp_path, variables, "init")
        assert "valid" in terraform(tmp_path, variables, "validate")
        assert terraform(tmp_path, variables, "fmt", "-recursive", "-check") == ""
        for environment in ("ops", "apps"):
            write_expected(tmp_path, placed, environment)
            workspace = {**variables, "TF_WORKSPACE": environment}
            assert "1 passed" in terraform(tmp_path, workspace, "test")
        graph = terraform(tmp_path, variables, "graph")
    refuse_wrong_order(graph, placed)


def write_test(root: Path, placed: Mapping[str, PlacedService]) -> None:
    """A test that decodes the values that every release gets, and compares them with a file."""
    values = "\n".join(f'    "{name}" = module.{CLUSTERS[0]}_service_{name}.values' for name in placed)
    mocks = "\n".join(f'mock_provider "helm" {{\n  alias = "{cluster}"\n}}' for cluster in CLUSTERS)
    output = f'output "values" {{\n  value = {{\n{values}\n  }}\n}}\n'
    decoded = (
        "{ for name, found in output.values : name => { for key, text in found : key => yamldecode(text) } }"
    )
    run = (
        f'{mocks}\nrun "values" {{\n  command = plan\n  assert {{\n'
        f'    condition     = jsonencode({decoded}) == jsonencode(jsondecode(file("expected.json")))\n'
        f"    error_message = jsonencode({decoded})\n  }}\n}}\n"
    )
    write_tree(root, {"infra/values.tf": output, "infra/tests/values.tftest.hcl": run})
    terraform(root, {}, "fmt", "-recursive", "values.tf", "tests")


def write_expected(root: Path, placed: Mapping[str, PlacedService], environment: str) -> None:
    expected: dict[str, Any] = {
        name: {item.chart.release: merged(item.base, item.own[environment]) for item in service.charts}
        for name, service in placed.items()
    }
    (root / "infra/expected.json").write_text(json.dumps(expected))


def refuse_wrong_order(graph: str, placed: Mapping[str, PlacedService]) -> None:
    """Follow the graph that Terraform makes: steps in their order, and needs before all steps."""
    edges: dict[str, set[str]] = {}
    for source, target in re.findall(r'"([^"]+)" -> "([^"]+)"', graph):
        edges.setdefault(source, set()).add(target)

    def before(node: str) -> set[str]:
        return {other for target in edges.get(node, set()) for other in ({target} | before(target))}

    steps = list(Step)
    for name, service in placed.items():
        module = f"module.{CLUSTERS[0]}_service_"
        for number, step in enumerate(steps):
            earlier = {f"{module}{name}.helm_release.{other}" for other in steps[:number]}
            earlier |= {f"{module}{need}.helm_release.{other}" for need in service.needs for other in steps}
            assert before(f"{module}{name}.helm_release.{step}") >= earlier

"""The stand-in for a provider makes Terraform refuse what the real one's schema refuses."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.fake.provider import schema_providers

VERSIONS = """
terraform {
  required_providers {
    google  = { source = "hashicorp/google" }
    azurerm = { source = "hashicorp/azurerm" }
  }
}
"""
MASTER_AUTH = """
  master_auth {
    client_certificate_config {
      issue_client_certificate = false
    }
  }
"""
GOOD = f"""
resource "google_container_cluster" "this" {{
  name     = "a"
  location = "europe-west1"
{MASTER_AUTH}
  timeouts {{
    create = "30m"
  }}
}}

output "certificate" {{
  value = google_container_cluster.this.master_auth[0].cluster_ca_certificate
}}

resource "azurerm_subnet" "this" {{
  name                 = "a"
  resource_group_name  = "a"
  virtual_network_name = "a"
  address_prefixes     = ["10.0.0.0/24"]
}}

data "google_project" "this" {{}}

output "number" {{
  value = data.google_project.this.number
}}
"""
FAULTS = {
    "unknown argument": ('location = "europe-west1"', 'region = "x"', "Unsupported argument"),
    "required argument": ('  resource_group_name  = "a"\n', "", "Missing required argument"),
    "unknown block": ("client_certificate_config {", "client_certificate {", "Unsupported block type"),
    "required block": (
        "    client_certificate_config {\n      issue_client_certificate = false\n    }\n", "",
        "Insufficient client_certificate_config blocks",
    ),
    "argument one level too high": (
        "  client_certificate_config {\n",
        "  issue_client_certificate = true\n client_certificate_config {\n",
        "Unsupported argument",
    ),
    "block twice": ("  timeouts {\n", f"{MASTER_AUTH}  timeouts {{\n", "Too many master_auth blocks"),
    "argument instead of a block": ("timeouts {", "timeouts = {", "Unsupported argument"),
    "type of a value": ('["10.0.0.0/24"]', "{ a = 1 }", "Incorrect attribute value type"),
    "unknown resource": ('"azurerm_subnet"', '"azurerm_subnett"', "Invalid resource type"),
    "unknown attribute read": ("cluster_ca_certificate", "ca_certificate", "Unsupported attribute"),
}  # fmt: skip


@pytest.fixture(scope="module")
def providers() -> Iterator[dict[str, str]]:
    types = {"google_container_cluster", "azurerm_subnet", "data.google_project"}
    with TemporaryDirectory() as sockets, schema_providers(types, Path(sockets)) as (variables, versions):
        assert set(versions) == {"google", "azurerm"}
        yield variables


def complaints(root: Path, text: str, variables: dict[str, str]) -> set[str]:
    (root / "main.tf").write_text(VERSIONS + text, encoding="utf-8")
    environ = os.environ | variables | {"TF_CLI_CONFIG_FILE": "/dev/null"}
    subprocess.run(["terraform", "init"], cwd=root, env=environ, check=True, capture_output=True)
    done = subprocess.run(
        ["terraform", "validate", "-json"], cwd=root, env=environ, capture_output=True, text=True, check=False
    )
    return {found["summary"] for found in json.loads(done.stdout)["diagnostics"]}


@pytest.mark.slow
def test_provider_stand_in_finds_what_the_schema_forbids(tmp_path: Path, providers: dict[str, str]) -> None:
    assert complaints(tmp_path, GOOD, providers) == set()
    missed = {}
    for name, (good, bad, expected) in FAULTS.items():
        assert good in GOOD, name
        found = complaints(tmp_path, GOOD.replace(good, bad), providers)
        if not any(summary.startswith(expected) for summary in found):
            missed[name] = found
    assert missed == {}

"""Checks of files as they are written: secrets, SOPS rules, pipelines, Terraform pins, image markers."""

from __future__ import annotations

from itertools import pairwise

import pytest

from kubestack_py.checks.markers import check_markers
from kubestack_py.checks.pipelines import check_pipelines
from kubestack_py.checks.secrets import check_secret_texts
from kubestack_py.checks.sops import check_sops
from kubestack_py.checks.terraform import check_lock, check_pins
from kubestack_py.checks.workflows import check_workflows
from kubestack_py.model.examined import TextFile
from kubestack_py.model.finding import Finding
from tests.unit.test_checks_manifests import built
from tests.unit.test_checks_objects import flux

SHA = "0123456789abcdef0123456789abcdef01234567"
DIGEST = "@sha256:" + "0" * 64


def file(path: str, text: str) -> TextFile:
    return TextFile(path=path, text=text.encode())


def lines(findings: list[Finding]) -> list[str]:
    return [f"{item.severity} {item.where}: {item.message}" for item in findings]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            "a.yaml",
            "k: |\n  -----BEGIN RSA " + "PRIVATE KEY-----\n",
            "a.yaml:2:3: this looks like a private key",
        ),
        ("a.yaml", "k: AKIA" + "ABCDEFGHIJKLMNOP", "an access key of AWS"),
        ("a.env", "T=ghp_" + "a" * 36, "a token of GitHub"),
        ("a.env", "T=glpat-" + "a" * 20, "a token of GitLab"),
        ("a.md", "AGE-SECRET-KEY-1" + "Q" * 58, "an age key"),
        ("a.yaml", "url: https://bot:hunter2@git.example.org/x", "a password in a URL"),
        ("a.yaml", "url: https://bot:${token}@git.example.org/x", ""),
        ("a.yaml", "url: https://git.example.org:8443/x@y", ""),
        ("main.tofu", 'db_password = "hunter2"', "main.tofu:1:1: db_password has its value"),
        ("ops.tfvars", 'region = "eu"\ndb_password = "hunter2"', "ops.tfvars:2:1: db_password has its value"),
        (
            "x.auto.tfvars.json",
            '{"a": {"api_key": "hunter2"}}',
            "x.auto.tfvars.json:1:9: api_key has its value",
        ),
        ("a.tf", '  token = "abc123"', "a.tf:1:3: token has its value in plain text"),
        ("a.tf", '  token = "${var.token}"', ""),
        ("a.tf", '  secret_name = "database"', ""),
        ("a.tf", "  password = var.password", ""),
        ("terraform.tfstate", "{}", "a state or plan of Terraform"),
        ("x/plan.tfplan", "PK", "a state or plan of Terraform"),
    ],
)
def test_secrets_in_files(path: str, text: str, expected: str) -> None:
    found = lines(list(check_secret_texts([file(path, text)])))
    assert len(found) == bool(expected), found
    assert expected in "".join(found)
    assert "hunter2" not in "".join(found)


RULES = r"""creation_rules:
- path_regex: secrets/.*\.yaml$
  encrypted_regex: ^(data|stringData)$
  age: age1
"""
ENCRYPTED = "kind: Secret\ndata:\n  a: ENC[AES256_GCM,data:x]\nsops:\n  mac: ENC[x]\n"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("secrets/a.yaml", ENCRYPTED, ""),
        ("secrets/a.yaml", "kind: Secret\ndata:\n  a: x\n", "a.yaml:1:1: the document is not encrypted"),
        (
            "secrets/a.yaml",
            ENCRYPTED.replace("sops:", "  b: open\nsops:"),
            "a.yaml:4:3: b is in plain text",
        ),
        ("secrets/a.yaml", ENCRYPTED.replace("sops:", '  b: ""\nsops:'), ""),
        ("secrets/a.yaml", "kind: Kustomization\nresources: []\n", ""),
        ("other/a.yaml", "kind: Secret\ndata:\n  a: x\n", ""),
        ("other/a.yaml", ENCRYPTED.replace("ENC[AES", "AES"), "other/a.yaml:3:3: a is in plain text"),
    ],
)
def test_sops(path: str, text: str, expected: str) -> None:
    found = lines(list(check_sops([file(path, text)], RULES.encode())))
    assert len(found) == bool(expected), found
    assert expected in "".join(found)


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (".github/workflows/a.yml", f"    - uses: actions/checkout@{SHA} # v4\n", ""),
        (".github/workflows/a.yml", "    - uses: ./.github/actions/x\n", ""),
        (
            ".github/workflows/a.yml",
            "jobs:\n    - uses: actions/checkout@v4\n",
            "warning .github/workflows/a.yml:2:13: actions/checkout is taken at v4",
        ),
        (
            ".github/workflows/a.yml",
            "- uses: a/b@main\n",
            "error .github/workflows/a.yml:1:9: a/b is taken at main",
        ),
        (
            ".github/workflows/a.yml",
            "- uses: docker://alpine\n",
            "error .github/workflows/a.yml:1:9: the image alpine",
        ),
        (".github/workflows/a.yml", f"    container: a:1{DIGEST}\n", ""),
        (".gitlab-ci.yml", "image: python:3.13\n", "warning .gitlab-ci.yml:1:8: the image python:3.13"),
        (
            ".gitlab-ci.yml",
            "image:\n  name: python\n",
            "error .gitlab-ci.yml:2:9: the image python has no tag",
        ),
        (".gitlab-ci.yml", "image: $IMAGE\n", ""),
        (
            "bitbucket-pipelines.yml",
            "image: atlassian/default-image:latest\n",
            "error bitbucket-pipelines.yml",
        ),
        ("azure-pipelines.yml", "  container: ubuntu\n", "error azure-pipelines.yml"),
        ("Jenkinsfile", "agent { docker { image 'python:3' } }", "warning Jenkinsfile:1:25"),
        ("Dockerfile", f"FROM a:1{DIGEST} AS build\nFROM build\nFROM scratch\n", ""),
        ("Dockerfile", "FROM debian\n", "error Dockerfile:1:6: the image debian has no tag"),
        ("manifests/a.yaml", "uses: a/b@main\n", ""),
    ],
)
def test_pipelines(path: str, text: str, expected: str) -> None:
    found = lines(list(check_pipelines([file(path, text)])))
    assert len(found) == bool(expected), found
    assert expected in "".join(found)


BORROWED = "workflow-trigger .github/workflows/a.yml"
ALL = "workflow-permissions .github/workflows/a.yml"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on: pull_request_target\n", [f"{BORROWED}:1:1"]),
        ("name: a\non: [push, pull_request_target]\n", [f"{BORROWED}:2:12"]),
        ("on:\n  - push\n  - pull_request_target\n", [f"{BORROWED}:3:5"]),
        ('"on":\n  push: {}\n  pull_request_target:\n    types: [opened]\n', [f"{BORROWED}:3:3"]),
        ("on: push\npermissions: write-all\n", [f"{ALL}:2:1"]),
        ("jobs:\n  a: {permissions: write-all}\n  b: {permissions: read-all}\n", [f"{ALL}:2:7"]),
        (
            "on: pull_request # not pull_request_target\njobs:\n  a:\n    steps:\n      - run: |\n"
            "          permissions: write-all\n          echo pull_request_target\n",
            [],
        ),
        ("permissions: {}\njobs: [permissions]\n", []),
        ("on: [\n", []),
        ("", []),
        ("a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
            f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in pairwise("abcdefghi")
        ), []),
    ],
)  # fmt: skip
def test_workflows(text: str, expected: list[str]) -> None:
    found = list(check_workflows([file(".github/workflows/a.yml", text)]))
    assert [f"{item.check} {item.where}" for item in found] == expected
    assert list(check_workflows([file("docs/a.yml", text)])) == []


def module(source: str, version: str = "") -> str:
    given = f'\n  version = "{version}"' if version else ""
    return f'module "m" {{\n  source = "{source}"{given}\n}}\n'


def providers(entry: str) -> str:
    return f"terraform {{\n  required_providers {{\n    aws = {entry}\n  }}\n}}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (module("./modules/x"), ""),
        (module("a/b/c", "1.2.3"), ""),
        (module("a/b/c", "~> 1.2"), ""),
        (module("a/b/c"), "infra/main.tf:1: module m takes any version of a/b/c"),
        (module("a/b/c", ">= 1"), "takes any version"),
        (module("github.com/a/b?ref=v1"), ""),
        (module("github.com/a/b"), "takes whatever the default branch of github.com/a/b holds"),
        (module("git::https://x.org/a.git//m?ref=main"), "takes the branch main, which moves"),
        (module("https://x.org/a.zip"), ""),
        (providers('{ source = "hashicorp/aws", version = "~> 5" }'), ""),
        (providers('"~> 5"'), ""),
        (providers('{ source = "hashicorp/aws" }'), "infra/main.tf:3: the provider aws has no version"),
        (providers('{ source = "terraform.io/builtin/terraform" }'), ""),
    ],
)
def test_terraform_pins(text: str, expected: str) -> None:
    found = lines(list(check_pins("infra", [file("infra/main.tf", text)])))
    assert len(found) == bool(expected), found
    assert expected in "".join(found)


def test_provider_of_a_module_is_pinned_by_the_root() -> None:
    inner = file("infra/modules/x/versions.tf", providers('{ source = "hashicorp/aws" }'))
    outer = file("infra/main.tf", providers('{ source = "hashicorp/aws", version = "~> 5" }'))
    assert not list(check_pins("infra", [inner, outer]))
    assert len(list(check_pins("infra", [inner]))) == 1


def test_lock_file_is_asked_for_where_there_are_providers() -> None:
    configured = [file("infra/main.tf", providers('{ source = "hashicorp/aws", version = "~> 5" }'))]
    assert "no .terraform.lock.hcl" in lines(list(check_lock("infra", ["infra/main.tf"], configured)))[0]
    assert not list(check_lock("infra", ["infra/.terraform.lock.hcl"], configured))
    assert not list(check_lock("infra", [], [file("infra/main.tf", "")]))


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ('{"$imagepolicy": "flux-system:app"}', ""),
        ('{"$imagepolicy": "flux-system:app:tag"}', ""),
        ('{"$imagepolicy": "flux-system:gone"}', "there is no ImagePolicy gone in flux-system"),
        ('{"$imagepolicy": "web:app"}', "there is no ImagePolicy app in web"),
        ('{"$imagepolicy": "app"}', "cannot be read"),
        ('{"$imagepolicy": ', "cannot be read"),
    ],
)
def test_markers(marker: str, expected: str) -> None:
    objects = [built(flux("ImagePolicy", "app")), built(flux("ImageUpdateAutomation", "all"))]
    found = lines(list(check_markers([file("a.yaml", f"a: 1\nimage: a:1 # {marker}\n")], objects)))
    assert len(found) == bool(expected), found
    assert expected in "".join(found)
    assert not found or "a.yaml:2" in found[0]


def test_marker_whose_policy_no_automation_carries_out() -> None:
    policy = flux("ImagePolicy", "app")
    policy["metadata"]["namespace"] = "web"
    objects = [built(policy), built(flux("ImageUpdateAutomation", "all"))]
    found = list(check_markers([file("a.yaml", 'image: a:1 # {"$imagepolicy": "web:app"}')], objects))
    assert "no ImageUpdateAutomation is in web" in found[0].message

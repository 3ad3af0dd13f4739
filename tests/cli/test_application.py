"""`kubestack new application`: its tests run, linters are quiet, and its image finds its overlay."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import git, make_repository
from tests.platforms import invoke
from tests.programs import program

SETTINGS = """\
version: 1
name: deploy
environments:
  - {name: ops, apply_on: {branch: main}}
  - {name: apps, apply_on: {tag: "apps-deploy-*"}}
stacks:
  - path: apps/*
"""
OPTIONS = ["--registry", "ghcr.io/acme", "--deploy-repository", "acme/deploy"]


def scaffold(where: Path, *options: str) -> Path:
    done = invoke(where, "new", "application", "shop", *OPTIONS, *options)
    assert done.code == 0, done.said
    return where / "shop"


def quiet(root: Path, *argv: str) -> None:
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_service_passes_its_own_tests_and_the_workflow_its_linters(tmp_path: Path) -> None:
    root = scaffold(tmp_path)
    assert git(root, "status", "--porcelain") == ""
    workflow = root / ".github" / "workflows" / "image.yaml"
    line = "python3 -m unittest discover --start-directory tests --top-level-directory ."
    assert f"run: {line}\n" in workflow.read_text()
    quiet(root, sys.executable, *line.split()[1:])
    quiet(root, str(program("workflows", "actionlint")), str(workflow))
    quiet(root, str(program("workflows", "zizmor")), "--offline", "--no-progress", str(workflow))
    checker = str(program("workflows", "check-jsonschema"))
    quiet(root, checker, "--builtin-schema", "vendor.github-workflows", str(workflow))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ci", "path", "schema"),
    [
        ("gitlab", ".gitlab-ci.yml", ["vendor.gitlab-ci"]),
        ("azure", "azure-pipelines.yml", ["vendor.azure-pipelines", "--regex-variant", "python"]),
        ("bitbucket", "bitbucket-pipelines.yml", ["vendor.bitbucket-pipelines"]),
    ],
)
def test_pipeline_fits_its_schema(tmp_path: Path, ci: str, path: str, schema: list[str]) -> None:
    root = scaffold(tmp_path, "--ci", ci)
    assert not (root / ".github").exists()
    checker = str(program("workflows", "check-jsonschema"))
    quiet(root, checker, "--builtin-schema", *schema, str(root / path))


def test_image_of_the_pipeline_finds_the_overlay(tmp_path: Path) -> None:
    """What the deploy job does, with the manifests where the README says they go."""
    shop = scaffold(tmp_path, "--environments", "ops,stage,apps")
    assert sorted(path.name for path in (shop / "deploy" / "overlays").iterdir()) == ["apps", "ops", "stage"]
    deploy = make_repository(tmp_path / "deploy", {"kubestack.yaml": SETTINGS}).root
    (shop / "deploy").rename(deploy / "apps-shop")
    (deploy / "apps").mkdir()
    (deploy / "apps-shop").rename(deploy / "apps" / "shop")
    image = "ghcr.io/acme/shop:main-0a1b2c-20260101120000@sha256:" + "a" * 64
    done = invoke(deploy, "image", "set", "shop", image, "-e", "ops")
    assert done.code == 0, done.said
    built = subprocess.run(
        ["kubectl", "kustomize", "apps/shop/overlays/ops"],
        cwd=deploy,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"image: {image}\n" in built.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["Shop", *OPTIONS], "nothing was written"),
        (["shop", "--registry", "acme", "--deploy-repository", "acme/deploy"], "no place for images"),
        (
            ["shop", "--registry", "ghcr.io/$(id)", "--deploy-repository", "acme/deploy"],
            "no place for images",
        ),
        (
            ["shop", "--registry", "ghcr.io/acme", "--deploy-repository", "deploy; id"],
            "no repository of a host",
        ),
        (["shop", *OPTIONS, "--environments", "ops,ops"], "nothing was written"),
        (["shop", *OPTIONS, "--default-branch", "a b"], "nothing was written"),
    ],
)
def test_answers_that_cannot_be_used_leave_nothing(tmp_path: Path, options: list[str], said: str) -> None:
    done = invoke(tmp_path, "new", "application", *options)
    assert done.code == 2
    assert said in done.err
    assert list(tmp_path.iterdir()) == []

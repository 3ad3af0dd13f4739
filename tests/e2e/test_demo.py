"""`kubestack demo`, as the README shows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.conftest import git
from tests.platforms import ANSI, Platform, files_of, kubestack, read_records

if TYPE_CHECKING:
    from pathlib import Path


def nobody(place: Path) -> dict[str, str]:
    """A machine on which Git knows nobody, and does not guess."""
    settings = place / "gitconfig"
    settings.write_text("[user]\n\tuseConfigOnly = true\n", encoding="utf-8")
    return {"GIT_CONFIG_GLOBAL": str(settings)}


@pytest.mark.slow
def test_demo_walks_the_four_steps(tmp_path: Path) -> None:
    place = tmp_path / "demo"
    done = kubestack(tmp_path, "demo", "--directory", str(place), **nobody(tmp_path))
    assert done.code == 0, done.said
    steps = re.findall(r"^── (.*?) *$", done.out, re.MULTILINE)
    assert [step.split(":")[0] for step in steps][1:5] == [
        "1. Change",
        "3. Merge",
        "4. Promote, too early",
        "4. Promote",
    ]
    for words in (
        "CI: kubestack run --ref refs/heads/main",
        "infra (ops): verified, 1 to update",
        "may not be applied to apps",
        "✗ ops has never applied infra with this content",
        "(exit code 5: refused, and nothing was touched)",
        "infra (apps): verified, 1 to update",
        "Blocked: delete policy/PodDisruptionBudget/web/web: ops never touched it",
        "manifests/web (apps): verified, 1 to delete",
        "Environment  Applies on",
        '"status":"verified"',
        "Source-Commit",
        "What next?",
        f"Everything is still in {place}",
    ):
        assert words in done.out, words
    assert not ANSI.search(done.out)
    host = read_records(place / "acme.git")
    assert {(record["environment"], record["status"]) for record in host} == {
        *((environment, status) for environment in ("ops", "apps") for status in ("started", "verified")),
        ("apps", "previewed"),
    }
    here = Platform(root=place / "acme")
    assert "waiting" not in here.ok("status").out
    here.ok("validate")
    assert git(here.root, "status", "--porcelain") == ""


@pytest.mark.slow
def test_split_demo_takes_an_image_from_its_repository_to_apps(tmp_path: Path) -> None:
    place = tmp_path / "demo"
    options = ("--layout", "split", "--directory", str(place))
    done = kubestack(tmp_path, "demo", *options, **nobody(tmp_path))
    assert done.code == 0, done.said
    steps = re.findall(r"^── (.*?)[.:] ", done.out, re.MULTILINE)
    assert steps == ["0", "1a", "1b", "2", "3", "4", "5", "What the clusters see"]
    [image] = set(
        re.findall(
            r"^pushed (127\.0\.0\.1:\d+/acme/shop:main-[0-9a-f]{12}-\d{14}@sha256:[0-9a-f]{64})$",
            done.out,
            re.MULTILINE,
        )
    )
    for environment in ("ops", "apps"):
        deployment = f"env/{environment}:apps/shop/shop/deployment.apps_shop.yaml"
        delivered = git(place / "acme-deploy.git", "show", deployment)
        assert f"image: {image}\n" in delivered
        variables = git(place / "acme-deploy.git", "show", f"main:clusters/{environment}/cluster-vars.yaml")
        assert f"cluster_name: acme-{environment}-local" in variables
    assert "Ran 4 tests" in done.out
    workflow = place / "shop" / ".github" / "workflows" / "image.yaml"
    assert "kubestack -C deploy-repository image set" in workflow.read_text()
    for name in ("acme", "acme-deploy"):
        here = Platform(root=place / name)
        here.ok("validate")
        assert git(here.root, "status", "--porcelain") == ""


@pytest.mark.slow
def test_demo_cleans_up(tmp_path: Path) -> None:
    done = kubestack(tmp_path, "demo", TMPDIR=str(tmp_path))
    assert done.code == 0, done.said
    assert "The directory was removed" in done.out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_demo_is_kept(tmp_path: Path) -> None:
    done = kubestack(tmp_path, "demo", "--keep", TMPDIR=str(tmp_path), FORCE_COLOR="1", TERM="xterm")
    assert done.code == 0, done.said
    (kept,) = tmp_path.iterdir()
    assert f"Everything is still in {kept}" in done.out
    assert {path.name for path in kept.iterdir()} == {"acme", "acme.git", "ci"}
    assert ANSI.search(done.out)


@pytest.mark.slow
def test_demo_in_the_middle_of_ci(tmp_path: Path) -> None:
    """Variables of the pipeline that starts it are not taken for the demo's own."""
    done = kubestack(
        tmp_path,
        "demo",
        CI="true",
        GITHUB_ACTIONS="true",
        GITHUB_EVENT_NAME="pull_request",
        GITHUB_REF="refs/pull/1/merge",
        GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"),
        TF_WORKSPACE="other",
        GIT_DIR="/nowhere",
    )
    assert done.code == 0, done.said
    assert not (tmp_path / "summary.md").exists()


def test_demo_refuses_a_directory_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = kubestack(tmp_path, "demo", "--directory", str(tmp_path))
    assert done.code == 2, done.said
    assert f"{tmp_path} is not empty" in done.err
    assert "Name a directory that does not exist yet" in done.err
    assert files_of(tmp_path) == {"mine.txt": b"mine"}


def test_demo_refuses_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    done = kubestack(tmp_path, "demo", "--directory", "mine.txt")
    assert done.code == 2
    assert "mine.txt" in done.err


def test_demo_without_tools_says_which(tmp_path: Path) -> None:
    bin_directory = tmp_path / "bin"
    bin_directory.mkdir()
    import shutil

    (bin_directory / "git").symlink_to(shutil.which("git") or "")
    (tmp_path / "work").mkdir()
    done = kubestack(tmp_path / "work", "demo", PATH=str(bin_directory), TMPDIR=str(tmp_path / "work"))
    assert done.code == 1
    assert "terraform is not installed or not on PATH" in done.said
    assert "developer.hashicorp.com/terraform/install" in done.said
    assert list((tmp_path / "work").iterdir()) == []

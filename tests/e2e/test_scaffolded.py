"""What scaffolding writes works at once, for chains of two and three environments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import git
from tests.platforms import Platform, kubestack

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.parametrize("chain", [("ops", "apps"), ("dev", "stage", "prod")], ids=["two", "three"])
def test_new_platform_reaches_every_environment(tmp_path: Path, chain: tuple[str, ...]) -> None:
    args = [
        "--no-input",
        "--environments",
        ",".join(chain),
        "--application",
        "shop",
        "--default-branch",
        "trunk",
    ]
    done = kubestack(tmp_path, "new", "platform", "acme", *args)
    assert done.code == 0, done.said
    platform = Platform(root=tmp_path / "acme")
    assert git(platform.root, "log", "--format=%s", "trunk") == "Scaffold the platform acme"
    assert f"{len(chain)} environments" in platform.ok("validate").out
    for environment in chain:
        done = platform.ok("plan", "-e", environment)
        assert f"infra ({environment}): 3 to create" in done.out
    for environment in chain:
        platform.ok("apply", "-e", environment)
        platform.ok("verify", "-e", environment)
        assert platform.statuses(environment) == ["started", "applied", "verified"]
        assert platform.ok("plan", "-e", environment, "--detailed-exitcode").code == 0
    status = platform.ok("status", "-o", "json").json
    assert [item["concerns"] for item in status["environments"]] == [[]] * len(chain)
    assert git(platform.root, "status", "--porcelain") == ""


def test_new_platform_without_an_identity(tmp_path: Path) -> None:
    done = kubestack(
        tmp_path,
        "new",
        "platform",
        "acme",
        "--no-input",
        GIT_CONFIG_GLOBAL="/dev/null",
        HOME=str(tmp_path / "home"),
    )
    assert done.code == 0, done.said
    assert "Git knows no identity of yours" in done.err
    assert git(tmp_path / "acme", "log", "--format=%an") == "kubestack"


def test_new_platform_says_where_it_is_and_what_next(tmp_path: Path) -> None:
    done = kubestack(tmp_path, "new", "platform", "acme")
    assert done.code == 0, done.said
    assert done.out == f"{tmp_path / 'acme'}\n"
    assert "kubestack validate" in done.err

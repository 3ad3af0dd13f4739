"""`kubestack ci`, `new platform --ci`, and the part of a run that one job carries out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubestack_py.ci.pipelines.render import render_pipelines
from kubestack_py.model.ci import CiHost
from tests.platforms import Platform, assert_refused, invoke
from tests.unit.test_pipelines import PLAIN
from tests.unit.test_pipelines import platform as settings

if TYPE_CHECKING:
    from pathlib import Path

PATHS = {host: [item.path for item in render_pipelines(settings(PLAIN), host)] for host in CiHost}


@pytest.mark.parametrize("host", list(CiHost))
def test_new_platform_has_the_pipeline_of(tmp_path: Path, host: CiHost) -> None:
    done = invoke(
        tmp_path, "new", "platform", "acme", "--no-input", "--ci", host.value, "--directory", str(tmp_path)
    )
    assert done.code == 0, done.said
    root = tmp_path / "acme"
    assert f"host: {host}\n" in (root / "kubestack.yaml").read_text()
    assert all((root / path).is_file() for path in PATHS[host])
    assert (root / "ci" / "Dockerfile").is_file()
    assert invoke(root, "ci", "check").code == 0
    assert "as it should be" in invoke(root, "ci", "render", host.value).out


def test_new_platform_refuses_an_unknown_host(tmp_path: Path) -> None:
    done = invoke(tmp_path, "new", "platform", "acme", "--no-input", "--ci", "travis")
    assert done.code == 2
    assert "github, gitlab, jenkins, azure, bitbucket, lighthouse" in done.said
    assert not (tmp_path / "acme").exists()


def test_render_writes_once_and_shows_what_it_would_change(platform: Platform) -> None:
    shown = invoke(platform.root, "ci", "render", "github", "--dry-run")
    assert "+++ b/.github/workflows/kubestack.yaml" in shown.out
    assert platform.git("status", "--porcelain") == ""
    done = invoke(platform.root, "ci", "render", "github")
    assert done.out.splitlines() == ["wrote .github/workflows/kubestack.yaml", "wrote ci/Dockerfile"]
    (platform.root / "ci" / "Dockerfile").write_text("FROM scratch\n")
    assert "as it should be" in invoke(platform.root, "ci", "render", "github").out
    assert (platform.root / "ci" / "Dockerfile").read_text() == "FROM scratch\n", "it is the team's own"
    text = invoke(platform.root, "ci", "render", "github", "--stdout").out
    assert text == (platform.root / ".github/workflows/kubestack.yaml").read_text()


def test_render_follows_no_link_and_leaves_the_repository_alone(platform: Platform, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("keep me\n")
    (platform.root / ".gitlab-ci.yml").symlink_to(outside)
    done = invoke(platform.root, "ci", "render", "gitlab")
    assert done.code != 0
    assert "symbolic link" in done.said
    assert outside.read_text() == "keep me\n"


def test_check_and_validate_refuse_a_pipeline_that_no_longer_fits(platform: Platform) -> None:
    with (platform.root / "kubestack.yaml").open("a") as stream:
        stream.write("ci: {host: gitlab}\n")
    words = [".gitlab-ci.yml: the pipeline is missing", "kubestack ci render gitlab"]
    assert_refused(platform, "ci", "check", code=1, words=words)
    platform.ok("ci", "render", "gitlab")
    platform.ok("ci", "check")
    platform.edit("kubestack.yaml", "apps-deploy-*", "prod-deploy-*")
    words = [
        '+    - if: \'$CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_TAG =~ /^prod-deploy-',
        "no longer fits",
    ]
    assert_refused(platform, "ci", "check", code=1, words=words)
    assert_refused(platform, "validate", code=1, words=[".gitlab-ci.yml:", "no longer fits kubestack.yaml"])


def test_run_does_the_share_of_a_job_and_no_more(hosted: Platform) -> None:
    done = hosted.ok("run", "--only", "apply", "--environment", "apps")
    assert "apply ops is left to another job" in done.said
    assert "plan apps is left to another job" in done.said
    assert hosted.records() == []
    hosted.ok("run", "--only", "apply", "--environment", "ops")
    assert hosted.statuses("ops") == ["started", "verified"]
    assert hosted.previews("apps") == []
    hosted.ok("run", "--only", "plan", "--environment", "apps")
    assert {record["stack"] for record in hosted.previews("apps")} == {"infra", "manifests/web"}


def test_run_refuses_an_environment_that_there_is_not(platform: Platform) -> None:
    words = ["there is no environment 'prod'", "ops, apps"]
    assert_refused(platform, "run", "--only", "apply", "--environment", "prod", code=2, words=words)

"""Terraform and kubectl that are missing, too old, failing, or killed in the middle."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.platforms import FakeTerraform, Platform, assert_refused, overlaid, tools_directory

if TYPE_CHECKING:
    from pathlib import Path

HUGE = 50_000_000
MEASURED = """
import pathlib, re, sys
from kubestack_py.cli.main import main

report, *arguments = sys.argv[1:]
sys.argv = ["kubestack", *arguments]
try:
    main()
finally:
    status = pathlib.Path("/proc/self/status").read_text()
    pathlib.Path(report).write_text(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1])
"""


def test_terraform_is_missing(hosted: Platform, tmp_path: Path) -> None:
    path = tools_directory(tmp_path / "bin", ["git", "kubectl"])
    for command in ("plan", "apply", "run"):
        words = [
            "terraform is not installed or not on PATH",
            "https://developer.hashicorp.com/terraform/install",
        ]
        assert_refused(hosted, command, code=1, words=words, PATH=str(path))
    assert hosted.records() == []


def test_kubectl_is_missing(hosted: Platform, tmp_path: Path) -> None:
    path = tools_directory(tmp_path / "bin", ["git", "terraform"])
    words = ["kubectl is not installed or not on PATH", "https://kubernetes.io/docs/tasks/tools/"]
    assert_refused(hosted, "plan", code=1, words=words, PATH=str(path))


def test_kubectl_is_missing_and_nothing_is_applied(hosted: Platform, tmp_path: Path) -> None:
    path = tools_directory(tmp_path / "bin", ["git", "terraform"])
    assert_refused(hosted, "run", code=1, words=["kubectl is not installed"], PATH=str(path))
    assert hosted.records() == []


def test_git_is_missing(hosted: Platform, tmp_path: Path) -> None:
    path = tools_directory(tmp_path / "bin", ["terraform", "kubectl"])
    done = hosted.kubestack("plan", PATH=str(path))
    assert done.code == 1
    assert "git is not installed or not on PATH" in done.err


def test_validate_needs_no_terraform(hosted: Platform, tmp_path: Path) -> None:
    path = tools_directory(tmp_path / "bin", ["git", "kubectl"])
    hosted.ok("validate", PATH=str(path))


def test_doctor_names_what_is_missing_and_how_to_get_it(hosted: Platform, tmp_path: Path) -> None:
    path = tools_directory(tmp_path / "bin", ["git"])
    words = [
        "terraform is not installed",
        "https://developer.hashicorp.com/terraform/install",
        "kubectl is not installed",
        "https://kubernetes.io/docs/tasks/tools/",
        "not in order: terraform, kustomize",
    ]
    done = assert_refused(hosted, "doctor", code=1, words=words, PATH=str(path))
    assert "✗  terraform" in done.out
    assert "✓  git" in done.out


def test_doctor_outside_of_a_repository(tmp_path: Path) -> None:
    done = Platform(root=tmp_path).kubestack("doctor")
    assert done.code == 0, done.said
    assert "not inside one" in done.out
    assert "kubestack new platform" in done.err


def test_doctor_of_a_broken_platform(hosted: Platform) -> None:
    hosted.edit("kubestack.yaml", "version: 1", "version: one")
    words = ["kubestack.yaml", "kubestack validate", "not in order: kubestack.yaml"]
    assert_refused(hosted, "doctor", code=1, words=words)


def test_doctor_as_json(hosted: Platform) -> None:
    checks = {check["name"]: check for check in hosted.ok("doctor", "-o", "json").json["checks"]}
    assert {"kubestack", "git", "terraform", "kustomize", "repository", "stacks", "evidence"} <= checks.keys()
    assert all(check["ok"] for check in checks.values())


def test_terraform_is_too_old(hosted: Platform, fake: FakeTerraform) -> None:
    fake.misbehave("old-version")
    words = ["terraform 1.2.0", "does not fit", "1.6", "https://developer.hashicorp.com/terraform/install"]
    for command in ("plan", "run"):
        assert_refused(hosted, command, code=1, words=words)
    assert set(fake.commands()) == {"version"}


def test_terraform_is_not_the_required_one(hosted: Platform) -> None:
    hosted.land("kubestack.yaml", '">= 1.6, < 2"', '">= 1.90, < 2"')
    assert_refused(hosted, "apply", code=1, words=["does not fit", ">= 1.90, < 2"])
    done = hosted.kubestack("doctor")
    assert done.code == 1
    assert ">= 1.90, < 2 is needed" in " ".join(done.out.split())


def test_init_fails(hosted: Platform, fake: FakeTerraform) -> None:
    fake.misbehave("fail-init")
    done = hosted.kubestack("plan", "infra")
    assert done.code == 1
    assert "Failed to query available provider packages" in done.said
    assert "infra" in done.err


def test_plan_fails_and_the_other_stack_is_planned(hosted: Platform, fake: FakeTerraform) -> None:
    fake.misbehave("fail-plan")
    words = [
        "infra (ops): failed",
        "Resource precondition failed",
        "main.tf:3",
        "manifests/web (ops): 5 to create",
    ]
    done = assert_refused(hosted, "plan", code=1, words=words)
    assert "plan of ops failed: infra" in done.err


def test_state_is_locked(hosted: Platform, fake: FakeTerraform) -> None:
    fake.misbehave("locked")
    done = assert_refused(
        hosted, "plan", "infra", code=1, words=["Error acquiring the state lock", "ada@build-7"]
    )
    assert "8621e216-3341-0513-95fc-1bb956abd405" in done.said


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("no-json", ["infra (ops): failed"]),
        ("new-format", ["infra (ops): failed", "2.0"]),
    ],
)
def test_plan_that_cannot_be_read(hosted: Platform, fake: FakeTerraform, mode: str, words: list[str]) -> None:
    fake.misbehave(mode)
    done = assert_refused(hosted, "plan", "infra", code=1, words=words)
    assert "bug" not in done.err


@pytest.mark.slow
def test_apply_fails_in_the_middle_and_is_tried_again(hosted: Platform, fake: FakeTerraform) -> None:
    fake.misbehave("fail-apply")
    done = hosted.kubestack("run")
    assert done.code == 1
    for word in (
        "local-exec provisioner error",
        "main.tf:7",
        "infra (ops): failed",
        "run the same command again",
    ):
        assert word in done.said
    assert hosted.statuses("ops") == ["started", "failed"]
    assert hosted.statuses("ops", "manifests/web") == ["started", "failed"]
    assert hosted.git("ls-remote", "origin", "refs/heads/env/*") == ""
    assert "failed" in hosted.ok("status").out

    fake.misbehave()
    hosted.ok("run")
    assert hosted.statuses("ops") == ["started", "failed", "started", "verified"]
    assert hosted.statuses("ops", "manifests/web")[-1] == "verified"


def test_terraform_is_killed_in_the_middle(hosted: Platform, fake: FakeTerraform) -> None:
    fake.misbehave("crash")
    done = hosted.kubestack("run")
    assert done.code == 1
    assert "killed by SIGKILL" in done.said
    assert "infra (ops): failed" in done.out
    assert hosted.statuses("ops") == ["started", "failed"]

    fake.misbehave()
    hosted.ok("run")
    assert hosted.statuses("ops")[-1] == "verified"


def test_state_that_could_not_be_saved_is_kept(hosted: Platform, fake: FakeTerraform) -> None:
    fake.misbehave("errored-state")
    done = hosted.kubestack("apply", "infra")
    assert done.code == 1
    assert "Failed to persist state" in done.said
    assert "state push" in done.said
    assert hosted.statuses("ops") == ["started", "failed"]


def test_terraform_is_no_terraform(hosted: Platform, tmp_path: Path) -> None:
    path = tools_directory(tmp_path / "bin", ["git", "kubectl", "sh"])
    (path / "terraform").write_text("#!/bin/sh\necho hello\n")
    (path / "terraform").chmod(0o755)
    words = [f"{path}/terraform does not answer like terraform", "hello"]
    assert_refused(hosted, "plan", "infra", code=1, words=words, PATH=str(path))


@pytest.mark.slow
def test_plan_of_fifty_megabytes(hosted: Platform, fake: FakeTerraform) -> None:
    """It is read, shown in a few lines, and costs memory of a few times its size."""
    fake.misbehave("huge-plan")
    done = hosted.ok("plan", "infra")
    assert "infra (ops): 2 to create" in done.out
    assert len(done.out) < 2000
    peak = peak_memory(hosted, "plan", "infra") - peak_memory(hosted, "resolve")
    assert peak < 6 * HUGE, f"{peak / HUGE:.1f} times the size of the plan"


def peak_memory(platform: Platform, *args: str) -> int:
    """Bytes of memory that the program itself needed at most, its children left out."""
    report = platform.root.parent / "peak"
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(report), *args],
        cwd=platform.root,
        env=overlaid({}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(report.read_text(encoding="utf-8")) * 1024

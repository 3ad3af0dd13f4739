"""Files that lead elsewhere, mean two things, or are too large."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.platforms import Platform, assert_refused, files_of, program

if TYPE_CHECKING:
    from pathlib import Path

MEBIBYTE = 2**20
LARGE_MANIFEST = 100 * MEBIBYTE
MOST_MEMORY = 400 * MEBIBYTE
# From a small process: what a process counts as its own begins with the memory of the one that started it.
MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, flush=True)
sys.exit(code)
"""


@pytest.mark.parametrize(
    "link", ["infra", "manifests", "manifests/web/overlays", ".kubestack", "kubestack.yaml"]
)
def test_edits_write_nothing_behind_a_link(platform: Platform, tmp_path: Path, link: str) -> None:
    """`kubestack add` would otherwise write where the link of a repository leads."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (platform.root / link).rename(outside / "target")
    (platform.root / link).symlink_to(outside / "target")
    before = files_of(outside)
    for args in (["add", "app", "shop"], ["add", "environment", "staging", "--before", "apps"]):
        done = platform.kubestack(*args)
        assert "bug" not in done.err
        assert files_of(outside) == before, f"{args} wrote outside: {done.said}"


@pytest.mark.parametrize("old", ["kind: Deployment\n", "apiVersion: apps/v1\n"])
def test_keys_that_mean_two_things(platform: Platform, old: str) -> None:
    path = "manifests/web/base/deployment.yaml"
    platform.edit(path, old, f"{old}{old}")
    assert_refused(platform, "validate", code=1, words=[f"{path}:", "duplicate key"])


def test_large_manifest_takes_bounded_memory(platform: Platform) -> None:
    """Measured by the kernel, over the program and everything that it started."""
    target = platform.root / "manifests/web/base/large.yaml"
    with target.open("wb") as stream:
        stream.write(b"kind: ConfigMap\ndata:\n  a: |\n")
        for _ in range(LARGE_MANIFEST // MEBIBYTE):
            stream.write(b"    " + b"x" * (MEBIBYTE - 5) + b"\n")
    platform.edit(
        "manifests/web/base/kustomization.yaml", "  - service.yaml\n", "  - service.yaml\n  - large.yaml\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *program("validate")],
        cwd=platform.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "the file is larger than 8 MiB" in done.stdout
    assert int(done.stdout.splitlines()[-1]) * 1024 < MOST_MEMORY

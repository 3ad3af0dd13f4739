"""Full and read-only disks: small file systems in memory, mounted for the test."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.platforms import Platform, files_of, kubestack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB; `fill` and `freeze` spoil it."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"mounting a small disk is not permitted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path, left: int = 0) -> None:
    """Take all of the space but `left` bytes."""
    status = os.statvfs(disk)
    with (disk / "ballast").open("wb") as stream:
        stream.write(b"\0" * (status.f_bavail * status.f_frsize - left))


def freeze(disk: Path) -> None:
    """Make the disk read-only."""
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


def on_disk(platform: Platform, disk: Path) -> Platform:
    """The clone, moved to the disk."""
    return Platform(root=shutil.copytree(platform.root, disk / "acme", symlinks=True), remote=platform.remote)


@pytest.mark.parametrize("left", [0, 20_000, 60_000])
def test_new_platform_on_a_full_disk(disk: Path, left: int) -> None:
    fill(disk, left)
    done = kubestack(disk, "new", "platform", "acme", "--no-input")
    assert done.code == 1, done.said
    assert "No space left on device" in done.err
    assert "bug" not in done.err
    assert list(files_of(disk)) == ["ballast"]
    assert [path.name for path in disk.iterdir()] == ["ballast"]


def test_new_platform_on_a_read_only_disk(disk: Path) -> None:
    freeze(disk)
    for place in ("acme", "deeper"):
        done = kubestack(disk, "new", "platform", "acme", "--no-input", "--directory", place)
        assert done.code == 1, done.said
        assert "Read-only file system" in done.err
        assert str(disk) in done.err
    assert not list(disk.iterdir())


def test_apply_on_a_full_disk(hosted: Platform, disk: Path) -> None:
    clone = on_disk(hosted, disk)
    fill(disk)
    before = clone.snapshot()
    done = clone.kubestack("run")
    assert done.code == 1, done.said
    assert "No space left on device" in done.err or "diskspace" in done.err
    assert "bug" not in done.err
    assert clone.snapshot() == before
    assert clone.records() == []

    (disk / "ballast").unlink()
    clone.ok("run")
    assert clone.statuses("ops") == ["started", "verified"]


def test_apply_on_a_read_only_disk(hosted: Platform, disk: Path) -> None:
    clone = on_disk(hosted, disk)
    freeze(disk)
    before = clone.snapshot()
    for command in ("run", "apply"):
        done = clone.kubestack(command)
        assert done.code == 1, done.said
        assert "ead-only file system" in done.err
        assert "bug" not in done.err
    assert clone.snapshot() == before
    assert clone.records() == []


def test_reading_on_a_read_only_disk(hosted: Platform, disk: Path) -> None:
    clone = on_disk(hosted, disk)
    freeze(disk)
    for command in ("validate", "resolve", "status", "doctor"):
        done = clone.kubestack(command)
        assert done.code in {0, 1}, done.said
        assert "bug" not in done.err
    assert clone.kubestack("validate").code == 0
    assert clone.kubestack("resolve").code == 0
    assert clone.kubestack("status").code == 0


def test_full_home_is_no_reason_to_fail(hosted: Platform, disk: Path) -> None:
    fill(disk)
    hosted.ok("plan", XDG_CACHE_HOME=str(disk))
    hosted.ok("validate", XDG_CACHE_HOME=str(disk))


def test_full_temporary_directory(hosted: Platform, disk: Path) -> None:
    """Python looks for another place where not a byte can be written; later, the disk is named."""
    fill(disk)
    hosted.ok("plan", TMPDIR=str(disk))
    (disk / "ballast").unlink()
    fill(disk, 4096)
    done = hosted.kubestack("run", TMPDIR=str(disk))
    assert done.code == 1, done.said
    assert "infra (ops): failed" in done.out
    assert str(disk) in done.out
    assert "bug" not in done.err
    assert hosted.git("ls-remote", "origin", "refs/heads/env/*") == ""
    assert not list((hosted.root.parent / "state").rglob("*.tfstate"))
    assert [path.name for path in disk.iterdir()] == ["ballast"]


def test_summary_that_cannot_be_written(hosted: Platform, disk: Path) -> None:
    freeze(disk)
    done = hosted.kubestack("run", "--summary", str(disk / "summary.md"))
    assert done.code == 1, done.said
    assert str(disk / "summary.md") in done.err
    assert hosted.statuses("ops") == ["started", "verified"]

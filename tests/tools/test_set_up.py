"""scripts/set-up: what a newcomer lacks is told at once, and a virtual environment always ends up whole."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHELL_TOOLS = ("sh", "dirname", "cat", "cksum", "sed", "tr", "rm", "grep")
PROGRAMS = ("git", "terraform", "kubectl")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the set-up alone, and a small project instead of ours."""
    place = tmp_path / "a checkout"
    (place / "scripts").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "set-up", place / "scripts")
    (place / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "small"\nversion = "1"\n[project.scripts]\nsmall = "small:main"\n'
        '[tool.hatch.build]\ndev-mode-dirs = ["."]\n'
    )
    (place / "small.py").write_text("def main():\n    print('it runs')\n")
    blocks = re.split(r"\n(?=\S)", (ROOT / "requirements.txt").read_text("utf-8"))
    wanted = ("hatchling=", "packaging=", "pathspec=", "pluggy=", "tomlkit=", "trove-classifiers=")
    pins = [block for block in blocks if block.startswith(wanted)]
    (place / "requirements.txt").write_text("\n".join(pins) + "\n")
    return place


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A PATH with the shell's own tools and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in SHELL_TOOLS:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


def provide(folder: Path, name: str, text: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)


def set_up(checkout: Path, *programs: str, path: Path | None = None, python: str = "") -> tuple[int, str]:
    """Exit code and standard error of the set-up."""
    environ = os.environ | {"PYTHON": python} | ({"PATH": str(path)} if path else {})
    done = subprocess.run(
        [checkout / "scripts" / "set-up", *programs],
        cwd="/",
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_set_up_tells_everything_that_is_missing_at_once(checkout: Path, bare: Path) -> None:
    code, told = set_up(checkout, *PROGRAMS, path=bare)
    assert code == 1
    assert "nothing was installed" in told
    lines = [line for line in told.splitlines() if line.startswith("  - ")]
    assert len(lines) == 4
    for line, name in zip(lines, [*PROGRAMS, "Python 3.11 or newer"], strict=True):
        assert line.startswith(f"  - {name} is missing: get it from https://")
    assert not (checkout / ".venv").exists()


def test_set_up_takes_an_alternative(checkout: Path, bare: Path) -> None:
    provide(bare, "tofu", "exit 0")
    _, told = set_up(checkout, "terraform/tofu", "kubectl/kustomize", path=bare)
    assert "terraform" not in told
    assert "kubectl or kustomize is missing" in told


def test_set_up_refuses_an_old_python(checkout: Path, bare: Path) -> None:
    provide(bare, "python3", "exit 1")
    code, told = set_up(checkout, path=bare)
    assert code == 1
    assert "Python 3.11 or newer is missing" in told


def test_set_up_refuses_a_python_that_was_named_and_is_not_there(checkout: Path) -> None:
    code, told = set_up(checkout, python="/nowhere/python3")
    assert code == 1
    assert "/nowhere/python3 is not" in told


def test_set_up_tells_that_python_lacks_venv(checkout: Path, bare: Path) -> None:
    provide(bare, "python3", 'case "$2" in *ensurepip*) exit 1 ;; esac')
    code, told = set_up(checkout, path=bare)
    assert code == 1
    assert "python3 lacks its venv module" in told
    assert "apt install python3-venv" in told
    assert not (checkout / ".venv").exists()


@pytest.mark.slow
def test_set_up_makes_keeps_renews_and_mends_the_environment(checkout: Path) -> None:
    stamp = checkout / ".venv" / "ready"
    script = checkout / ".venv" / "bin" / "small"
    (checkout / ".venv" / "bin").mkdir(parents=True)  # what an interrupted set-up leaves behind
    (checkout / ".venv" / "bin" / "python").write_text("half of a file")

    code, told = set_up(checkout, python=sys.executable)
    assert code == 0, told
    assert subprocess.check_output([script], text=True) == "it runs\n"

    made = stamp.stat().st_mtime_ns
    assert set_up(checkout) == (0, "")
    assert stamp.stat().st_mtime_ns == made

    with (checkout / "pyproject.toml").open("a", encoding="utf-8") as project:
        project.write("# changed\n")
    code, told = set_up(checkout)
    assert code == 0
    assert "Installing" in told
    assert stamp.stat().st_mtime_ns > made

    moved = checkout.rename(checkout.with_name("moved"))
    assert set_up(moved)[0] == 0
    assert subprocess.check_output([moved / ".venv" / "bin" / "small"], text=True) == "it runs\n"


@pytest.mark.slow
def test_set_up_that_fails_leaves_no_stamp_and_can_be_repeated(checkout: Path) -> None:
    pins = checkout / "requirements.txt"
    good = pins.read_text("utf-8")
    pins.write_text(re.sub(r"sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", good))
    code, told = set_up(checkout, python=sys.executable)
    assert code != 0
    assert "DO NOT MATCH THE HASHES" in told
    assert not (checkout / ".venv" / "ready").exists()
    pins.write_text(good)
    code, told = set_up(checkout, python=sys.executable)
    assert code == 0, told

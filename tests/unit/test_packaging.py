"""The pins of requirements.txt and the files around the set-up keep up with pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from kubestack_py import __version__
from kubestack_py.system.tools import GIT, KUBECTL, TERRAFORM, ToolSpec

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PINS = (ROOT / "requirements.txt").read_text("utf-8")
PYTHONS = ("3.11", "3.12", "3.13")


def entries() -> dict[str, str]:
    """Each entry of requirements.txt with its hashes, by normalised name."""
    blocks = re.split(r"\n(?=\S)", PINS.strip())
    return {canonicalize_name(Requirement(block.partition(" \\")[0]).name): block for block in blocks}


def pinned(python: str) -> dict[str, str]:
    """Name and version of what is installed on Linux with one version of Python."""
    found = {}
    for name, block in entries().items():
        requirement = Requirement(block.partition(" \\")[0])
        if requirement.marker is None or requirement.marker.evaluate(environment(python)):
            (specifier,) = requirement.specifier
            found[name] = specifier.version
    return found


def environment(python: str) -> dict[str, str]:
    return {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "extra": "",
    }


def declared() -> list[Requirement]:
    """What pyproject.toml names, to run and to develop, and what builds the project."""
    project = PROJECT["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return [Requirement(line) for line in [*lines, *PROJECT["build-system"]["requires"]]]


@pytest.mark.parametrize("python", PYTHONS)
def test_requirements_fit_everything_that_the_project_declares(python: str) -> None:
    versions = pinned(python)
    for requirement in declared():
        version = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} but {version} is pinned: `make lock`"


@pytest.mark.parametrize("python", PYTHONS)
def test_requirements_hold_what_their_own_entries_need(python: str) -> None:
    versions = pinned(python)
    for name in versions:
        for line in requires(name) or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate(environment(python)):
                assert canonicalize_name(needed.name) in versions, f"{name} needs {needed}"


def test_requirements_are_pinned_with_hashes() -> None:
    for name, block in entries().items():
        assert re.match(r"\S+==\S+", block), name
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), name


def test_requirements_name_no_host() -> None:
    assert "://" not in PINS
    for line in PINS.splitlines():
        assert line.startswith("    --hash=sha256:") or "==" in line, line


def test_runtime_does_not_need_what_only_development_needs() -> None:
    runtime = {canonicalize_name(Requirement(line).name) for line in PROJECT["project"]["dependencies"]}
    dev = {
        canonicalize_name(Requirement(line).name)
        for line in PROJECT["project"]["optional-dependencies"]["dev"]
    }
    assert runtime.isdisjoint(dev)


def test_supported_pythons_are_those_that_are_classified() -> None:
    classified = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    assert tuple(classified) == PYTHONS
    assert PROJECT["project"]["requires-python"] == f">={PYTHONS[0]}"


@pytest.mark.parametrize("tool", [GIT, TERRAFORM, KUBECTL], ids=lambda tool: tool.name)
def test_set_up_tells_the_same_place_to_get_a_tool_as_the_program(tool: ToolSpec) -> None:
    script = (ROOT / "scripts" / "set-up").read_text("utf-8")
    assert f"{tool.name}) echo '{tool.how_to_get}' ;;" in script


def test_changelog_has_a_section_for_this_version() -> None:
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_ci_runs_what_developers_run() -> None:
    targets = re.findall(
        r"^make .*?([a-z-]+)(?: [A-Z]+=\S+)*$", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE
    )
    assert targets == ["lint", "test"]

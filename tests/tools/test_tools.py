"""Finding programs: the real ones, and small ones that answer as we need them to."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestack_py.errors import ToolError, ToolMissingError
from kubestack_py.system.tools import (
    GIT,
    KUBECTL,
    KUSTOMIZE,
    TERRAFORM,
    TOFU,
    Tool,
    ToolSpec,
    find_first,
    find_tool,
    fits,
)

SPECS = (GIT, TERRAFORM, TOFU, KUBECTL, KUSTOMIZE)
ANSWERS = {
    "git": "git version 2.39.5 (Apple Git-154)",
    "terraform": '{"terraform_version": "1.12.0-alpha20250213", "platform": "linux_amd64"}',
    "tofu": '{"terraform_version": "1.9.1"}',
    "kubectl": '{"clientVersion": {"major": "1", "minor": "32", "gitVersion": "v1.32.0-eks-5ca49cb"}}',
    "kustomize": "v5.4.2\n",
}
VERSIONS = {
    "git": "2.39.5",
    "terraform": "1.12.0",
    "tofu": "1.9.1",
    "kubectl": "1.32.0",
    "kustomize": "5.4.2",
}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH that holds only what a test puts there."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    return directory


def install(path: Path, spec: ToolSpec, answer: str = "", *, code: int = 0) -> Path:
    """Put a program on PATH that answers, counts its calls, and ends with a code."""
    program = path / spec.name
    answers, asked = path / f"{spec.name}.answer", path / f"{spec.name}.calls"
    answers.write_text(answer or ANSWERS[spec.name])
    program.write_text(f'#!/bin/sh\necho "$@" >> "{asked}"\n/bin/cat "{answers}"\nexit {code}\n')
    program.chmod(0o755)
    return program


def calls(path: Path, spec: ToolSpec) -> list[str]:
    return (path / f"{spec.name}.calls").read_text().splitlines()


@pytest.mark.parametrize("spec", [GIT, TERRAFORM, KUBECTL], ids=lambda spec: spec.name)
def test_find_real_program(spec: ToolSpec, cache: Path) -> None:
    tool = find_tool(spec, cache)
    assert Path(tool.path).is_file()
    assert fits(tool.version, f">= {spec.minimum}")


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_find_reads_what_programs_answer(spec: ToolSpec, path: Path, cache: Path) -> None:
    program = install(path, spec)
    assert find_tool(spec, cache) == Tool(name=spec.name, path=str(program), version=VERSIONS[spec.name])
    assert calls(path, spec) == [" ".join(spec.version_args)]


def test_find_asks_once_for_each_binary(path: Path, cache: Path) -> None:
    program = install(path, TERRAFORM)
    for _ in range(3):
        find_tool(TERRAFORM, cache)
    assert len(calls(path, TERRAFORM)) == 1
    (path / "terraform.answer").write_text('{"terraform_version": "1.10.0"}')
    program.write_text(program.read_text() + "# another build\n")
    assert find_tool(TERRAFORM, cache).version == "1.10.0"
    assert len(calls(path, TERRAFORM)) == 2


@pytest.mark.parametrize("garbage", [b"", b"\xff\xfe", b"not a version", b"1.11.4\n"])
def test_find_cache_of_garbage_is_asked_again(path: Path, cache: Path, garbage: bytes) -> None:
    install(path, TERRAFORM)
    find_tool(TERRAFORM, cache)
    [remembered] = cache.iterdir()
    remembered.write_bytes(garbage)
    assert find_tool(TERRAFORM, cache).version == "1.12.0"


def test_find_without_a_cache_that_can_be_written(path: Path, tmp_path: Path) -> None:
    install(path, TERRAFORM)
    assert find_tool(TERRAFORM, tmp_path / "nowhere").version == "1.12.0"


def test_find_missing_says_how_to_get_it(path: Path, cache: Path) -> None:
    with pytest.raises(ToolMissingError) as caught:
        find_tool(KUBECTL, cache)
    assert caught.value.message == "kubectl is not installed or not on PATH"
    assert "https://kubernetes.io" in caught.value.hint


@pytest.mark.parametrize(
    ("version", "requirement", "wanted"),
    [
        ("1.5.7", "", ">=1.6"),
        ("1.11.4", ">= 1.6, < 1.11", ">= 1.6, < 1.11"),
        ("1.11.4", "~> 1.12", "~> 1.12"),
        ("0.11.14", "< 1", ">=1.6"),
    ],
)
def test_find_version_that_does_not_fit(
    path: Path, cache: Path, version: str, requirement: str, wanted: str
) -> None:
    program = install(path, TERRAFORM, f'{{"terraform_version": "{version}"}}')
    with pytest.raises(ToolMissingError) as caught:
        find_tool(TERRAFORM, cache, requirement)
    assert caught.value.message == f"terraform {version} ({program}) does not fit: {wanted} is needed"


@pytest.mark.parametrize(
    "answer", ["hello", "{", '{"version": "1.6.0"}', '{"terraform_version": null}', "[]", "null"]
)
def test_find_program_that_answers_like_another(path: Path, cache: Path, answer: str) -> None:
    install(path, TERRAFORM, answer)
    with pytest.raises(ToolError) as caught:
        find_tool(TERRAFORM, cache)
    assert "does not answer like terraform" in caught.value.message
    assert list(cache.iterdir()) == []


def test_find_program_that_fails(path: Path, cache: Path) -> None:
    install(path, TERRAFORM, "cannot open shared object", code=127)
    with pytest.raises(ToolError) as caught:
        find_tool(TERRAFORM, cache)
    assert caught.value.message == "asking terraform for its version failed (exit code 127)"
    assert "shared object" in caught.value.detail


def test_find_first_takes_the_first_that_is_installed(path: Path, cache: Path) -> None:
    choices = [(TERRAFORM, ""), (TOFU, "")]
    with pytest.raises(ToolMissingError) as caught:
        find_first(choices, cache)
    assert caught.value.message == "terraform or tofu is not installed or not on PATH"
    assert caught.value.hint.startswith("Get terraform: ")
    install(path, TOFU)
    assert find_first(choices, cache).name == "tofu"
    install(path, TERRAFORM)
    assert find_first(choices, cache).name == "terraform"


def test_find_first_does_not_fall_back_from_one_that_is_too_old(path: Path, cache: Path) -> None:
    install(path, TERRAFORM, '{"terraform_version": "1.5.0"}')
    install(path, TOFU)
    with pytest.raises(ToolMissingError, match=r"terraform 1\.5\.0"):
        find_first([(TERRAFORM, ""), (TOFU, "")], cache)


@pytest.mark.parametrize(
    ("version", "requirement", "expected"),
    [
        ("1.11.4", "", True),
        ("1.11.4", ">= 1.6, < 2", True),
        ("1.11.4", ">=1.12", False),
        ("1.6", ">= 1.6.0", True),
        ("2.0.0", "< 2", False),
        ("1.11.4", "!= 1.11.4", False),
        ("1.11.4", "== 1.11.4", True),
        ("1.11.4", "~> 1.6", True),
        ("2.0.0", "~> 1.6", False),
        ("1.6.9", "~> 1.6.1", True),
        ("1.7.0", "~> 1.6.1", False),
        ("2.0.0", "~> 1", True),
        ("0.9.0", "~> 1", False),
        ("2.5.0", "~> 1 , < 2.1", False),
        ("1.12.0", ">= 1.6, ~> 1", True),
    ],
)
def test_fits(version: str, requirement: str, expected: bool) -> None:
    assert fits(version, requirement) is expected


@pytest.mark.parametrize("requirement", ["newest", "1.6", ">= x", ">= 1.6 < 2"])
def test_fits_what_is_no_requirement(requirement: str) -> None:
    with pytest.raises(ToolError) as caught:
        fits("1.6", requirement)
    assert requirement in caught.value.message
    assert ">= 1.6, < 2" in caught.value.hint

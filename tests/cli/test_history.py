"""`kubestack history`: what was done where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubestack_py.model.evidence import Override, RecordStatus
from tests.conftest import commit, make_repository
from tests.evidence import note, record
from tests.platforms import invoke
from tests.unit.test_schemas import check

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """\
version: 1
name: acme
environments:
  - {name: ops, apply_on: {branch: main}}
  - {name: apps, apply_on: {tag: "apps-deploy-*"}}
stacks:
  - path: infra
"""
STARTED, FAILED = RecordStatus.STARTED, RecordStatus.FAILED


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "acme", {"kubestack.yaml": SETTINGS, "infra/main.tf": ""}).root


@pytest.fixture
def past(root: Path) -> list[str]:
    """Three commits: the first went to both, the second failed in ops, the third never reported."""
    commits = [commit(root, message) for message in ("one", "two", "three")]
    runs = [("ops", 0, "a", None), ("apps", 0, "b", None), ("ops", 1, "c", FAILED), ("ops", 2, "d", STARTED)]
    second = 0
    for environment, index, run, end in runs:
        common = {"environment": environment, "run": run, "actor": "ci"}
        note(root, record(commits[index], second, status=STARTED, **common))
        if end is not STARTED:
            overrides = (Override(check="soak", reason="on fire"),) if environment == "apps" else ()
            status = end or RecordStatus.VERIFIED
            ended = record(commits[index], second + 1, status=status, overrides=overrides, **common)
            note(root, ended)
        second += 10
    return commits


def results(text: str) -> list[str]:
    return [line.rpartition("  ")[2] for line in text.splitlines()[1:]]


def test_history_is_newest_first(root: Path, past: list[str]) -> None:
    shown = invoke(root, "history").out
    assert results(shown) == ["d", "c", "b", "a"]
    lines = shown.splitlines()
    assert "began and never reported" in lines[1]
    assert f"{past[1][:8]} two" in lines[2]
    assert "failed" in lines[2]
    assert "soak: on fire" in lines[3]


@pytest.mark.parametrize(
    ("args", "runs"), [(["apps"], ["b"]), (["ops", "-n", "2"], ["d", "c"]), (["-n", "3"], ["d", "c", "b"])]
)
def test_history_selects(root: Path, past: list[str], args: list[str], runs: list[str]) -> None:
    assert results(invoke(root, "history", *args).out) == runs


def test_history_as_json(root: Path, past: list[str]) -> None:
    done = invoke(root, "history", "-o", "json")
    check("history", done.json)
    found = [
        (item["run"], item["result"], item["subject"], item["ended"][17:19]) for item in done.json["runs"]
    ]
    assert found == [
        ("d", "started", "three", ""),
        ("c", "failed", "two", "21"),
        ("b", "verified", "one", "11"),
        ("a", "verified", "one", "01"),
    ]


def test_history_of_a_commit_that_is_gone(root: Path) -> None:
    note(root, record("f" * 40, 1))
    done = invoke(root, "history", "-o", "json")
    assert [item["subject"] for item in done.json["runs"]] == [""]


def test_history_names_a_few_stacks(root: Path, past: list[str]) -> None:
    note(root, *(record(past[0], 50 + number, stack=f"s{number}", run="x") for number in range(6)))
    assert "s0, s1, s2, s3 and 2 more" in invoke(root, "history", "-n", "1").out


def test_history_of_nothing(root: Path) -> None:
    done = invoke(root, "history", "apps")
    assert (done.code, done.out) == (0, "")
    assert "Nothing was applied yet" in done.err


def test_history_of_an_unknown_environment(root: Path) -> None:
    done = invoke(root, "history", "prod")
    assert done.code == 2
    assert "there is no environment 'prod'" in done.err

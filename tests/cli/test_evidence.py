"""`kubestack evidence`: list, show and verify, on records that were written for the purpose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.evidence import Override, RecordStatus, VerificationResult
from kubestack_py.model.outline import ChangeOutline
from kubestack_py.promotion.records import to_line
from kubestack_py.promotion.signatures import signed
from kubestack_py.system.git import Git
from tests.conftest import commit, git, make_remote, make_repository
from tests.evidence import REF, allowed, note, record, rewrite, ssh_key, write_line
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
SIGNING = "evidence: {signing: ssh}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "acme", {"kubestack.yaml": SETTINGS, "infra/main.tf": ""}).root


@pytest.fixture
def head(root: Path) -> str:
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def key(root: Path, tmp_path: Path) -> Path:
    """The key of a platform that asks for signatures."""
    made = ssh_key(tmp_path / "ci")
    tree = {"kubestack.yaml": SETTINGS + SIGNING, ".kubestack/allowed_signers": allowed(made)}
    commit(root, "Ask for signatures", tree)
    return made


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()[1:]]


def test_list_is_newest_first(root: Path, head: str) -> None:
    later = commit(root, "later")
    note(root, record(head, 1), record(later, 3, environment="apps"), record(head, 2))
    done = invoke(root, "evidence", "list")
    assert [row[1] for row in rows(done.out)] == ["12:00:03", "12:00:02", "12:00:01"]
    assert rows(done.out)[0][2:6] == ["apps", "infra", "verified", later[:8]]


@pytest.mark.parametrize(
    ("args", "seconds"),
    [
        (["-e", "apps"], ["04"]),
        (["dns"], ["03"]),
        (["./dns/"], ["03"]),
        (["--status", "failed"], ["02"]),
        (["-n", "2"], ["05", "04"]),
        (["-e", "ops", "infra", "-n", "1"], ["02"]),
        (["--commit", "HEAD~1"], ["05", "04", "03", "02", "01"]),
        (["--commit", "HEAD"], []),
        (["-e", "gone"], ["05"]),
    ],
)
def test_list_selects(root: Path, head: str, args: list[str], seconds: list[str]) -> None:
    commit(root, "later")
    note(
        root,
        record(head, 1),
        record(head, 2, status=RecordStatus.FAILED),
        record(head, 3, stack="dns"),
        record(head, 4, environment="apps"),
        record(head, 5, environment="gone"),
    )
    done = invoke(root, "evidence", "list", *args)
    assert [row[1][-2:] for row in rows(done.out)] == seconds
    assert seconds or "There is no such evidence" in done.err


def test_list_as_json_is_what_is_stored(root: Path, head: str) -> None:
    note(root, record(head, 1, actor="ci"))
    done = invoke(root, "evidence", "list", "-o", "json")
    check("evidence-list", done.json)
    stored = json.loads(git(root, "notes", "--ref=kubestack", "show", head))
    assert done.json == {"records": [{"record": stored, "noted_on": head, "problem": ""}]}


def test_list_says_what_was_copied_to_another_commit(root: Path, head: str) -> None:
    later = commit(root, "later")
    note(root, record(head, 1))
    write_line(root, later, to_line(record(head, 1)))
    done = invoke(root, "evidence", "list", "-o", "json")
    problems = {item["noted_on"]: item["problem"] for item in done.json["records"]}
    assert problems == {head: "", later: f"it is about {head[:8]} and was copied to {later[:8]}"}


def test_list_of_an_environment_that_never_was(root: Path, head: str) -> None:
    note(root, record(head, 1))
    done = invoke(root, "evidence", "list", "-e", "osp")
    assert done.code == 2
    assert "there is no environment 'osp'" in done.err


def test_list_of_an_unknown_commit(root: Path) -> None:
    done = invoke(root, "evidence", "list", "--commit", "--all")
    assert done.code == 2
    assert "'--all' is neither a commit" in done.err


def test_show_tells_everything(root: Path, head: str) -> None:
    note(
        root,
        record(
            head,
            1,
            outlines=(ChangeOutline(address="a.b", action=ChangeAction.UPDATE, paths=("x.y",)),),
            overrides=(Override(check="soak", reason="on fire"),),
            verification=(VerificationResult(name="converged", passed=False, message="1 to update"),),
            tools={"terraform": "1.11.4"},
            url="https://ci.example.com/7",
            message="it broke",
        ),
    )
    shown = invoke(root, "evidence", "show", "HEAD").out
    for text in (
        "verified infra in ops",
        head,
        "update a.b (x.y)",
        "soak: on fire",
        "✗ converged: 1 to update",
        "terraform 1.11.4",
        "https://ci.example.com/7",
        "it broke",
        "5" * 64,
    ):
        assert text in shown


def test_show_of_a_run(root: Path, head: str) -> None:
    note(root, record(head, 1), record(head, 2, stack="dns"), record(head, 3, run=f"{2:016x}"))
    done = invoke(root, "evidence", "show", f"{2:016x}", "-o", "json")
    check("evidence-list", done.json)
    assert [item["record"]["at"][17:19] for item in done.json["records"]] == ["02", "03"]


@pytest.mark.parametrize(
    ("name", "words"), [("HEAD", "no evidence about 'HEAD'"), ("nope", "neither a commit")]
)
def test_show_of_nothing(root: Path, name: str, words: str) -> None:
    done = invoke(root, "evidence", "show", name)
    assert done.code == 2
    assert words in done.err


def test_verify_of_sound_evidence(root: Path, head: str) -> None:
    note(root, record(head, 1), record(head, 2))
    done = invoke(root, "evidence", "verify")
    assert done.code == 0
    assert done.out == f"{REF}: 2 records, 0 that do not count\n"


def test_verify_of_no_evidence(root: Path) -> None:
    assert invoke(root, "evidence", "verify").code == 0


def test_verify_finds_every_flaw(root: Path, head: str) -> None:
    """What makes other commands stop at once is listed here."""
    later = commit(root, "later")
    note(root, record(head, 1))
    write_line(root, head, "verified by me, promise")
    write_line(root, head, json.dumps({"version": 99, "at": "x"}))
    write_line(root, later, to_line(record(head, 1)))
    done = invoke(root, "evidence", "verify", "-o", "json")
    assert done.code == 1
    check("evidence-verify", done.json)
    assert {(item["commit"], item["problem"]) for item in done.json["flaws"]} == {
        (head, "the evidence holds a line that is no record"),
        (head, "the evidence holds a record of version 99; known here is 1"),
        (later, f"it is about {head[:8]} and was copied to {later[:8]}"),
    }
    assert done.json["records"] == 4
    assert invoke(root, "evidence", "list").code == 1


def test_verify_checks_every_signature(root: Path, head: str, key: Path, tmp_path: Path) -> None:
    stranger = ssh_key(tmp_path / "stranger")
    note(
        root,
        signed(record(head, 1), key),
        signed(record(head, 2), stranger),
        record(head, 3),
        signed(record(head, 4, stack="dns"), key),
    )
    rewrite(root, head, lambda value: value.update(stack="infra"))
    done = invoke(root, "evidence", "verify")
    assert done.code == 1
    assert f"{REF}: 4 signed records, 3 that do not count" in done.out
    for words in (
        "its signer is not in main:.kubestack/allowed_signers",
        "it is not signed",
        "it was altered",
    ):
        assert words in done.out


def test_verify_reads_the_signers_of_the_default_branch(
    root: Path, head: str, key: Path, tmp_path: Path
) -> None:
    """A branch that adds its own key, or does without signatures, changes nothing."""
    own = ssh_key(tmp_path / "mallory")
    note(root, signed(record(head, 1), own))
    git(root, "checkout", "--quiet", "-b", "greedy")
    commit(root, "mine", {".kubestack/allowed_signers": allowed(key, own)})
    assert "its signer is not in main:" in invoke(root, "evidence", "verify").out
    commit(root, "none", {"kubestack.yaml": SETTINGS})
    assert "its signer is not in main:" in invoke(root, "evidence", "verify").out


def test_verify_without_a_file_of_signers(root: Path, head: str, key: Path) -> None:
    note(root, signed(record(head, 1), key))
    git(root, "rm", "--quiet", ".kubestack/allowed_signers")
    commit(root, "gone")
    done = invoke(root, "evidence", "verify")
    assert done.code == 1
    assert "main:.kubestack/allowed_signers does not exist, so nobody may sign" in done.out


@pytest.mark.parametrize(("how", "missing"), [("deleted", 2), ("rewritten", 1)])
def test_verify_says_what_the_remote_lost(
    root: Path, head: str, tmp_path: Path, how: str, missing: int
) -> None:
    remote = make_remote(Git(root), tmp_path / "remote.git")
    for second in (1, 2):
        note(root, record(head, second), remote="origin")
    assert invoke(root, "evidence", "verify").code == 0
    git(remote, "update-ref", *(["-d", REF] if how == "deleted" else [REF, f"{REF}^"]))
    warned = invoke(root, "status").err
    assert f"was {how} on origin" in warned
    done = invoke(root, "evidence", "verify", "-o", "json")
    assert done.code == 1
    check("evidence-verify", done.json)
    assert done.json["loss"] == {"how": how, "missing": missing}
    assert f"git push origin {REF}" in done.err
    git(root, "push", "--quiet", "origin", REF)
    assert invoke(root, "evidence", "verify").code == 0


def test_verify_goes_on_without_the_remote(root: Path, head: str, tmp_path: Path) -> None:
    remote = make_remote(Git(root), tmp_path / "remote.git")
    note(root, record(head, 1), remote="origin")
    remote.rename(tmp_path / "elsewhere.git")
    done = invoke(root, "evidence", "verify")
    assert done.code == 0
    assert "going on with what this clone knows" in done.err

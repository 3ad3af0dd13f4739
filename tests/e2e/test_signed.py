"""Signed evidence from end to end: what counts, what does not, and what the gate says about it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from kubestack_py.promotion.records import from_line, to_line
from kubestack_py.promotion.signatures import signed
from tests.evidence import REF, allowed, rewrite, ssh_key
from tests.platforms import Platform, assert_refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

SIGNERS = ".kubestack/allowed_signers"
VERSION = ("infra/cluster.tf", 'kubernetes_version = "1.32"', 'kubernetes_version = "1.33"')
SWAPPED = {"started": "verified", "verified": "started"}
EVIDENCE = "evidence:\n  ref: refs/notes/kubestack\n"


@pytest.fixture
def key(hosted: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The key of the pipeline, which the platform allows; signing is on."""
    made = ssh_key(tmp_path / "ci")
    (hosted.root / SIGNERS).write_text(allowed(made))
    hosted.land("kubestack.yaml", EVIDENCE, f"{EVIDENCE}  signing: ssh\n")
    monkeypatch.setenv("KUBESTACK_SIGNING_KEY", str(made))
    return made


@pytest.fixture
def proved(hosted: Platform, key: Path) -> Platform:
    """A platform whose main branch is applied to ops and verified, with signatures."""
    hosted.ok("run")
    hosted.tag("apps-deploy-1")
    return hosted


def forge(platform: Platform, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the records of the checked-out commit, here and on the host, as somebody with a token could."""
    rewrite(platform.root, platform.head, change)
    platform.git("push", "--quiet", "--force", "origin", REF)


def promotion(platform: Platform, *words: str) -> None:
    """The promotion is refused, in these words."""
    assert_refused(platform, "run", "--ref", "refs/tags/apps-deploy-1", code=5, words=words)


def test_signed_evidence_lets_a_promotion_pass(proved: Platform) -> None:
    proved.ok("run", "--ref", "refs/tags/apps-deploy-1")
    assert all(record["signature"] for record in [*proved.records(), *proved.previews("apps")])
    assert "signed records, 0 that do not count" in proved.ok("evidence", "verify").out


def test_unsigned_evidence_does_not_count(proved: Platform) -> None:
    forge(proved, lambda record: record.pop("signature"))
    promotion(proved, "ops has never applied infra with this content", "does not count: it is not signed")


def test_altered_evidence_does_not_count(proved: Platform) -> None:
    """What only began is made a success."""
    forge(proved, lambda record: record.update(status=SWAPPED.get(record["status"], record["status"])))
    promotion(
        proved, "the record verified of", "its signature by ci does not fit what it says: it was altered"
    )


def test_evidence_of_another_environment_does_not_count(proved: Platform) -> None:
    """What apps went through is said to be of ops, and the other way round."""
    swap = {"ops": "apps", "apps": "ops"}
    forge(proved, lambda record: record.update(environment=swap[record["environment"]]))
    promotion(proved, "ops has never applied infra with this content")
    assert proved.kubestack("evidence", "verify").code == 1


def test_evidence_copied_to_another_commit_does_not_count(hosted: Platform, key: Path) -> None:
    hosted.ok("run")
    first = hosted.head
    changed = hosted.land(*VERSION)
    text = hosted.git("notes", "--ref=kubestack", "show", first)
    hosted.git("notes", "--ref=kubestack", "add", "-f", "-m", text, changed)
    hosted.git("push", "--quiet", "origin", REF)
    hosted.tag("apps-deploy-1")
    promotion(hosted, "ops has never applied infra with this content")
    said = hosted.kubestack("evidence", "verify")
    assert f"it is about {first[:8]} and was copied to {changed[:8]}" in said.out


def test_evidence_of_a_stranger_does_not_count(proved: Platform, tmp_path: Path) -> None:
    stranger = ssh_key(tmp_path / "stranger")

    def sign(value: dict[str, Any]) -> None:
        record = replace(from_line(json.dumps(value)), signature="")
        value.update(json.loads(to_line(signed(record, stranger))))

    forge(proved, sign)
    promotion(proved, "its signer is not in main:.kubestack/allowed_signers")


def test_run_with_the_key_of_a_stranger_applies_nothing(hosted: Platform, key: Path, tmp_path: Path) -> None:
    """Its key is allowed on a branch of its own, and that is not where signers are read."""
    stranger = ssh_key(tmp_path / "stranger")
    hosted.git("checkout", "--quiet", "-b", "greedy")
    (hosted.root / SIGNERS).write_text(allowed(stranger))
    hosted.commit("let me in")
    hosted.git("checkout", "--quiet", "main")
    words = ["does not count", "its signer is not in main:.kubestack/allowed_signers"]
    assert_refused(hosted, "run", code=2, words=words, KUBESTACK_SIGNING_KEY=str(stranger))
    assert hosted.records() == []


def test_forged_failure_does_not_keep_a_promotion_out(proved: Platform) -> None:
    line = next(
        line
        for line in proved.git("notes", "--ref=kubestack", "show", proved.head).splitlines()
        if '"status":"verified"' in line
    )
    lie = {**json.loads(line), "status": "failed", "at": "2098-01-01T00:00:00.000000Z"}
    proved.git("notes", "--ref=kubestack", "append", "-m", json.dumps(lie), proved.head)
    proved.git("push", "--quiet", "origin", REF)
    proved.ok("run", "--ref", "refs/tags/apps-deploy-1")
    assert max(record["at"] for record in proved.records("apps")) < "2098"


def test_commit_from_before_signatures_were_asked_for_needs_them_as_well(
    hosted: Platform, tmp_path: Path
) -> None:
    """Settings of an old commit cannot switch off what the default branch asks for now."""
    hosted.ok("run")
    hosted.tag("apps-deploy-1")
    hosted.git("checkout", "--quiet", "main")
    (hosted.root / SIGNERS).write_text(allowed(ssh_key(tmp_path / "ci")))
    hosted.land("kubestack.yaml", EVIDENCE, f"{EVIDENCE}  signing: ssh\n")
    hosted.git("checkout", "--quiet", "apps-deploy-1")
    promotion(hosted, "does not count: it is not signed")


@pytest.mark.parametrize("path", [None, "/nowhere/key"])
def test_run_without_a_key_begins_nothing(hosted: Platform, key: Path, path: str | None) -> None:
    words = ["evidence has to be signed, but there is no key", "KUBESTACK_SIGNING_KEY"]
    done = assert_refused(hosted, "run", code=2, words=words, KUBESTACK_SIGNING_KEY=path)
    assert "initialising" not in done.err
    assert hosted.records() == []


def test_run_without_a_file_of_signers_applies_nothing(hosted: Platform, key: Path) -> None:
    hosted.git("rm", "--quiet", SIGNERS)
    hosted.commit("nobody")
    hosted.push()
    assert_refused(hosted, "run", code=2, words=["main:.kubestack/allowed_signers does not exist"])
    assert hosted.records() == []


def test_run_with_a_key_that_cannot_sign_applies_nothing(hosted: Platform, key: Path, tmp_path: Path) -> None:
    locked = ssh_key(tmp_path / "locked", passphrase="secret")
    done = assert_refused(
        hosted,
        "run",
        code=1,
        words=["signing evidence with", "passphrase"],
        KUBESTACK_SIGNING_KEY=str(locked),
    )
    assert "created" not in done.err
    assert hosted.records() == []


def test_rollback_is_promoted_and_the_gate_says_that_it_is_meant(proved: Platform) -> None:
    first = proved.head
    proved.ok("run", "--ref", "refs/tags/apps-deploy-1")
    proved.git("checkout", "--quiet", "main")
    proved.land(*VERSION)
    proved.ok("run")
    proved.tag("apps-deploy-2")
    proved.ok("run", "--ref", "refs/tags/apps-deploy-2")
    proved.git("checkout", "--quiet", "main")
    branch = proved.ok("rollback", "apps", "-o", "json").json["branch"]
    proved.git("merge", "--quiet", "--no-ff", "-m", "Roll back", branch)
    proved.push()
    assert "verified, 1 to update" in proved.ok("run").out
    proved.tag("apps-deploy-3")
    done = proved.ok("run", "--ref", "refs/tags/apps-deploy-3", "-o", "json")
    checks = done.json["environments"][0]["gate"]["checks"]
    [age] = [check["message"] for check in checks if check["name"] == "not-older"]
    assert age.endswith(f"; it restores {first[:8]} on purpose")
    table = proved.ok("diff", "ops", "apps", "-o", "json").json
    assert {item["content"] for item in table["stacks"]} == {"same"}

"""The gate: every standing, every record, and messages that name the commit and the next step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.model.changes import ContentDigest
from kubestack_py.model.evidence import Record, RecordStatus
from kubestack_py.model.platform import ApplyOn, Environment, Platform, RefKind
from kubestack_py.model.verdict import GateCheck, Verdict
from kubestack_py.promotion.gate import Candidate, Standing
from kubestack_py.promotion.gate import judge as judge_at
from kubestack_py.promotion.history import History

OPS = Environment(name="ops", apply_on=ApplyOn(kind=RefKind.BRANCH, pattern="main"))
APPS = Environment(name="apps", apply_on=ApplyOn(kind=RefKind.TAG, pattern="apps-deploy-*"))
PROD = Environment(name="prod", apply_on=ApplyOn(kind=RefKind.TAG, pattern="prod-deploy-*"))
PLATFORM = Platform(name="acme", environments=(OPS, APPS, PROD), stacks=())
NOW = datetime(2026, 2, 1, tzinfo=UTC)
HERE, THERE = "aaaaaaaabbbb", "ccccccccdddd"
CANDIDATE = Candidate(
    commit=HERE,
    on_default_branch=True,
    shared={"infra": "i", "web": "w"},
    standing=Standing.NEWER,
    deployed=THERE,
)


def record(status: RecordStatus, stack: str = "infra", **more: object) -> Record:
    values = {
        "at": "2026-01-31T12:00:00.123456Z",
        "run": "r",
        "environment": "ops",
        "stack": stack,
        "status": status,
        "commit": "eeeeeeeeffff",
        "digest": ContentDigest(shared=stack[0], environment="own"),
        **more,
    }
    return Record(**values)  # type: ignore[arg-type]


def proofs(status: RecordStatus = RecordStatus.VERIFIED) -> list[Record]:
    return [record(status), record(RecordStatus.VERIFIED, "web")]


def judge(platform: Platform, environment: Environment, candidate: Candidate, history: History) -> Verdict:
    return judge_at(platform, environment, candidate, history, NOW)


def check(verdict: Verdict, name: str) -> GateCheck:
    """The first check of that name."""
    return next(item for item in verdict.checks if item.name == name)


def test_judge_allows_and_lists_what_it_saw() -> None:
    verdict = judge(PLATFORM, APPS, CANDIDATE, History(proofs()))
    assert verdict.allowed
    assert verdict.refusals == ()
    assert (verdict.environment, verdict.commit) == ("apps", HERE)
    assert [(item.name, item.message) for item in verdict.checks] == [
        ("ancestry", "aaaaaaaa is part of main"),
        ("not-older", "aaaaaaaa contains cccccccc, which apps was last touched with"),
        ("evidence", "ops verified infra (2026-01-31T12:00:00Z, commit eeeeeeee)"),
        ("evidence", "ops verified web (2026-01-31T12:00:00Z, commit eeeeeeee)"),
    ]
    assert all(item.hint == "" for item in verdict.checks)


def test_judge_first_environment_needs_no_proof() -> None:
    verdict = judge(PLATFORM, OPS, CANDIDATE, History([]))
    assert verdict.allowed
    assert {item.name for item in verdict.checks} == {"ancestry", "not-older"}


def test_judge_unmerged_commit() -> None:
    verdict = judge(PLATFORM, OPS, replace(CANDIDATE, on_default_branch=False), History([]))
    [refusal] = verdict.refusals
    assert not verdict.allowed
    assert refusal.message == "aaaaaaaa is not part of main: it was never merged"
    assert refusal.hint.startswith("Merge the change to main")


@pytest.mark.parametrize(
    ("standing", "passed", "words", "hint"),
    [
        (Standing.FIRST, True, "apps runs nothing yet", ""),
        (Standing.SAME, True, "this very commit", ""),
        (Standing.NEWER, True, "aaaaaaaa contains cccccccc", ""),
        (Standing.OLDER, False, "aaaaaaaa is older than cccccccc", "revert the change on the default branch"),
        (
            Standing.APART,
            False,
            "aaaaaaaa does not contain cccccccc",
            "revert the change on the default branch",
        ),
        (
            Standing.UNKNOWN,
            False,
            "cccccccc, which apps was last touched with, is not in this clone",
            "--unshallow",
        ),
    ],
)
def test_judge_standing(standing: Standing, passed: bool, words: str, hint: str) -> None:
    verdict = judge(PLATFORM, APPS, replace(CANDIDATE, standing=standing), History(proofs()))
    found = check(verdict, "not-older")
    assert verdict.allowed is found.passed is passed
    assert words in found.message
    assert (hint in found.hint) if hint else found.hint == ""


def test_judge_says_that_a_rollback_is_meant() -> None:
    candidate = replace(CANDIDATE, returns_to="9" * 40)
    found = check(judge(PLATFORM, APPS, candidate, History(proofs())), "not-older")
    assert found.passed
    assert found.message == (
        "aaaaaaaa contains cccccccc, which apps was last touched with; it restores 99999999 on purpose"
    )


def test_judge_warns_where_no_record_of_the_environment_counts() -> None:
    candidate = replace(CANDIDATE, standing=Standing.FIRST, deployed="", passed_over=3)
    found = check(judge(PLATFORM, APPS, candidate, History(proofs())), "not-older")
    assert found.passed
    assert found.warning
    assert found.message == "what apps runs is not known: none of its 3 records counts"


def test_judge_says_which_evidence_was_passed_over() -> None:
    """A forged proof does not help, and the refusal says why it does not."""
    forged = [replace(item, actor="mallory") for item in proofs()]
    history = History(forged, lambda item: "it is not signed" if item.actor == "mallory" else "")
    verdict = judge(PLATFORM, APPS, CANDIDATE, history)
    assert [item.message for item in verdict.refusals] == [
        f"ops has never applied {stack} with this content; the record verified of 2026-01-31T12:00:00Z "
        "does not count: it is not signed"
        for stack in ("infra", "web")
    ]


def test_judge_forged_failure_does_not_block() -> None:
    forged = record(RecordStatus.FAILED, at="2026-01-31T13:00:00.000000Z", actor="mallory")
    history = History([*proofs(), forged], lambda item: "it is not signed" if item.actor == "mallory" else "")
    verdict = judge(PLATFORM, APPS, CANDIDATE, history)
    assert verdict.allowed
    assert "the record failed of 2026-01-31T13:00:00Z does not count" in check(verdict, "evidence").message


def test_judge_knows_every_standing() -> None:
    for standing in Standing:
        assert check(
            judge(PLATFORM, APPS, replace(CANDIDATE, standing=standing), History([])), "not-older"
        ).message


@pytest.mark.parametrize(
    ("status", "words", "hint"),
    [
        (RecordStatus.STARTED, "ops began to apply infra", "push to branch main"),
        (RecordStatus.APPLIED, "ops applied infra", "kubestack verify -e ops"),
        (RecordStatus.FAILED, "ops failed on infra", "push to branch main"),
        (RecordStatus.INTERRUPTED, "ops was interrupted while it applied infra", "push to branch main"),
    ],
)
def test_judge_record_that_proves_nothing(status: RecordStatus, words: str, hint: str) -> None:
    verdict = judge(PLATFORM, APPS, CANDIDATE, History(proofs(status)))
    [refusal] = verdict.refusals
    assert words in refusal.message
    assert "2026-01-31T12:00:00Z, commit eeeeeeee" in refusal.message
    assert hint in refusal.hint


def test_judge_knows_every_record_status() -> None:
    for status in RecordStatus:
        verdict = judge(PLATFORM, APPS, CANDIDATE, History(proofs(status)))
        assert verdict.allowed is (status is RecordStatus.VERIFIED)


@pytest.mark.parametrize(("message", "shown"), [("quota exceeded", "quota exceeded"), ("", "see its log")])
def test_judge_failure_says_what_was_recorded(message: str, shown: str) -> None:
    failed = [record(RecordStatus.FAILED, message=message), record(RecordStatus.VERIFIED, "web")]
    [refusal] = judge(PLATFORM, APPS, CANDIDATE, History(failed)).refusals
    assert refusal.message.endswith(f": {shown}")


def test_judge_content_that_was_never_applied() -> None:
    other = [record(RecordStatus.VERIFIED, digest=ContentDigest(shared="x", environment="own"))]
    verdict = judge(PLATFORM, APPS, CANDIDATE, History(other))
    assert [item.message for item in verdict.refusals] == [
        "ops has never applied infra with this content",
        "ops has never applied web with this content",
    ]
    assert all("push to branch main" in item.hint for item in verdict.refusals)


def test_judge_only_the_environment_before_can_prove() -> None:
    assert judge(PLATFORM, APPS, CANDIDATE, History(proofs())).allowed
    verdict = judge(PLATFORM, PROD, CANDIDATE, History(proofs()))
    assert [item.message for item in verdict.refusals] == [
        "apps has never applied infra with this content",
        "apps has never applied web with this content",
    ]
    assert "push to tag apps-deploy-*" in verdict.refusals[0].hint


def test_judge_lists_every_reason_at_once() -> None:
    candidate = replace(CANDIDATE, on_default_branch=False, standing=Standing.APART)
    assert len(judge(PLATFORM, APPS, candidate, History([])).refusals) == 4


def test_judge_without_stacks_asks_for_no_proof() -> None:
    assert judge(PLATFORM, APPS, replace(CANDIDATE, shared={}), History([])).allowed


@given(
    st.booleans(),
    st.sampled_from(Standing),
    st.lists(st.sampled_from(RecordStatus), max_size=3),
    st.lists(st.sampled_from(RecordStatus), max_size=3),
)
def test_judge_allows_exactly_when_everything_holds(
    merged: bool, standing: Standing, infra: list[RecordStatus], web: list[RecordStatus]
) -> None:
    records = [
        record(status, stack, at=f"2026-01-01T00:00:{at:02}Z")
        for stack, statuses in (("infra", infra), ("web", web))
        for at, status in enumerate(statuses)
    ]
    verdict = judge(
        PLATFORM, APPS, replace(CANDIDATE, on_default_branch=merged, standing=standing), History(records)
    )
    forward = standing in {Standing.FIRST, Standing.SAME, Standing.NEWER}
    said = [[item for item in statuses if item is not RecordStatus.PREVIEWED] for statuses in (infra, web)]
    proved = all(statuses[-1:] == [RecordStatus.VERIFIED] for statuses in said)
    assert verdict.allowed is (merged and forward and proved)
    assert all(item.hint for item in verdict.refusals), "whoever is refused is told what to do"

"""Questions to the records of evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.model.changes import ChangeAction, ContentDigest
from kubestack_py.model.evidence import DELIVERED, Record, RecordStatus
from kubestack_py.model.outline import ChangeOutline
from kubestack_py.promotion.history import Deployed, History

STARTED, APPLIED, VERIFIED = RecordStatus.STARTED, RecordStatus.APPLIED, RecordStatus.VERIFIED
FAILED, INTERRUPTED = RecordStatus.FAILED, RecordStatus.INTERRUPTED


def record(
    at: int,
    status: RecordStatus,
    *,
    stack: str = "infra",
    environment: str = "ops",
    shared: str = "s",
    own: str = "e",
) -> Record:
    return Record(
        at=f"2026-01-01T00:00:{at:02}.000000Z",
        run="r",
        environment=environment,
        stack=stack,
        status=status,
        commit=f"c{at}",
        digest=ContentDigest(shared=shared, environment=own),
    )


DIGEST = ContentDigest(shared="s", environment="e")


def test_history_of_nothing() -> None:
    history = History([])
    assert history.of("ops") == ()
    assert history.latest("ops", "infra") is None
    assert history.latest_of_content("ops", "infra", "s") is None
    assert history.deployed("ops") is None
    assert history.touched("ops") is None
    assert not history.is_current("ops", "infra", DIGEST, verified=False)
    assert not history.was_applied("ops", "infra", DIGEST)


@given(st.permutations([record(at, VERIFIED) for at in range(6)]))
def test_history_puts_records_in_the_order_of_time(records: list[Record]) -> None:
    history = History(records)
    assert [item.commit for item in history.of("ops")] == ["c0", "c1", "c2", "c3", "c4", "c5"]
    assert history.touched("ops") == "c5"


def test_latest_keeps_environments_and_stacks_apart() -> None:
    history = History(
        [
            record(1, VERIFIED),
            record(2, FAILED, environment="apps"),
            record(3, STARTED, stack="dns"),
        ]
    )
    found = history.latest("ops", "infra")
    assert found is not None
    assert (found.commit, found.status) == ("c1", VERIFIED)


@pytest.mark.parametrize("later", [STARTED, FAILED, INTERRUPTED, APPLIED])
def test_latest_of_content_a_later_record_takes_a_verification_back(later: RecordStatus) -> None:
    found = History([record(1, VERIFIED), record(2, later)]).latest_of_content("ops", "infra", "s")
    assert found is not None
    assert found.status is later


def test_latest_of_content_looks_past_other_content() -> None:
    history = History(
        [record(1, VERIFIED), record(2, FAILED, shared="other"), record(3, FAILED, stack="dns")]
    )
    found = history.latest_of_content("ops", "infra", "s")
    assert found is not None
    assert found.status is VERIFIED


def test_latest_of_content_ignores_the_environments_own_part() -> None:
    found = History([record(1, VERIFIED, own="theirs")]).latest_of_content("ops", "infra", "s")
    assert found is not None


@pytest.mark.parametrize(
    ("status", "current", "verified", "applied"),
    [
        (STARTED, False, False, False),
        (APPLIED, True, False, True),
        (VERIFIED, True, True, True),
        (FAILED, False, False, True),
        (INTERRUPTED, False, False, False),
    ],
)
def test_is_current_and_was_applied(
    status: RecordStatus, current: bool, verified: bool, applied: bool
) -> None:
    history = History([record(1, status)])
    assert history.is_current("ops", "infra", DIGEST, verified=False) is current
    assert history.is_current("ops", "infra", DIGEST, verified=True) is verified
    assert history.was_applied("ops", "infra", DIGEST) is applied


@pytest.mark.parametrize("digest", [replace(DIGEST, shared="x"), replace(DIGEST, environment="x")])
def test_is_current_wants_both_parts_of_the_digest(digest: ContentDigest) -> None:
    history = History([record(1, VERIFIED)])
    assert not history.is_current("ops", "infra", digest, verified=False)
    assert not history.was_applied("ops", "infra", digest)


def test_is_current_only_the_newest_record_counts() -> None:
    history = History([record(1, VERIFIED), record(2, VERIFIED, shared="new")])
    assert not history.is_current("ops", "infra", DIGEST, verified=True)


def test_deployed_is_the_newest_delivery_since_that_commit_came_first() -> None:
    first = record(1, VERIFIED)
    again = replace(record(3, VERIFIED, stack="dns"), commit="c1")
    history = History([first, replace(first, status=APPLIED), again, record(4, FAILED), record(5, STARTED)])
    assert history.deployed("ops") == Deployed(commit="c1", since=first.at)
    assert history.touched("ops") == "c5"


@given(st.lists(st.sampled_from(RecordStatus), max_size=8))
def test_deployed_only_where_something_was_delivered(statuses: list[RecordStatus]) -> None:
    records = [record(at, status) for at, status in enumerate(statuses)]
    delivered = [item for item in records if item.status in DELIVERED]
    found = History(records).deployed("ops")
    assert (found.commit if found else None) == (delivered[-1].commit if delivered else None)


def forged(at: int, status: RecordStatus, **more: str) -> Record:
    return replace(record(at, status, **more), actor="mallory")


def distrustful(*records: Record) -> History:
    """A history in which nothing counts that mallory wrote."""
    return History(records, lambda item: "forged" if item.actor == "mallory" else "")


@pytest.mark.parametrize("status", RecordStatus)
def test_record_that_does_not_count_changes_no_answer(status: RecordStatus) -> None:
    """Neither what would let a commit through nor what would keep one out."""
    outlines = (ChangeOutline(address="a", action=ChangeAction.DELETE),)
    honest = (record(1, STARTED), record(2, VERIFIED))
    before = distrustful(*honest)
    lies = [
        replace(forged(at, status, **more), outlines=outlines)
        for at in (0, 1, 3)
        for more in ({}, {"stack": "dns"}, {"shared": "other"})
    ]
    after = distrustful(*honest, *lies)
    for stack, shared in (("infra", "s"), ("dns", "s"), ("infra", "other")):
        digest = replace(DIGEST, shared=shared)
        assert after.latest("ops", stack) == before.latest("ops", stack)
        assert after.latest_of_content("ops", stack, shared) == before.latest_of_content("ops", stack, shared)
        assert after.soaking_since("ops", stack, shared) == before.soaking_since("ops", stack, shared)
        assert after.delivered("ops", stack) == before.delivered("ops", stack)
        assert after.preview("ops", stack, digest) is None
        assert not after.lived_through("ops", stack, {"c0", "c1", "c2", "c3"})
    assert after.deployed("ops") == before.deployed("ops")
    assert after.touched("ops") == before.touched("ops")


def test_deployed_since_counts_from_a_record_that_counts() -> None:
    older = replace(forged(1, VERIFIED), commit="c2")
    assert distrustful(older, record(2, VERIFIED)).deployed("ops") == Deployed(
        commit="c2", since=record(2, VERIFIED).at
    )


def test_of_also_gives_what_does_not_count() -> None:
    assert len(distrustful(forged(1, VERIFIED)).of("ops")) == 1


def test_passed_over_names_what_is_newer_than_the_answer() -> None:
    history = distrustful(forged(1, VERIFIED), record(2, VERIFIED), forged(3, FAILED))
    assert history.passed_over("ops", "infra", "s") == (
        "the record failed of 2026-01-01T00:00:03Z does not count: forged",
    )


def test_passed_over_stays_short() -> None:
    history = distrustful(*(forged(at, FAILED) for at in range(1, 9)))
    found = history.passed_over("ops", "infra", "s")
    assert len(found) == 4
    assert found[-1] == "5 more records do not count"


def test_history_asks_only_about_what_an_answer_rests_on() -> None:
    """A signature costs two processes."""
    asked: list[str] = []
    records = [record(at, VERIFIED) for at in range(1, 50)]
    history = History(records, lambda item: asked.append(item.at) or "")  # type: ignore[func-returns-value]
    history.latest("ops", "infra")
    history.latest_of_content("ops", "infra", "s")
    history.touched("ops")
    history.deployed("ops")
    assert len(set(asked)) == 1

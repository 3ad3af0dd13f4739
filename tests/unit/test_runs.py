"""Records put together to runs, and the way back that follows from them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kubestack_py.model.evidence import Override, Record, RecordStatus
from kubestack_py.model.past import PastRun
from kubestack_py.promotion.history import History
from kubestack_py.promotion.runs import runs, way_back
from tests.evidence import record

STARTED, APPLIED, VERIFIED = RecordStatus.STARTED, RecordStatus.APPLIED, RecordStatus.VERIFIED
FAILED, INTERRUPTED = RecordStatus.FAILED, RecordStatus.INTERRUPTED


def run(at: int, commit: str, *ends: RecordStatus, begun: bool = True) -> list[Record]:
    """The records of one run with a stack for each end; it takes two seconds."""
    names = [f"stack-{number}" for number in range(len(ends))]
    common = {"run": f"run-{at}"}
    first = [record(commit, at, stack=name, status=STARTED, **common) for name in names] if begun else []
    last = [
        record(commit, at + 1, stack=name, status=end, **common)
        for name, end in zip(names, ends, strict=True)
        if end is not STARTED
    ]
    return [*first, *last]


def found(*records: list[Record]) -> list[PastRun]:
    return list(runs(History([item for some in records for item in some]), "ops"))


@pytest.mark.parametrize(
    ("ends", "result", "delivered"),
    [
        ([VERIFIED, VERIFIED], VERIFIED, True),
        ([VERIFIED, APPLIED], APPLIED, True),
        ([VERIFIED, STARTED], STARTED, False),
        ([STARTED, STARTED], STARTED, False),
        ([VERIFIED, INTERRUPTED, STARTED], INTERRUPTED, False),
        ([INTERRUPTED, FAILED, VERIFIED], FAILED, False),
    ],
)
def test_run_ends_as_its_worst_stack(ends: list[RecordStatus], result: RecordStatus, delivered: bool) -> None:
    [past] = found(run(1, "c1", *ends))
    assert past.result is result
    assert past.delivered is delivered
    assert [item.status for item in past.stacks] == ends


def test_run_that_never_reported_has_no_end() -> None:
    [past] = found(run(1, "c1", STARTED))
    assert (past.at[17:19], past.ended, past.applied) == ("01", "", True)


def test_run_that_only_verified_applied_nothing() -> None:
    [past] = found(run(1, "c1", VERIFIED, begun=False))
    assert not past.applied
    assert past.ended


def test_run_keeps_each_override_once() -> None:
    overrides = (Override(check="soak", reason="because"),)
    records = [replace(item, overrides=overrides) for item in run(1, "c1", VERIFIED, VERIFIED)]
    [past] = found(records)
    assert past.overrides == overrides


def test_runs_are_newest_first_and_of_one_environment() -> None:
    elsewhere = [replace(item, environment="apps", run="x") for item in run(5, "c3", VERIFIED)]
    past = found(run(3, "c2", VERIFIED), run(1, "c1", VERIFIED), elsewhere)
    assert [item.commit for item in past] == ["c2", "c1"]


def test_runs_leave_out_what_does_not_count() -> None:
    lie = [replace(item, actor="mallory") for item in run(3, "c2", VERIFIED)]
    history = History(
        [*run(1, "c1", VERIFIED), *lie], lambda item: "forged" if item.actor == "mallory" else ""
    )
    assert [item.commit for item in runs(history, "ops")] == ["c1"]


def back(*records: list[Record]) -> str | None:
    past = way_back(History([item for some in records for item in some]), "ops")
    return past.commit if past else None


def test_way_back_of_nothing() -> None:
    assert back() is None
    assert back(run(1, "c1", VERIFIED)) is None


def test_way_back_is_the_delivery_before() -> None:
    assert back(run(1, "c1", VERIFIED), run(3, "c2", VERIFIED), run(5, "c3", VERIFIED)) == "c2"


@pytest.mark.parametrize("end", [FAILED, INTERRUPTED, STARTED])
def test_way_back_from_a_run_that_went_wrong_is_what_ran_until_then(end: RecordStatus) -> None:
    assert back(run(1, "c1", VERIFIED), run(3, "c2", VERIFIED), run(5, "c3", VERIFIED, end)) == "c2"


def test_way_back_passes_over_what_was_delivered_in_part() -> None:
    assert back(run(1, "c1", VERIFIED), run(3, "c2", VERIFIED, FAILED), run(5, "c3", VERIFIED)) == "c1"


def test_way_back_counts_a_delivery_that_a_second_run_completed() -> None:
    halves = run(3, "c2", VERIFIED, FAILED), run(5, "c2", VERIFIED)
    assert back(run(1, "c1", VERIFIED), *halves, run(7, "c3", VERIFIED)) == "c2"


def test_way_back_does_not_take_a_look_for_a_delivery() -> None:
    looked = run(3, "c2", VERIFIED, begun=False)
    assert back(run(1, "c1", VERIFIED), looked, run(5, "c3", VERIFIED)) == "c1"

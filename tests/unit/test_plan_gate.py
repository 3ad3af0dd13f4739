"""The half of the gate that compares plans: parity as one check, and the plan against its preview."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.model.changes import ChangeAction, ContentDigest
from kubestack_py.model.evidence import Record, RecordStatus
from kubestack_py.model.outline import ChangeOutline
from kubestack_py.model.parity import Level, ParityClass, ParityLine
from kubestack_py.model.platform import ApplyOn, Environment, Gate, RefKind
from kubestack_py.promotion.history import History
from kubestack_py.promotion.plan_gate import differences, parity_check, preview_check
from kubestack_py.promotion.previews import standing_preview

OPS = Environment(name="ops", apply_on=ApplyOn(kind=RefKind.BRANCH, pattern="main"))
CHANGE = ChangeOutline(address="a.b", action=ChangeAction.UPDATE, paths=("size",))
DIGEST = ContentDigest(shared="s", environment="e")


def apps(level: Level) -> Environment:
    tags = ApplyOn(kind=RefKind.TAG, pattern="apps-*")
    return Environment(name="apps", apply_on=tags, gate=Gate(preview=level))


def record(status: RecordStatus, at: int, *outlines: ChangeOutline, digest: ContentDigest = DIGEST) -> Record:
    return Record(
        at=f"2026-01-01T00:00:{at:02}.000000Z",
        run="r",
        environment="apps",
        stack="infra",
        status=status,
        commit="c",
        digest=digest,
        outlines=outlines,
    )


def line(parity: ParityClass, level: Level, address: str = "a.b") -> ParityLine:
    changed = replace(CHANGE, address=address)
    return ParityLine(stack="infra", change=changed, parity=parity, why="so it is", level=level)


def test_parity_check_counts_by_class() -> None:
    found = parity_check(
        OPS,
        [
            line(ParityClass.EXERCISED, Level.ALLOW),
            line(ParityClass.EXERCISED, Level.ALLOW),
            line(ParityClass.MISSING, Level.ALLOW),
        ],
    )
    assert (found.passed, found.warning) == (True, False)
    assert found.message == "compared with what ops went through: 2 exercised, 1 missing"


def test_parity_check_of_nothing() -> None:
    assert parity_check(OPS, []).message.endswith("nothing to compare")


def test_parity_check_warns() -> None:
    found = parity_check(OPS, [line(ParityClass.PARTLY, Level.WARN)])
    assert (found.passed, found.warning) == (True, True)


def test_parity_check_one_blocked_line_is_enough_and_is_named() -> None:
    many = [line(ParityClass.EXERCISED, Level.ALLOW)] * 9
    found = parity_check(OPS, [*many, line(ParityClass.UNEXERCISED, Level.BLOCK, "x.y")])
    assert not found.passed
    assert "Blocked: update x.y: so it is" in found.message
    assert "kubestack parity" in found.hint


def test_parity_check_names_five_and_counts_the_rest() -> None:
    found = parity_check(OPS, [line(ParityClass.UNEXERCISED, Level.BLOCK, f"x.y{n}") for n in range(7)])
    assert "x.y4" in found.message
    assert "x.y5" not in found.message
    assert found.message.endswith("and 2 more")


@pytest.mark.parametrize("level", Level)
def test_preview_check_same_plan(level: Level) -> None:
    previews = {"infra": record(RecordStatus.PREVIEWED, 1, CHANGE)}
    found = preview_check(apps(level), {"infra": [CHANGE]}, previews)
    assert (found.passed, found.warning) == (True, False)
    assert found.message == "the plan is the one that was previewed"


@pytest.mark.parametrize(
    ("level", "passed", "warning"),
    [(Level.ALLOW, True, False), (Level.WARN, True, True), (Level.BLOCK, False, False)],
)
@pytest.mark.parametrize(
    ("preview", "words"),
    [
        (None, "no preview was recorded for infra"),
        (record(RecordStatus.PREVIEWED, 1), "infra: now update a.b"),
        (
            record(RecordStatus.PREVIEWED, 1, replace(CHANGE, paths=("zone",))),
            "infra: update a.b without zone, also size",
        ),
    ],
)
def test_preview_check_other_plan(
    level: Level, passed: bool, warning: bool, preview: Record | None, words: str
) -> None:
    found = preview_check(apps(level), {"infra": [CHANGE]}, {"infra": preview})
    assert (found.passed, found.warning) == (passed, warning)
    assert words in found.message
    assert found.hint


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ([], ["no longer update a.b"]),
        (
            [replace(CHANGE, action=ChangeAction.DELETE)],
            ["no longer update a.b", "now delete a.b"],
        ),
        ([replace(CHANGE, paths=("size", "zone"))], ["update a.b also zone"]),
        ([replace(CHANGE, paths=())], ["update a.b without size"]),
        ([replace(CHANGE, replace_paths=("size",))], ["update a.b replaced for another reason: size"]),
        ([replace(CHANGE, previous_address="x.y")], ["update a.b moved from x.y, not from nowhere"]),
    ],
)
def test_differences_are_said_one_by_one(now: list[ChangeOutline], said: list[str]) -> None:
    assert differences([CHANGE], now) == said


texts = st.lists(st.sampled_from(["size", "zone", "tags"]), unique=True, max_size=3).map(sorted).map(tuple)
outlines = st.builds(
    ChangeOutline,
    address=st.sampled_from(["a.b", "c.d", "e.f"]),
    action=st.sampled_from(ChangeAction),
    paths=texts,
    replace_paths=texts,
    previous_address=st.sampled_from(["", "x.y"]),
)
plans = st.lists(outlines, max_size=4, unique_by=lambda item: (item.address, item.action))


@given(plans, plans)
def test_differences_are_found_exactly_where_there_are_any(
    before: list[ChangeOutline], now: list[ChangeOutline]
) -> None:
    same = {item.address + item.action: item for item in before} == {
        item.address + item.action: item for item in now
    }
    assert (differences(before, now) == []) is same


@pytest.mark.parametrize(
    ("records", "at"),
    [
        ([], None),
        ([record(RecordStatus.PREVIEWED, 1)], 1),
        ([record(RecordStatus.PREVIEWED, 1), record(RecordStatus.PREVIEWED, 2)], 2),
        ([record(RecordStatus.VERIFIED, 1), record(RecordStatus.PREVIEWED, 2)], 2),
        ([record(RecordStatus.PREVIEWED, 1), record(RecordStatus.STARTED, 2)], None),
        ([record(RecordStatus.PREVIEWED, 1), record(RecordStatus.FAILED, 2)], None),
        ([record(RecordStatus.PREVIEWED, 1, digest=ContentDigest(shared="x", environment="e"))], None),
    ],
)
def test_standing_preview_is_younger_than_every_apply(records: list[Record], at: int | None) -> None:
    found = standing_preview(History(records), "apps", "infra", DIGEST)
    assert (found.at[17:19] if found else None) == (f"{at:02}" if at else None)

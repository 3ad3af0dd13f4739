"""Records of evidence as lines of JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.errors import EvidenceError
from kubestack_py.model.changes import ContentDigest
from kubestack_py.model.evidence import RECORD_VERSION, Record, RecordStatus, VerificationResult
from kubestack_py.promotion.records import from_line, to_line

RECORD = Record(
    at="2026-01-31T12:00:00.000000Z",
    run="r1",
    environment="ops",
    stack="infra",
    status=RecordStatus.VERIFIED,
    commit="c" * 40,
    digest=ContentDigest(shared="s", environment="e"),
)
WORDS = st.text(min_size=1, max_size=20)
TEXTS = st.text(max_size=40)
MOMENTS = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2099, 1, 1))
RECORDS = st.builds(
    Record,
    at=MOMENTS.map(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"),
    run=WORDS,
    environment=WORDS,
    stack=WORDS,
    status=st.sampled_from(RecordStatus),
    commit=WORDS,
    digest=st.builds(ContentDigest, shared=WORDS, environment=WORDS),
    changes=st.dictionaries(WORDS, st.integers(0, 10**6), max_size=3),
    changes_digest=TEXTS,
    verification=st.lists(
        st.builds(VerificationResult, name=WORDS, passed=st.booleans(), message=TEXTS), max_size=3
    ).map(tuple),
    tools=st.dictionaries(WORDS, TEXTS, max_size=2),
    actor=TEXTS,
    url=TEXTS,
    message=TEXTS,
)


@given(RECORDS)
def test_record_round_trip(record: Record) -> None:
    assert from_line(to_line(record)) == record


@given(RECORDS)
def test_to_line_is_one_line_of_json(record: Record) -> None:
    line = to_line(record)
    assert "\n" not in line
    assert "\r" not in line
    assert json.loads(line)["version"] == RECORD_VERSION


@given(st.lists(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2099, 1, 1)), max_size=5))
def test_sorted_lines_are_in_the_order_of_time(times: list[datetime]) -> None:
    stamps = [time.strftime("%Y-%m-%dT%H:%M:%S.%fZ") for time in times]
    lines = [to_line(replace(RECORD, at=stamp)) for stamp in stamps]
    assert [from_line(line).at for line in sorted(lines)] == sorted(stamps)


def test_to_line_begins_with_the_time_and_leaves_out_what_is_empty() -> None:
    assert to_line(RECORD) == (
        '{"at":"2026-01-31T12:00:00.000000Z","version":1,"run":"r1","environment":"ops","stack":"infra",'
        '"status":"verified","commit":"' + "c" * 40 + '","digest":{"shared":"s","environment":"e"}}'
    )


def test_to_line_keeps_letters_of_every_alphabet_readable() -> None:
    line = to_line(replace(RECORD, message="größer ☃"))
    assert '"message":"größer ☃"' in line


def test_from_line_ignores_what_a_later_writer_of_this_version_added() -> None:
    value = {**json.loads(to_line(RECORD)), "soak": "5m"}
    assert from_line(json.dumps(value)) == RECORD


@pytest.mark.parametrize("version", [2, 99])
def test_from_line_newer_version_asks_for_an_update(version: int) -> None:
    line = json.dumps({"version": version, "everything": "else is new"})
    with pytest.raises(EvidenceError) as caught:
        from_line(line)
    assert caught.value.message == f"the evidence holds a record of version {version}; known here is 1"
    assert "Update kubestack" in caught.value.hint


GOOD = json.loads(to_line(RECORD))


@pytest.mark.parametrize(
    "line",
    [
        "verified by me, promise",
        "",
        "{}",
        "[]",
        "null",
        "1",
        '"version"',
        '{"version": 1',
        to_line(RECORD)[:-1],
        to_line(RECORD) + "x",
        json.dumps({**GOOD, "status": "great"}),
        json.dumps({**GOOD, "version": "1"}),
        json.dumps({**GOOD, "version": 0}),
        json.dumps({**GOOD, "at": "yesterday"}),
        json.dumps({**GOOD, "at": "2026-01-31T12:00:00Z"}),
        json.dumps({**GOOD, "at": "2026-13-31T12:00:00.000000Z"}),
        json.dumps({**GOOD, "at": "9999-12-31T23:59:59.999999Z"}),
        json.dumps({**GOOD, "at": 1769860800}),
        json.dumps({**GOOD, "digest": "sha"}),
        json.dumps({**GOOD, "digest": {}}),
        json.dumps({**GOOD, "changes": [1]}),
        json.dumps({**GOOD, "changes": {"create": "many"}}),
        json.dumps({**GOOD, "changes": {"create": float("inf")}}),
        json.dumps({**GOOD, "verification": [True]}),
        json.dumps({**GOOD, "verification": [{"passed": True}]}),
        json.dumps({**GOOD, "tools": "git"}),
        json.dumps({key: value for key, value in GOOD.items() if key != "version"}),
        json.dumps({key: value for key, value in GOOD.items() if key != "commit"}),
        "[" * 100_000,
    ],
)
def test_from_line_what_is_no_record(line: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        from_line(line)
    assert caught.value.message.startswith("the evidence holds a line that is no record: ")
    assert len(caught.value.message) < 200
    assert "edited the notes by hand" in caught.value.hint


@given(RECORDS)
def test_line_cannot_say_on_which_commit_it_was_noted(record: Record) -> None:
    line = to_line(record).replace('{"at"', '{"noted_on":"forged","at"', 1)
    assert "forged" in line
    assert from_line(line, "where it was found").noted_on == "where it was found"

"""The arithmetic of `make bench`; what it measures is no test."""

from __future__ import annotations

import pytest

from bench.measure import Bar, Case, Result, Time, Work
from bench.table import table


def _result(*pairs: tuple[float, float], bar: Bar | None = None) -> Result:
    def side(_: int) -> Work:
        raise AssertionError

    case = Case(title="ours / theirs", ours=side, theirs=side, bar=bar, note="a note")
    rounds = tuple((Time(wall=ours, cpu=ours / 2), Time(wall=theirs, cpu=theirs)) for ours, theirs in pairs)
    return Result(case=case, rounds=rounds)


def test_ratio_is_the_median_of_rounds_and_not_of_a_slow_moment() -> None:
    result = _result((1.0, 2.0), (10.0, 20.0), (1.0, 1.0))
    assert result.ratio == 0.5
    assert result.cpu_ratio == 0.25


@pytest.mark.parametrize(
    ("ours", "bar", "passes"),
    [
        (0.105, Bar(factor=1.05), True),
        (0.106, Bar(factor=1.05), False),
        (0.259, Bar(factor=2, plus=0.060), True),
        (0.261, Bar(factor=2, plus=0.060), False),
        (9.0, None, None),
    ],
)
def test_passes_compares_with_the_bar(ours: float, bar: Bar | None, *, passes: bool | None) -> None:
    assert _result((ours, 0.1), bar=bar).passes is passes


def test_table_says_ratio_bar_and_verdict_of_each_case() -> None:
    text = table(
        {"1": _result((0.2, 0.1), bar=Bar(factor=2, plus=0.06)), "2": _result((3, 1), bar=Bar(factor=1))}
    )
    rows = text.splitlines()
    assert rows[2] == "| 1 | ours / theirs | 200 ms | 100 ms | 2.00 | 1.00 | 2 + 60 ms | pass |"
    assert rows[3] == "| 2 | ours / theirs | 3.00 s | 1.00 s | 3.00 | 1.50 | 1 | **fail** |"
    assert "- 2: a note." in rows

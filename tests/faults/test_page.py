"""docs/reliability.md is what the suite writes, names every fault, and shows no broken promise."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from scripts.reliability import KILLS, PAGE, counted, page
from tests.faults.catalogue import FAULTS, Fault

TEXT = PAGE.read_text(encoding="utf-8")
MEASURED = {"held": 3, "false_verified": 0, "different_worlds": 2, "told": 1}


def row(title: str) -> list[str]:
    """The cells of a fault's row."""
    found = next(line for line in TEXT.splitlines() if line.startswith(f"| {title} |"))
    return [cell.strip() for cell in found.strip("|").split("|")]


def times(fault: Fault) -> int:
    """How often the page says that a fault was tried."""
    return int(row(fault.title)[1].split()[0])


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_page_has_the_figures_of_every_fault(fault: Fault) -> None:
    _, often, held, promise = row(fault.title)
    assert times(fault) >= 1
    assert often == counted(times(fault), fault.units)
    assert held == str(times(fault)), "it held every time"
    assert promise == fault.promise


def test_page_is_written_by_the_suite_and_not_by_hand() -> None:
    """Apart from figures and the machine, it is what the script writes now."""
    figures: dict[str, dict[str, Any]] = {fault.name: {"done": times(fault), **MEASURED} for fault in FAULTS}
    fresh = page(figures, "Last run: 2026-01-31, 2 cores, Terraform 1.11.4.")
    assert _without_figures(TEXT) == _without_figures(fresh)


def test_page_counts_no_false_proof() -> None:
    kills = sum(times(fault) for fault in FAULTS if fault.name in KILLS)
    assert f"It was 0 of {kills}\nkills." in TEXT


def test_every_fault_has_a_test() -> None:
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [fault.name for fault in FAULTS if f'"{fault.name}"' not in tests] == []


def _without_figures(text: str) -> str:
    return re.sub(r"[0-9]+", "#", re.sub(r"^Last run: .*$", "", text, flags=re.MULTILINE))

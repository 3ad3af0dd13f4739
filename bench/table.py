"""The results as a table in Markdown."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bench.desk import Desk
from bench.measure import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = ("", "ours / theirs", "ours", "theirs", "ratio", "of CPU time", "bar", "")


def table(results: Mapping[str, Result]) -> str:
    """A row for each case, then the notes."""
    rows = [COLUMNS, ("---",) * len(COLUMNS), *(_row(number, result) for number, result in results.items())]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    notes = [f"- {number}: {result.case.note}." for number, result in results.items() if result.case.note]
    return "\n".join([*lines, "", *notes, ""])


def circumstances(desk: Desk, rounds: int) -> str:
    """When and with what was measured."""
    kubectl = desk.run(desk.place, "kubectl", "version", "--client").splitlines()[0]
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {rounds} rounds, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f} at the end. Python {platform.python_version()}, "
        f"{desk.run(desk.place, 'terraform', 'version').splitlines()[0]}, "
        f"kubectl {kubectl.rpartition(' ')[2]}, {desk.run(desk.place, 'git', 'version').strip()}."
    )


def _row(number: str, result: Result) -> tuple[str, ...]:
    verdict = {None: "", True: "pass", False: "**fail**"}[result.passes]
    return (
        number,
        result.case.title,
        _seconds(result.ours),
        _seconds(result.theirs),
        f"{result.ratio:.2f}",
        f"{result.cpu_ratio:.2f}",
        str(result.case.bar or ""),
        verdict,
    )


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.0f} ms"

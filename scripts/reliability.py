"""`make reliability`: write docs/reliability.md from the figures of a run of tests/faults.

The figures are one JSON file for each fault, in the directory that is the argument. The text around
them is scripts/reliability.md.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scripts.markdown import table
from tests.faults.catalogue import FAULTS, Fault

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reliability.md"
MOMENTS = {
    "at_before": "before a process starts",
    "at_during": "just after it started; it goes on alone",
    "at_after": "after it ended",
    "at_file": "before a file is made, written, moved or removed",
    "done": "all of them, each killed once",
}
KILLS = ("kill-first-apply", "kill-promotion")
VERSIONS = (("Terraform", "terraform", "version"), ("Git", "git", "version"))

Figures = dict[str, dict[str, Any]]


def main() -> None:
    """Read the figures and write the page; ends with 1 where a fault has none."""
    results = Path(sys.argv[1])
    figures = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in results.glob("*.json")}
    missing = [fault.name for fault in FAULTS if fault.name not in figures]
    if missing:
        sys.exit(f"no figures of {', '.join(missing)}: did their tests fail, or were they skipped?")
    PAGE.write_text(page(figures, machine()), encoding="utf-8")


def page(figures: Figures, where: str) -> str:
    """The page for the figures of one run, which was made on the machine that `where` describes."""
    told = [figures[name]["told"] for name in ("same-tag-twice", "two-tags")]
    pairs = [figures[name]["done"] for name in ("same-tag-twice", "two-tags")]
    text = Path(__file__).with_suffix(".md").read_text(encoding="utf-8")
    return text.format(
        machine=where,
        table=table(
            ["fault", "how often", "held", "what held"],
            [_row(fault, figures[fault.name]) for fault in FAULTS],
        ),
        false_verified=sum(figures[name]["false_verified"] for name in KILLS),
        kills=sum(figures[name]["done"] for name in KILLS),
        worlds=sum(figures[name]["different_worlds"] for name in KILLS),
        moments="\n".join(
            f"| {what} | {' | '.join(str(figures[name].get(key, 0)) for name in KILLS)} |"
            for key, what in MOMENTS.items()
        ),
        pairs=sum(pairs),
        told=sum(told),
    )


def machine() -> str:
    """When and where, for people who wonder whether it is the same with theirs."""
    versions = [f"{name} {_version(*command)}" for name, *command in VERSIONS]
    versions.append(f"Python {platform.python_version()}")
    return f"Last run: {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {', '.join(versions)}."


def counted(number: int, units: str) -> str:
    """A number with its units, which are given in the plural."""
    return f"{number} {units.removesuffix('s') if number == 1 else units}"


def _row(fault: Fault, figures: dict[str, Any]) -> list[str]:
    return [fault.title, counted(figures["done"], fault.units), f"{figures['held']}", fault.promise]


def _version(*command: str) -> str:
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return next(word.lstrip("v") for word in said.split() if word.lstrip("v")[:1].isdigit())


if __name__ == "__main__":
    main()

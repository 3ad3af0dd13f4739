"""Measure and print: `python -m bench [--rounds N] [--only 2,4]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench.cases import CASES
from bench.desk import Desk
from bench.measure import LeftOut, Result, measure
from bench.table import circumstances, table

LATEST = Path(__file__).parent / "results" / "latest.md"


def main() -> None:
    """Run the chosen cases. A missed bar is said in the table; only what breaks ends with an error."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="kubestack-bench-") as directory:
        desk = Desk.at(Path(directory))
        results: dict[str, Result] = {}
        for number in _chosen(options.only):
            print(f"{number}: {CASES[number].__doc__}", file=sys.stderr)
            try:
                results[number] = measure(CASES[number](desk), options.rounds, desk.environment)
            except LeftOut as reason:
                print(f"   left out: {reason}", file=sys.stderr)
        text = f"{table(results)}\n{circumstances(desk, options.rounds)}\n"
    LATEST.parent.mkdir(exist_ok=True)
    LATEST.write_text(text, encoding="utf-8")
    print(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each case (default: 5)")
    parser.add_argument("--only", default="", metavar="2,4", help="numbers of cases (default: all)")
    return parser.parse_args()


def _chosen(only: str) -> list[str]:
    wanted = tuple(number for number in only.split(",") if number)
    return [number for number in CASES if not wanted or number.startswith(wanted)]


if __name__ == "__main__":
    main()

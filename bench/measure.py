"""Measure two ways to do the same work, turn by turn, and compare them.

Machines differ and other work comes and goes, so seconds mean little: what counts is the ratio of two
programs that ran next to each other. The two take turns at going first.
"""

from __future__ import annotations

import resource
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class LeftOut(Exception):  # noqa: N818 - says what happens to the case
    """A case cannot be measured on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one round of one side runs: commands one after the other, in a directory."""

    cwd: Path
    commands: tuple[tuple[str, ...], ...]


Side = Callable[[int], Work]
"""Prepares a round, given its number, and says what to run. Preparing is not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Ours may take `factor` times as long as theirs, and `plus` seconds more."""

    factor: float
    plus: float = 0.0

    def __str__(self) -> str:
        return f"{self.factor:g}" + (f" + {self.plus * 1000:.0f} ms" if self.plus else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Two sides to compare; `bar` is None where the ratio is only reported."""

    title: str
    ours: Side
    theirs: Side
    bar: Bar | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """Seconds by the clock, and seconds of processor time."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Every round of a case: pairs of our time and theirs."""

    case: Case
    rounds: tuple[tuple[Time, Time], ...]

    @property
    def ours(self) -> float:
        """Our median, in seconds."""
        return median(ours.wall for ours, _ in self.rounds)

    @property
    def theirs(self) -> float:
        """Their median, in seconds."""
        return median(theirs.wall for _, theirs in self.rounds)

    @property
    def ratio(self) -> float:
        """The median of the ratios of each round: a slow moment slows both sides of its round."""
        return median(ours.wall / theirs.wall for ours, theirs in self.rounds)

    @property
    def cpu_ratio(self) -> float:
        """The same of processor time, which other work on the machine disturbs less."""
        return median(ours.cpu / theirs.cpu for ours, theirs in self.rounds)

    @property
    def passes(self) -> bool | None:
        """Whether the ratio is within the bar; None without one."""
        bar = self.case.bar
        if bar is None:
            return None
        return median((ours.wall - bar.plus) / theirs.wall for ours, theirs in self.rounds) <= bar.factor


def measure(case: Case, rounds: int, environment: Mapping[str, str]) -> Result:
    """Run both sides `rounds` times, after one round that fills caches and is not counted."""
    times = [_round(case, number, environment) for number in range(rounds + 1)]
    return Result(case=case, rounds=tuple(times[1:]))


def _round(case: Case, number: int, environment: Mapping[str, str]) -> tuple[Time, Time]:
    ours, theirs = case.ours(number), case.theirs(number)
    if number % 2:
        return _timed(ours, environment), _timed(theirs, environment)
    later, sooner = _timed(theirs, environment), _timed(ours, environment)
    return sooner, later


def _timed(work: Work, environment: Mapping[str, str]) -> Time:
    begun, used = time.perf_counter(), _processor_seconds()
    for command in work.commands:
        run(command, work.cwd, environment)
    return Time(wall=time.perf_counter() - begun, cpu=_processor_seconds() - used)


def _processor_seconds() -> float:
    """Processor time of every child that has ended, and of theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(command: tuple[str, ...], cwd: Path, environment: Mapping[str, str]) -> str:
    """Run a command and return what it wrote; one that fails breaks the benchmark."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(
            f"{' '.join(command)} in {cwd} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
    return done.stdout

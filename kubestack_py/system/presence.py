"""Which processes of this machine are alive, and which of its runs have died: from `/proc`, on Linux.

A run leaves a note in this user's private cache while it applies. A note that is still there says
which process it was, so that a later run can tell a dead one from one that is at work. Where that
cannot be told for sure (another machine, another boot, another container, another system), the
answer is that it cannot be told.
"""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from kubestack_py.errors import FileError
from kubestack_py.system.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator

PROC = Path("/proc")
_NOTES = "runs"
# The namespaces that a machine boots with (include/linux/proc_ns.h).
_MACHINES_PROCESSES, _MACHINES_NAME = "pid:[4026531836]", "uts:[4026531838]"


class Fate(StrEnum):
    """What became of a run."""

    ALIVE = "alive"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process that is never confused with a later one: `started` is in clock ticks since `boot`."""

    pid: int
    started: int
    boot: str
    namespace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A process that is alive, and since when (UTC)."""

    pid: int
    name: str
    since: datetime


def announce(cache: Path, run: str) -> None:
    """Leave a note that this process carries out the run, where the system and the disk allow it."""
    own = _process(os.getpid())
    with suppress(OSError, FileError):
        if own:
            (cache / _NOTES).mkdir(mode=0o700, exist_ok=True)
            write_atomically(cache / _NOTES / run, json.dumps(asdict(own)).encode(), mode=0o600)


def withdraw(cache: Path, run: str) -> None:
    """Remove the note of a run that has told how it ended."""
    with suppress(OSError):
        (cache / _NOTES / run).unlink()


def fate(cache: Path, run: str) -> Fate:
    """What became of a run that may have left its note here."""
    try:
        noted = Process(**json.loads((cache / _NOTES / run).read_bytes()))
    except (OSError, ValueError, TypeError):
        return Fate.UNKNOWN
    own = _process(os.getpid())
    if own is None or (noted.boot, noted.namespace) != (own.boot, own.namespace):
        return Fate.UNKNOWN
    return Fate.ALIVE if _process(noted.pid) == noted else Fate.ENDED


def host_name() -> str:
    """What this machine, or container, calls itself."""
    return socket.gethostname()


def sees_all() -> bool:
    """Whether every process that bears this machine's name can be seen from here."""
    try:
        name, processes = (str((PROC / "self/ns" / kind).readlink()) for kind in ("uts", "pid"))
        (PROC / "1/stat").read_bytes()
    except OSError:
        return False
    return name != _MACHINES_NAME or processes == _MACHINES_PROCESSES


def running(*names: str) -> tuple[Running, ...]:
    """The processes with one of these names that are alive here, whoever's they are."""
    return tuple(process for process in _processes() if process.name in names)


def _processes() -> Iterator[Running]:
    booted = next(
        int(line.split()[1])
        for line in (PROC / "stat").read_text(encoding="ascii").splitlines()
        if line.startswith("btime")
    )
    for place in PROC.iterdir():
        found = _stat(int(place.name)) if place.name.isdigit() else None
        if found:
            name, ticks = found
            since = datetime.fromtimestamp(booted + ticks / os.sysconf("SC_CLK_TCK"), UTC)
            yield Running(pid=int(place.name), name=name, since=since)


def _process(pid: int) -> Process | None:
    found = _stat(pid)
    with suppress(OSError):
        boot = (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = str((PROC / "self/ns/pid").readlink())
        return Process(pid=pid, started=found[1], boot=boot, namespace=namespace) if found else None
    return None


def _stat(pid: int) -> tuple[str, int] | None:
    """Name and start of a process, None where it is gone, or dead and not yet buried (proc_pid_stat(5))."""
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(") ")
    fields = rest.split()
    return None if fields[0] in {"Z", "X"} else (name, int(fields[19]))

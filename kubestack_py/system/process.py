"""The only door to other programs: argument lists, explicit directory and environment, both streams kept."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import threading
import time
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kubestack_py.errors import ToolError, ToolMissingError
from kubestack_py.system.disclosure import without_credentials
from kubestack_py.system.interrupts import interrupts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import IO

GRACE_SECONDS = 10.0
SHOWN_LINES = 40
HIDDEN = "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A program that has ended: its exit code, its standard output as bytes, its standard error as text."""

    argv: tuple[str, ...]
    code: int
    out: bytes
    err: str
    seconds: float

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.out.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run and how.

    `env` is laid over the process environment; a value of None removes the variable. `timeout` is
    in seconds. `ok` lists the exit codes that are no failure; `error` is raised for the others.
    An `interruptible` command gets the user's first interrupt, and is not started after it. With
    `merged`, standard error goes where standard output goes, in the order in which it was written.
    """

    argv: Sequence[str]
    cwd: Path
    env: Mapping[str, str | None] | None = None
    stdin: bytes | None = None
    ok: Collection[int] = (0,)
    error: type[ToolError] = ToolError
    timeout: float | None = None
    interruptible: bool = False
    merged: bool = False
    purpose: str = ""


def find_program(name: str) -> str | None:
    """The full path of a program on PATH, or None."""
    return shutil.which(name)


def run(command: Command, on_line: Callable[[str], None] | None = None) -> Completed:
    """Run a command to its end.

    With `on_line`, standard output is handed over line by line as it appears, and is not kept.
    Raises `command.error` for an exit code outside `command.ok` or a timeout, `ToolMissingError`
    when the program does not exist, and the interrupt's error when it should not start any more.
    """
    if command.interruptible:
        interrupts.check()
    begun = time.monotonic()
    process = _start(command)
    watch = interrupts.watch(process.pid) if command.interruptible else nullcontext()
    with process, watch:
        try:
            out, err = _communicate(process, command, on_line)
        except BaseException:
            _end(process)
            raise
    completed = Completed(
        argv=tuple(command.argv),
        code=process.returncode,
        out=out,
        err=(err or b"").decode("utf-8", "replace"),
        seconds=time.monotonic() - begun,
    )
    if completed.code not in command.ok:
        raise failure(command, completed)
    return completed


def failure(command: Command, completed: Completed) -> ToolError:
    """The error for a command that ended badly: what was tried, how it ended, what it wrote."""
    how = f"exit code {completed.code}"
    if completed.code < 0:
        how = f"killed by {_signal_name(-completed.code)}"
    written = without_credentials(completed.err.strip() or completed.text.strip(), HIDDEN)
    detail = "\n".join(written.splitlines()[-SHOWN_LINES:])
    return command.error(f"{_purpose(command)} failed ({how})", detail=detail)


def _purpose(command: Command) -> str:
    """What was tried, for people; an argument can be an address with a token in it."""
    return without_credentials(command.purpose or shlex.join(command.argv), HIDDEN)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have no name
        return f"signal {number}"


def _start(command: Command) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **(command.env or {})}
    try:
        return _Child(
            list(command.argv),
            cwd=command.cwd,
            env={name: value for name, value in environment.items() if value is not None},
            stdin=subprocess.DEVNULL if command.stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if command.merged else subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise _not_started(command, error) from error


class _Child(subprocess.Popen[bytes]):
    """A process that does not outlive an interrupt of its own start.

    `Popen` waits until the new process has replaced itself. What breaks in there leaves it running with
    nobody who knows it: a `git` that goes on writing where its directory is being removed.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        try:
            super().__init__(*args, **options)
        except BaseException:
            if getattr(self, "pid", None) and self.returncode is None:
                _kill(self)
            raise


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process at once, which may not have become the head of its group yet."""
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError):
            kill(process.pid, signal.SIGKILL)
    process.wait()


def _not_started(command: Command, error: OSError) -> ToolError:
    missing = isinstance(error, FileNotFoundError)
    if str(error.filename) == str(command.cwd):
        problem = "does not exist" if missing else f"cannot be entered: {error.strerror}"
        return command.error(f"the directory {command.cwd} {problem}")
    problem = "is not installed or not on PATH" if missing else f"cannot be executed: {error.strerror}"
    return ToolMissingError(
        f"{command.argv[0]} {problem}", hint="Run `kubestack doctor` to see how to get it."
    )


def _communicate(
    process: subprocess.Popen[bytes], command: Command, on_line: Callable[[str], None] | None
) -> tuple[bytes, bytes]:
    if on_line:
        return b"", _stream(process, command, on_line)
    try:
        return process.communicate(command.stdin, timeout=command.timeout)
    except subprocess.TimeoutExpired:
        raise _too_late(command) from None


def _stream(process: subprocess.Popen[bytes], command: Command, on_line: Callable[[str], None]) -> bytes:
    """Hand over standard output line by line; returns standard error."""
    errors: list[bytes] = []
    drain = threading.Thread(target=_drain, args=(process.stderr, errors), daemon=True)
    drain.start()
    if command.stdin is not None:
        threading.Thread(target=_feed, args=(process.stdin, command.stdin), daemon=True).start()
    assert process.stdout is not None  # noqa: S101 - asked for in _start
    with _alarm(process, command.timeout) as rung:
        for line in process.stdout:
            on_line(line.decode("utf-8", "replace").rstrip("\n"))
        process.wait()
    if rung.is_set():
        raise _too_late(command)
    drain.join(GRACE_SECONDS)
    return b"".join(errors)


@contextmanager
def _alarm(process: subprocess.Popen[bytes], seconds: float | None) -> Iterator[threading.Event]:
    """End the process after some seconds, unless the block ends before; the event tells if it rang."""
    rung = threading.Event()

    def ring() -> None:
        rung.set()
        _end(process)

    timer = threading.Timer(seconds or 0, ring)
    if seconds:
        timer.start()
    try:
        yield rung
    finally:
        timer.cancel()


def _too_late(command: Command) -> ToolError:
    return command.error(f"{_purpose(command)} took longer than {command.timeout:g} s and was ended")


def _drain(stream: IO[bytes] | None, into: list[bytes]) -> None:
    if stream:
        into.append(stream.read())


def _feed(stream: IO[bytes] | None, data: bytes) -> None:
    """Write standard input; a program that does not read all of it is no failure."""
    if stream:
        with suppress(OSError, ValueError), stream:
            stream.write(data)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a child and everything it started: ask first, then force what is left, grandchildren too."""
    for number, patience in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, None)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)

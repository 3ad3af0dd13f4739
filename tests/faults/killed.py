"""Run kubestack, and end it by SIGKILL at one chosen moment: `python killed.py MOMENT LOG ARGUMENT…`.

A moment is the instant before the program starts a process, just after it started one (which then
goes on without it), after one ended, and before it makes, writes, moves or removes a file. They are
numbered from 0 and written to LOG, one line each; the run dies at the one whose number is MOMENT.
A process that only reads makes one moment of the three: nothing is different after it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

FILE_EVENTS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"}
READING = {
    f"git {verb}" for verb in ("cat-file", "diff-tree", "for-each-ref", "log", "ls-tree", "merge-base")
}
READING |= {f"git {verb}" for verb in ("remote", "rev-list", "rev-parse", "status", "symbolic-ref", "var")}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Moments:
    """Counts the moments of this process, and ends it at the chosen one."""

    def __init__(self, chosen: int, log: Path) -> None:
        self._chosen = chosen
        self._count = 0
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._owner = os.getpid()

    def pass_by(self, what: str) -> None:
        """One moment has come."""
        if os.getpid() != self._owner:
            return
        os.write(self._log, f"{what}\n".encode())
        if self._count == self._chosen:
            os.kill(self._owner, signal.SIGKILL)
        self._count += 1

    def listen(self, event: str, args: tuple[Any, ...]) -> None:
        """An audit hook (docs.python.org, audit events): hears of every file before it is touched."""
        if event == "open" and not _is_write(args):
            return
        if event in FILE_EVENTS or event == "open":
            self.pass_by(f"before {event} {args[0]}")

    def watch_processes(self) -> None:
        """Hear of every process: before it starts, once it has started, and when it has ended."""
        start, leave = subprocess.Popen.__init__, subprocess.Popen.__exit__

        def started(process: subprocess.Popen[bytes], argv: list[str], **options: Any) -> None:
            self.pass_by(f"before {_short(argv)}")
            start(process, argv, **options)
            if _short(argv) not in READING:
                self.pass_by(f"during {_short(argv)}")

        def ended(process: subprocess.Popen[bytes], *error: Any) -> None:
            leave(process, *error)
            if _short(process.args) not in READING:
                self.pass_by(f"after {_short(process.args)}")

        subprocess.Popen.__init__ = started  # type: ignore[method-assign, assignment]
        subprocess.Popen.__exit__ = ended  # type: ignore[method-assign, assignment]


def _is_write(args: tuple[Any, ...]) -> bool:
    path, mode, flags = args
    if isinstance(path, int) or str(path) == os.devnull:
        return False
    return any(letter in mode for letter in "wax+") if mode else bool(flags & WRITING)


def _short(argv: Any) -> str:
    """The program and its verb, without the options that are always the same."""
    words = [Path(os.fsdecode(argv[0])).name, *map(str, argv[1:])]
    while len(words) > 1 and words[1].startswith("-"):
        del words[1 : 3 if words[1] == "-c" else 2]
    return " ".join(words[:2])


def main() -> None:
    """Run the program of this checkout with the arguments after the first two."""
    moments = Moments(int(sys.argv[1]), Path(sys.argv[2]))
    from kubestack_py.cli.main import main as kubestack

    sys.argv[1:] = sys.argv[3:]
    sys.dont_write_bytecode = True
    moments.watch_processes()
    sys.addaudithook(moments.listen)
    kubestack()


if __name__ == "__main__":
    main()

"""What an interrupt does: the first is passed on once and waited for, the second warns, the third forces.

Terraform saves its state and releases its lock after one SIGINT, but exits at once, with data lost,
when a second one follows; so children run in sessions of their own and only this module signals them.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from kubestack_py.errors import InterruptedRunError, TerminatedRunError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


class Interrupts:
    """Counts SIGINT and SIGTERM, and knows the process groups that want to hear of them."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._lock = threading.RLock()
        self._count = 0
        self._deferrals = 0
        self._signal = signal.SIGINT
        self._say: Callable[[str], None] = lambda _: None

    @property
    def requested(self) -> bool:
        """True once the user or the CI system has asked to stop: start nothing new."""
        return self._count > 0

    def check(self) -> None:
        """Raise when an interrupt was requested; call it before anything that should not start now."""
        if self.requested:
            raise self.error()

    def error(self) -> InterruptedRunError:
        """The error that ends the program with the exit code of the signal."""
        name = signal.Signals(self._signal).name
        kind = TerminatedRunError if self._signal == signal.SIGTERM else InterruptedRunError
        return kind(
            f"stopped by {name}; nothing new was started",
            hint="Run the same command again: it takes up what is left.",
        )

    @contextmanager
    def watch(self, group: int) -> Iterator[None]:
        """Pass interrupts on to the process group `group` while the block runs."""
        with self._lock:
            self._groups.add(group)
            late = self.requested
        if late:
            self._send(signal.SIGINT)
        try:
            yield
        finally:
            with self._lock:
                self._groups.discard(group)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Let the block finish what it began: an interrupt is noted, but breaks into nothing."""
        self._deferrals += 1
        try:
            yield
        finally:
            self._deferrals -= 1

    @contextmanager
    def installed(self, say: Callable[[str], None]) -> Iterator[None]:
        """Handle SIGINT and SIGTERM while the block runs; `say` tells the user what is happening."""
        self._say = say
        previous = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self._count += 1
        if self._count == 1:
            self._signal = signal.Signals(number)
            if not self._groups and not self._deferrals:
                raise self.error()
            self._send(signal.SIGINT)
            self._tell("Interrupted: waiting for running commands to save their state …")
        elif self._count == 2:
            self._tell(
                "Still waiting. Once more ends them by force: state may be lost and locks left behind."
            )
        else:
            self._send(signal.SIGKILL)
            self._tell("Ended by force: check locks and state before the next run.")

    def _tell(self, text: str) -> None:
        """Talk to the user; a signal that comes in the middle of a write must not break that write."""
        with suppress(RuntimeError):
            self._say(text)

    def _send(self, number: signal.Signals) -> None:
        for group in tuple(self._groups):
            with suppress(ProcessLookupError):
                os.killpg(group, number)


interrupts = Interrupts()

"""Run stacks as soon as what they need is done, several at a time.

A ready queue, not levels: nothing waits for a stack that it does not need. Where a stack fails,
those that need it are skipped and the others go on. After an interrupt nothing new is started.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from kubestack_py.errors import KubestackError
from kubestack_py.model.platform import StackKind
from kubestack_py.system.interrupts import interrupts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from kubestack_py.model.platform import Stack

T = TypeVar("T")


class SkippedError(KubestackError):
    """A stack was not run because one that it needs failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Stacks that run as one: a Terraform stack alone, or Kustomize stacks that need the same.

    Manifests of one unit are rendered by one process and delivered by one push.
    """

    stacks: tuple[Stack, ...]

    @property
    def kind(self) -> StackKind:
        """What all its stacks are."""
        return self.stacks[0].kind

    @property
    def needs(self) -> frozenset[str]:
        """The stacks that have to be done before."""
        return frozenset(needed for stack in self.stacks for needed in stack.needs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[T]):
    """How a unit ended: with a value, or with an error."""

    unit: Unit
    value: T | None = None
    error: KubestackError | None = None


def units(stacks: Iterable[Stack]) -> tuple[Unit, ...]:
    """Group stacks into units, in their given order."""
    groups: dict[object, list[Stack]] = {}
    for stack in stacks:
        alone = stack.kind is StackKind.TERRAFORM
        key: object = stack.path if alone else (stack.delivery, frozenset(stack.needs))
        groups.setdefault(key, []).append(stack)
    return tuple(Unit(stacks=tuple(group)) for group in groups.values())


def in_order(stacks: Sequence[Stack]) -> tuple[Stack, ...]:
    """Stacks sorted so that each comes after those it needs, otherwise in their given order."""
    ordered: dict[str, Stack] = {}
    known = {stack.path: stack for stack in stacks}

    def visit(stack: Stack) -> None:
        for needed in stack.needs:
            if needed in known and needed not in ordered:
                visit(known[needed])
        ordered.setdefault(stack.path, stack)

    for stack in stacks:
        visit(stack)
    return tuple(ordered.values())


def run_units(
    work: Sequence[Unit], action: Callable[[Unit], T], *, parallel: int, ordered: bool
) -> tuple[Done[T], ...]:
    """Run every unit and return how each ended, in the order of `work`.

    With `ordered`, a unit waits for the units of this run that hold what it needs. Errors of other
    kinds than `KubestackError` are bugs and are raised.
    """
    return _Run(work, action, ordered=ordered).finish(parallel)


class _Run(Generic[T]):
    def __init__(self, work: Sequence[Unit], action: Callable[[Unit], T], *, ordered: bool) -> None:
        self._work = work
        self._action = action
        self._home = {stack.path: unit for unit in work for stack in unit.stacks}
        self._ordered = ordered
        self._done: dict[Unit, Done[T]] = {}

    def finish(self, parallel: int) -> tuple[Done[T], ...]:
        waiting = list(self._work)
        running: dict[Future[T], Unit] = {}
        pool = ThreadPoolExecutor(max_workers=max(1, parallel))
        try:
            while waiting or running:
                for unit in [unit for unit in waiting if self._is_ready(unit)]:
                    waiting.remove(unit)
                    error = self._obstacle(unit)
                    if error:
                        self._done[unit] = Done(unit=unit, error=error)
                    else:
                        running[pool.submit(self._start, unit)] = unit
                finished, _ = wait(running, return_when=FIRST_COMPLETED) if running else ((), None)
                for future in finished:
                    unit = running.pop(future)
                    self._done[unit] = self._ended(unit, future)
        finally:
            pool.shutdown(cancel_futures=True)  # after a bug or an interrupt, nothing queued still starts
        return tuple(self._done[unit] for unit in self._work)

    def _start(self, unit: Unit) -> T:
        interrupts.check()
        return self._action(unit)

    def _needed(self, unit: Unit) -> list[Unit]:
        return [self._home[path] for path in unit.needs if path in self._home] if self._ordered else []

    def _is_ready(self, unit: Unit) -> bool:
        return all(needed in self._done for needed in self._needed(unit))

    def _obstacle(self, unit: Unit) -> KubestackError | None:
        if interrupts.requested:
            return interrupts.error()
        failed = [needed for needed in self._needed(unit) if self._done[needed].error]
        if failed:
            names = ", ".join(s.path for needed in failed for s in needed.stacks if s.path in unit.needs)
            return SkippedError(f"not started: it needs {names}, which failed")
        return None

    @staticmethod
    def _ended(unit: Unit, future: Future[T]) -> Done[T]:
        error = future.exception()
        if isinstance(error, KubestackError):
            return Done(unit=unit, error=error)
        return Done(unit=unit, value=future.result())

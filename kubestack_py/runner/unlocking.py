"""`kubestack unlock`: let go of a state lock whose holder is proved dead, and of no other.

What is proof: the backend names this machine as the holder's; every process of the machine can be
seen, and no Terraform among them is old enough to be the holder; and for anything but a plan, which
writes no state, the evidence's unfinished run is one that this machine remembers and that is gone.
A host name alone proves nothing: containers and cloned machines share theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kubestack_py.errors import RefusedError
from kubestack_py.model.platform import StackKind
from kubestack_py.runner.journal import Journal
from kubestack_py.runner.orphans import program_of, tell_orphans, unfinished
from kubestack_py.system import presence
from kubestack_py.system.presence import Fate, Running
from kubestack_py.terraform.locks import held_lock, release

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.evidence import Record
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.runner.session import Session
    from kubestack_py.terraform.locks import StateLock

CLOCKS = timedelta(seconds=60)  # how far clocks may be apart
ROUNDING = timedelta(seconds=2)  # of the time at which a process began
_HARMLESS = {"Plan"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What can be known here: the name, whether all processes are seen, the Terraforms among them."""

    name: str
    sees_all: bool
    terraforms: tuple[Running, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """The run that the evidence knows to have begun and not to have ended, and what became of it here."""

    record: Record
    fate: Fate


def doubts(lock: StateLock, machine: Machine, suspect: Suspect | None) -> tuple[str, ...]:
    """Why it is not proved that the holder of a lock is dead; none when it is."""
    if not lock.who or lock.created is None:
        return ("the backend does not say who took it, and when",)
    found = []
    if lock.host != machine.name:
        found.append(f"it was taken on {lock.host}, and this is {machine.name}: look there whether it lives")
    if not machine.sees_all:
        found.append("not every process of this machine can be seen from here: look outside of the container")
    found += [
        f"{item.name} runs here as process {item.pid} since {item.since:%H:%M:%S} UTC and may be the holder"
        for item in machine.terraforms
        if item.since <= lock.created + ROUNDING
    ]
    if lock.operation not in _HARMLESS:
        found += _doubts_of_run(lock.created, suspect)
    return tuple(found)


def _doubts_of_run(created: datetime, suspect: Suspect | None) -> list[str]:
    """Why it is not proved that the run which took a lock for an apply has died."""
    if suspect is None:
        return ["the evidence knows no unfinished run: somebody may be running Terraform by hand"]
    record = suspect.record
    begun = datetime.fromisoformat(record.at)
    whose = " ".join(part for part in (record.run, record.actor and f"by {record.actor}", record.url) if part)
    if begun > created + CLOCKS:
        return [f"it is older than the unfinished run {whose}: another one took it"]
    match suspect.fate:
        case Fate.ALIVE:
            return [f"the run {whose} that began at {record.at[:19]}Z is still at work on this machine"]
        case Fate.UNKNOWN:
            return [
                f"this machine does not remember the run {whose} that began at {record.at[:19]}Z: "
                "look where it ran whether it lives"
            ]
    return []


def unlock_stacks(
    session: Session, environment: Environment, stacks: Sequence[Stack], *, reason: str = ""
) -> None:
    """Let go of the locks on these stacks' states, and tell what their holders may have left.

    With a `reason`, also of locks whose holder is not proved dead; the reason goes into the evidence.
    Raises `RefusedError` with every doubt about the others, after letting go of those without.
    """
    session.synchronise(again=True)
    refusals = [
        refusal
        for stack in stacks
        if stack.kind is StackKind.TERRAFORM
        and (refusal := _Unlocking(session, environment, stack).attempt(reason))
    ]
    if refusals:
        raise RefusedError(
            "\n".join(refusals),
            hint="When you know that the holder is gone: kubestack unlock --force --reason TEXT.",
        )


class _Unlocking:
    """One stack in one environment."""

    def __init__(self, session: Session, environment: Environment, stack: Stack) -> None:
        self._session = session
        self._environment = environment
        self._name = f"{stack.path} ({environment.name})"
        self._program = program_of(session, environment, stack)
        self._record = unfinished(session.history(), environment.name, stack.path)

    def attempt(self, reason: str) -> str:
        """Let go of the lock if there is one; returns why that was refused, or nothing."""
        session = self._session
        console = session.console
        lock = held_lock(self._program)
        if lock is None:
            console.data(f"{self._name}: not locked")
            return ""
        if not lock.id:
            console.data(
                f"{self._name}: locked, and the backend does not name the lock. PostgreSQL frees it as soon "
                "as its holder is gone; an HTTP server has to be told by its own means"
            )
            return ""
        found = doubts(lock, self._machine(), self._suspect())
        if found and not reason:
            return f"{self._name} stays locked by {lock}: {'; '.join(found)}"
        release(self._program, lock)
        proof = f"by force: {reason}" if found else "its holder is proved dead"
        console.data(f"{self._name}: released the lock of {lock}; {proof}")
        if found and self._record:
            Journal(session, self._environment, self._record.commit, {}, {}).gave_up(self._record, reason)
        if self._record:
            tell_orphans(session, self._record, self._program)
        return ""

    def _machine(self) -> Machine:
        return Machine(
            name=presence.host_name(),
            sees_all=presence.sees_all(),
            terraforms=presence.running("terraform", "tofu"),
        )

    def _suspect(self) -> Suspect | None:
        if self._record is None:
            return None
        return Suspect(record=self._record, fate=presence.fate(self._session.place.cache, self._record.run))

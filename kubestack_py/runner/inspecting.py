"""`kubestack evidence`: look at the records themselves, and at whether they hold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from kubestack_py.errors import EvidenceError, UsageError
from kubestack_py.model.inspection import Entry, Flaw, Inspection
from kubestack_py.promotion.records import from_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kubestack_py.model.evidence import Record, RecordStatus
    from kubestack_py.runner.session import Session

_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which records to show; what is left empty selects nothing. `commit` is any name of a commit."""

    environment: str = ""
    stack: str = ""
    commit: str = ""
    status: RecordStatus | None = None
    newest: int | None = None


def list_records(session: Session, selection: Selection) -> tuple[Entry, ...]:
    """The selected records, newest first, each with whether it counts.

    Environments and stacks that the platform no longer has may be named: their evidence remains. Raises
    `UsageError` for an environment that the platform never had.
    """
    session.synchronise_if_possible()
    commit = _commit(session, selection.commit) if selection.commit else ""
    records = session.ledger.records()
    if selection.environment and all(record.environment != selection.environment for record in records):
        session.environment(selection.environment)
    found = (
        record
        for record in reversed(records)
        if selection.environment in {"", record.environment}
        and selection.stack in {"", record.stack}
        and commit in {"", record.commit}
        and selection.status in {None, record.status}
    )
    return _entries(session, islice(found, selection.newest))


def find_records(session: Session, name: str) -> tuple[Entry, ...]:
    """The records of a run or about a commit, oldest first. Raises `UsageError` where there is none."""
    session.synchronise_if_possible()
    records = session.ledger.records()
    found = [record for record in records if record.run == name]
    if not found:
        commit = _commit(session, name)
        found = [record for record in records if record.commit == commit]
    if not found:
        raise UsageError(
            f"there is no evidence about {name!r}", hint="See what there is: kubestack evidence list"
        )
    return _entries(session, found)


def inspect(session: Session) -> Inspection:
    """Look at every record: whether it can be read, stands on its own commit, and is signed as asked for."""
    session.synchronise_if_possible()
    lines = session.ledger.lines()
    signed = session.signers is not None
    found = _in_parallel(session, lines) if signed else [_flaw(session, *item) for item in lines]
    return Inspection(
        ref=session.platform.evidence.ref,
        records=len(lines),
        signed=signed,
        flaws=tuple(flaw for flaw in found if flaw),
        loss=session.ledger.loss(),
    )


def _in_parallel(session: Session, lines: Sequence[tuple[str, str]]) -> list[Flaw | None]:
    """Checking a signature is two short programs, 8 ms on one core."""
    with ThreadPoolExecutor(session.place.parallel) as pool:
        return list(pool.map(lambda item: _flaw(session, *item), lines))


def _commit(session: Session, name: str) -> str:
    found = session.git.resolve(name)
    if found is None:
        raise UsageError(
            f"{name!r} is neither a commit in this clone nor a run that the evidence knows",
            hint="Fetch what is missing (git fetch --all), or see `kubestack evidence list`.",
        )
    return found


def _entries(session: Session, records: Iterable[Record]) -> tuple[Entry, ...]:
    return tuple(Entry(record=record, problem=session.problem(record)) for record in records)


def _flaw(session: Session, line: str, commit: str) -> Flaw | None:
    """What is wrong with one line, or nothing."""
    try:
        record = from_line(line, commit)
    except EvidenceError as error:
        problem = error.message.partition(": ")[0]
        return Flaw(commit=commit, about=line[:_SHOWN], problem=problem)
    problem = session.problem(record)
    about = f"{record.status} of {record.stack} in {record.environment}, {record.at[:19]}Z, run {record.run}"
    return Flaw(commit=commit, about=about, problem=problem) if problem else None

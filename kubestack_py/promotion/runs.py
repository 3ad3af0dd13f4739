"""Records put together again to the runs that wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.evidence import RecordStatus
from kubestack_py.model.past import PastRun, PastStack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kubestack_py.model.evidence import Record
    from kubestack_py.promotion.history import History


def runs(history: History, environment: str) -> Iterator[PastRun]:
    """What was done in an environment, newest first, from the records that count.

    Whether they count is asked run by run, so that whoever needs the newest one does not wait for all.
    """
    grouped: dict[tuple[str, str], list[Record]] = {}
    for record in history.of(environment):
        grouped.setdefault((record.run, record.commit), []).append(record)
    for group in sorted(grouped.values(), key=lambda records: records[0].at, reverse=True):
        counting = [record for record in group if history.counts(record)]
        if counting:
            yield _run(counting)


def way_back(history: History, environment: str) -> PastRun | None:
    """The newest complete delivery of a commit before the one that the environment was last touched with."""
    touched = history.touched(environment)
    past = (run for run in runs(history, environment) if run.applied and run.commit != touched)
    return next((run for run in past if run.delivered), None)


def _run(records: Sequence[Record]) -> PastRun:
    """One run from its records, oldest first."""
    first, last = records[0], records[-1]
    latest = {record.stack: record.status for record in records}
    overrides = dict.fromkeys(override for record in records for override in record.overrides)
    return PastRun(
        run=first.run,
        environment=first.environment,
        commit=first.commit,
        at=first.at,
        ended="" if last.status is RecordStatus.STARTED else last.at,
        applied=any(record.status is RecordStatus.STARTED for record in records),
        stacks=tuple(PastStack(stack=stack, status=status) for stack, status in latest.items()),
        overrides=tuple(overrides),
        actor=first.actor,
        url=first.url,
    )

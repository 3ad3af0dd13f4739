"""Write evidence for one apply: `started` before it, the result after it, joined by a run id."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from kubestack_py import __version__
from kubestack_py.errors import KubestackError, RefusedError
from kubestack_py.model.evidence import Override, Record, RecordStatus
from kubestack_py.model.outcome import Phase
from kubestack_py.model.outline import outlines
from kubestack_py.system.presence import announce, withdraw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from kubestack_py.model.changes import ContentDigest
    from kubestack_py.model.outcome import StackOutcome
    from kubestack_py.model.platform import Environment
    from kubestack_py.runner.session import Session

_STATUS = {
    Phase.APPLIED: RecordStatus.APPLIED,
    Phase.VERIFIED: RecordStatus.VERIFIED,
    Phase.FAILED: RecordStatus.FAILED,
    Phase.INTERRUPTED: RecordStatus.INTERRUPTED,
    Phase.SKIPPED: RecordStatus.FAILED,
}


LOCK_CHECK = "lock"
_AFTER_THE_OTHER = "Wait until that run has ended, and run the same command again if anything is left to do."


class Journal:
    """Evidence of one run in one environment at one commit."""

    def __init__(
        self,
        session: Session,
        environment: Environment,
        commit: str,
        digests: Mapping[str, ContentDigest],
        tools: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._session = session
        self._environment = environment
        self._commit = commit
        self._digests = digests
        self._tools = tools
        self._sign = session.signer  # asked for now: without its key nothing is to be begun
        self._run = secrets.token_hex(8)
        self._stacks: set[str] = set()

    def started(self, planned: Iterable[StackOutcome], overrides: Sequence[Override] = ()) -> None:
        """Say what is about to be applied.

        Raises `EvidenceError` where that cannot be shared, and `RefusedError` where another run has
        begun on one of these stacks since the gate was asked: what was planned here is out of date.
        """
        records = [
            replace(self._record(outcome, RecordStatus.STARTED), overrides=tuple(overrides), message="")
            for outcome in planned
        ]
        self._stacks = {record.stack for record in records}
        announce(self._session.place.cache, self._run)
        try:
            self._write(records, keep_when_refused=False, check=self._refuse_second)
        except KubestackError:
            withdraw(self._session.place.cache, self._run)
            raise

    def ended(self, outcomes: Iterable[StackOutcome]) -> None:
        """Say how it ended; what cannot be shared now is kept and goes along with the next push."""
        records = [
            self._record(outcome, _STATUS[outcome.phase]) for outcome in outcomes if outcome.phase in _STATUS
        ]
        self._write(records, keep_when_refused=True)
        withdraw(self._session.place.cache, self._run)

    def gave_up(self, started: Record, reason: str) -> None:
        """Say that a run which never told its end is over: somebody let go of its lock by force."""
        place = self._session.place
        override = Override(check=LOCK_CHECK, reason=self._session.console.masked(reason))
        record = replace(
            started,
            status=RecordStatus.INTERRUPTED,
            overrides=(override,),
            message="given up: the lock of its state was released by force",
            actor=place.actor,
            url=place.url,
            signature="",
        )
        self._write([record], keep_when_refused=True)

    def previewed(self, planned: Iterable[StackOutcome]) -> None:
        """Keep what plans would do now, for the promotion to be compared with."""
        records = [
            self._record(outcome, RecordStatus.PREVIEWED)
            for outcome in planned
            if outcome.phase is Phase.PLANNED
        ]
        self._write(records, keep_when_refused=True)

    def _refuse_second(self, news: Iterable[Record]) -> None:
        """Raise where others began to apply the same meanwhile; only one of two is to go on."""
        rivals = [
            record
            for record in news
            if record.status is RecordStatus.STARTED
            and record.environment == self._environment.name
            and record.stack in self._stacks
            and record.run != self._run
            and not self._session.problem(record)
        ]
        if rivals:
            raise RefusedError(_describe(rivals), hint="Nothing was applied here. " + _AFTER_THE_OTHER)

    def _write(
        self,
        records: Sequence[Record],
        *,
        keep_when_refused: bool,
        check: Callable[[Sequence[Record]], None] = lambda _: None,
    ) -> None:
        if not records:
            return
        begun = self._moment()
        moments = (begun + timedelta(microseconds=number) for number in range(len(records)))
        written = [
            replace(record, at=f"{at:%Y-%m-%dT%H:%M:%S.%fZ}")
            for record, at in zip(records, moments, strict=True)
        ]
        if self._sign:
            written = [self._sign(record) for record in written]
        self._session.ledger.append(written, keep_when_refused=keep_when_refused, check=check)

    def _record(self, outcome: StackOutcome, status: RecordStatus) -> Record:
        """The record of an outcome; when it is written, it gets its time."""
        changes = outcome.changes
        place = self._session.place
        # The first line only: what follows is text of other programs, which may hold values.
        message = outcome.error.partition("\n")[0]
        return Record(
            at="",
            run=self._run,
            environment=self._environment.name,
            stack=outcome.stack,
            status=status,
            commit=self._commit,
            digest=self._digests[outcome.stack],
            changes={str(action): number for action, number in changes.counts().items()} if changes else {},
            changes_digest=changes.digest() if changes else "",
            outlines=outlines(changes) if changes else (),
            verification=outcome.verification,
            tools={"kubestack": __version__, **self._tools.get(outcome.stack, {})},
            actor=place.actor,
            url=place.url,
            message=self._session.console.masked(message),
        )

    def _moment(self) -> datetime:
        """Now, but never before what is recorded already: a clock that goes backwards reorders nothing."""
        now = datetime.now(UTC)
        newest = self._session.ledger.newest(lambda record: not self._session.problem(record))
        return max(now, datetime.fromisoformat(newest) + timedelta(microseconds=1)) if newest else now


def _describe(rivals: Sequence[Record]) -> str:
    """Who was faster, at what and since when."""
    first = min(rivals, key=lambda record: record.at)
    whose = " ".join(part for part in (first.actor and f"by {first.actor}", first.url) if part)
    stacks = ", ".join(sorted({record.stack for record in rivals}))
    return (
        f"another run{f' ({whose})' if whose else ''} began to apply {stacks} to {first.environment} "
        f"at {first.at[:19]}Z, while this one was planning"
    )

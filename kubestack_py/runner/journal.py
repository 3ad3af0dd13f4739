"""Write evidence for one apply: `started` before it, the result after it, joined by a run id."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from kubestack_py import __version__
from kubestack_py.model.evidence import Record, RecordStatus
from kubestack_py.model.outcome import Phase
from kubestack_py.model.outline import outlines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kubestack_py.model.changes import ContentDigest
    from kubestack_py.model.evidence import Override
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
        self._run = secrets.token_hex(8)

    def started(self, planned: Iterable[StackOutcome], overrides: Sequence[Override] = ()) -> None:
        """Say what is about to be applied; raises `EvidenceError` where that cannot be shared."""
        records = [
            replace(self._record(outcome, RecordStatus.STARTED), overrides=tuple(overrides), message="")
            for outcome in planned
        ]
        self._write(records, keep_when_refused=False)

    def ended(self, outcomes: Iterable[StackOutcome]) -> None:
        """Say how it ended; what cannot be shared now is kept and goes along with the next push."""
        records = [
            self._record(outcome, _STATUS[outcome.phase]) for outcome in outcomes if outcome.phase in _STATUS
        ]
        self._write(records, keep_when_refused=True)

    def previewed(self, planned: Iterable[StackOutcome]) -> None:
        """Keep what plans would do now, for the promotion to be compared with."""
        records = [
            self._record(outcome, RecordStatus.PREVIEWED)
            for outcome in planned
            if outcome.phase is Phase.PLANNED
        ]
        self._write(records, keep_when_refused=True)

    def _write(self, records: Sequence[Record], *, keep_when_refused: bool) -> None:
        if not records:
            return
        sign = self._session.signer
        written = [sign(record) for record in records] if sign else records
        self._session.ledger.append(written, keep_when_refused=keep_when_refused)

    def _record(self, outcome: StackOutcome, status: RecordStatus) -> Record:
        changes = outcome.changes
        place = self._session.place
        # The first line only: what follows is text of other programs, which may hold values.
        message = outcome.error.partition("\n")[0]
        return Record(
            at=self._moment(),
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

    def _moment(self) -> str:
        """Now, but never before what is recorded already: a clock that goes backwards reorders nothing."""
        now = datetime.now(UTC)
        newest = self._session.ledger.newest()
        if newest:
            now = max(now, datetime.fromisoformat(newest) + timedelta(microseconds=1))
        return now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

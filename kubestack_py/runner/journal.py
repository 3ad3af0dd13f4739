"""Write evidence for one apply: `started` before it, the result after it, joined by a run id."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kubestack_py import __version__
from kubestack_py.model.evidence import Record, RecordStatus
from kubestack_py.model.outcome import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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

    def started(self, stacks: Iterable[str]) -> None:
        """Say what is about to be applied; raises `EvidenceError` where that cannot be shared."""
        records = [self._record(stack, RecordStatus.STARTED) for stack in stacks]
        self._session.ledger.append(records, keep_when_refused=False)

    def ended(self, outcomes: Sequence[StackOutcome]) -> None:
        """Say how it ended; what cannot be shared now is kept and goes along with the next push."""
        records = [
            self._record(outcome.stack, _STATUS[outcome.phase], outcome)
            for outcome in outcomes
            if outcome.phase in _STATUS
        ]
        if records:
            self._session.ledger.append(records, keep_when_refused=True)

    def _record(self, stack: str, status: RecordStatus, outcome: StackOutcome | None = None) -> Record:
        changes = outcome.changes if outcome else None
        place = self._session.place
        # The first line only: what follows is text of other programs, which may hold values.
        message = outcome.error.partition("\n")[0] if outcome else ""
        return Record(
            at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            run=self._run,
            environment=self._environment.name,
            stack=stack,
            status=status,
            commit=self._commit,
            digest=self._digests[stack],
            changes={str(action): number for action, number in changes.counts().items()} if changes else {},
            changes_digest=changes.digest() if changes else "",
            verification=outcome.verification if outcome else (),
            tools={"kubestack": __version__, **self._tools.get(stack, {})},
            actor=place.actor,
            url=place.url,
            message=self._session.console.masked(message),
        )

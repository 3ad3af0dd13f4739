"""What the records say about environments, stacks and content: questions to evidence, without I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.model.evidence import Record, RecordStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kubestack_py.model.changes import ContentDigest

DELIVERED = frozenset({RecordStatus.APPLIED, RecordStatus.VERIFIED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """The commit that an environment runs, and since when (UTC)."""

    commit: str
    since: str


class History:
    """Records in the order of time, indexed for the questions below."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._by_stack: dict[tuple[str, str], list[Record]] = {}
        self._by_environment: dict[str, list[Record]] = {}
        for record in sorted(records, key=lambda record: record.at):
            self._by_stack.setdefault((record.environment, record.stack), []).append(record)
            self._by_environment.setdefault(record.environment, []).append(record)

    def of(self, environment: str) -> tuple[Record, ...]:
        """Every record of an environment, oldest first."""
        return tuple(self._by_environment.get(environment, ()))

    def latest(self, environment: str, stack: str) -> Record | None:
        """The newest record of a stack in an environment, whatever it says."""
        records = self._by_stack.get((environment, stack))
        return records[-1] if records else None

    def latest_of_content(self, environment: str, stack: str, shared: str) -> Record | None:
        """The newest record of a stack in an environment for one shared content digest.

        It alone decides what is proved: a later failure, or a later start without a result, takes
        an earlier verification back.
        """
        records = self._by_stack.get((environment, stack), ())
        return next((record for record in reversed(records) if record.digest.shared == shared), None)

    def is_current(self, environment: str, stack: str, digest: ContentDigest, *, verified: bool) -> bool:
        """Whether nothing needs to be done: the newest record says that this content is in place.

        With `verified`, an apply that was not verified does not count.
        """
        record = self.latest(environment, stack)
        wanted = {RecordStatus.VERIFIED} if verified else DELIVERED
        return record is not None and record.status in wanted and record.digest == digest

    def was_applied(self, environment: str, stack: str, digest: ContentDigest) -> bool:
        """Whether the newest record is about this content, and an apply of it has ended.

        It may have failed its verification; it was neither interrupted nor left without a result.
        """
        record = self.latest(environment, stack)
        ended = DELIVERED | {RecordStatus.FAILED}
        return record is not None and record.status in ended and record.digest == digest

    def deployed(self, environment: str) -> Deployed | None:
        """What the environment runs: the commit of its newest delivery, and when that commit came first."""
        delivered = [record for record in self.of(environment) if record.status in DELIVERED]
        if not delivered:
            return None
        commit = delivered[-1].commit
        since = next(record.at for record in delivered if record.commit == commit)
        return Deployed(commit=commit, since=since)

    def touched(self, environment: str) -> str | None:
        """The commit that was last begun in the environment, successful or not."""
        records = self.of(environment)
        return records[-1].commit if records else None

"""What the records say about environments, stacks and content: questions to evidence, without I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.model.evidence import DELIVERED, Record, RecordStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from kubestack_py.model.changes import ContentDigest
    from kubestack_py.model.outline import ChangeOutline

SETBACKS = frozenset({RecordStatus.FAILED, RecordStatus.INTERRUPTED})
_SHOWN_PROBLEMS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """The commit that an environment runs, and since when (UTC)."""

    commit: str
    since: str


class History:
    """Records in the order of time, indexed for the questions below.

    `problem` says why a record does not count (its signature, say), or nothing. It is asked only
    about records that an answer would rest on: a record that does not count is passed over, whether
    it would let a commit through or keep one out. Only `of` gives every record.
    """

    def __init__(self, records: Iterable[Record], problem: Callable[[Record], str] = lambda _: "") -> None:
        self._problem = problem
        self._by_stack: dict[tuple[str, str], list[Record]] = {}
        self._by_environment: dict[str, list[Record]] = {}
        self._previews: dict[tuple[str, str], list[Record]] = {}
        for record in sorted(records, key=lambda record: record.at):
            key = (record.environment, record.stack)
            if record.status is RecordStatus.PREVIEWED:
                self._previews.setdefault(key, []).append(record)
            else:
                self._by_stack.setdefault(key, []).append(record)
                self._by_environment.setdefault(record.environment, []).append(record)

    def counts(self, record: Record) -> bool:
        """Whether an answer may rest on a record."""
        return not self._problem(record)

    def of(self, environment: str) -> tuple[Record, ...]:
        """Every record of an apply in an environment, oldest first, counting or not."""
        return tuple(self._by_environment.get(environment, ()))

    def latest(self, environment: str, stack: str) -> Record | None:
        """The newest record of a stack in an environment, whatever it says."""
        return next(self._newest(environment, stack), None)

    def latest_of_content(self, environment: str, stack: str, shared: str) -> Record | None:
        """The newest record of a stack in an environment for one shared content digest.

        It alone decides what is proved: a later failure, or a later start without a result, takes
        an earlier verification back.
        """
        newest = self._newest(environment, stack)
        return next((record for record in newest if record.digest.shared == shared), None)

    def passed_over(self, environment: str, stack: str, shared: str) -> tuple[str, ...]:
        """Why records of this content that are newer than the one that counts do not count themselves."""
        problems = []
        for record in reversed(self._by_stack.get((environment, stack), ())):
            if record.digest.shared == shared:
                problem = self._problem(record)
                if not problem:
                    break
                problems.append(f"the record {record.status} of {record.at[:19]}Z does not count: {problem}")
        left_out = len(problems) - _SHOWN_PROBLEMS
        more = [f"{left_out} more records do not count"] if left_out > 0 else []
        return (*problems[:_SHOWN_PROBLEMS], *more)

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

    def delivered(self, environment: str, stack: str) -> Record | None:
        """The newest successful record of a stack in an environment."""
        newest = self._newest(environment, stack)
        return next((record for record in newest if record.status in DELIVERED), None)

    def deployed(self, environment: str) -> Deployed | None:
        """What the environment runs: the commit of its newest delivery, and when that commit came first."""
        delivered = [record for record in self.of(environment) if record.status in DELIVERED]
        newest = next(filter(self.counts, reversed(delivered)), None)
        if newest is None:
            return None
        of_commit = (record for record in delivered if record.commit == newest.commit)
        return Deployed(commit=newest.commit, since=next(filter(self.counts, of_commit)).at)

    def touched(self, environment: str) -> str | None:
        """The commit that was last begun in the environment, successful or not."""
        newest = next(filter(self.counts, reversed(self.of(environment))), None)
        return newest.commit if newest else None

    def soaking_since(self, environment: str, stack: str, shared: str) -> str | None:
        """Since when the environment has been verified with this content, in UTC; None: not now.

        A failure in the environment, of whatever stack, begins it anew with the next verification.
        """
        record = self.latest_of_content(environment, stack, shared)
        if record is None or record.status is not RecordStatus.VERIFIED:
            return None
        setbacks = (item for item in reversed(self.of(environment)) if item.status in SETBACKS)
        setback = next((item.at for item in filter(self.counts, setbacks)), "")
        about_it = (item for item in self._by_stack[environment, stack] if item.digest.shared == shared)
        own = next((item.at for item in self._verified(about_it, setback)), None)
        return own or next((item.at for item in self._verified(self.of(environment), setback)), None)

    def preview(self, environment: str, stack: str, digest: ContentDigest) -> Record | None:
        """The newest preview of a stack with this content for an environment."""
        previews = reversed(self._previews.get((environment, stack), ()))
        return next((item for item in previews if item.digest == digest and self.counts(item)), None)

    def lived_through(self, environment: str, stack: str, commits: Collection[str]) -> list[ChangeOutline]:
        """What a stack went through in an environment at any of these commits.

        A plan counts when the stack was verified at or after it: then nothing of it was left undone,
        also where the run that made it failed half-way or was killed.
        """
        newest = self._newest(environment, stack)
        verified = next((item.at for item in newest if item.status is RecordStatus.VERIFIED), "")
        about_it = (item for item in self._by_stack.get((environment, stack), ()) if item.commit in commits)
        return [
            outline
            for item in about_it
            if item.outlines and item.at <= verified and self.counts(item)
            for outline in item.outlines
        ]

    def _newest(self, environment: str, stack: str) -> Iterator[Record]:
        """The records of a stack that count, newest first."""
        records = reversed(self._by_stack.get((environment, stack), ()))
        return filter(self.counts, records)

    def _verified(self, records: Iterable[Record], after: str) -> Iterator[Record]:
        verified = (item for item in records if item.status is RecordStatus.VERIFIED and item.at > after)
        return filter(self.counts, verified)

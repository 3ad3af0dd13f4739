"""The comment on a pull request through its life: planned, outdated, applying, applied or failed.

It is a courtesy: whatever the host says, a plan that succeeded has succeeded. Callers catch `HostError`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from kubestack_py.ci.hosts.model import CommitStatus
from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.review import LIMITS, ApplyNote, Label, ReviewState, StatusState, mark_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kubestack_py.ci.hosts.review import Review
    from kubestack_py.model.outcome import RunReport
    from kubestack_py.model.review import Mark, Place
    from kubestack_py.runner.session import Session

STATUS = "kubestack/plan"
_LOSSES = {ChangeAction.DELETE, ChangeAction.REPLACE}
_SHOWN_MERGES = 10  # of one apply; each costs requests
_SHORTEST_ID = 12  # Bitbucket tells no more of a commit


class Pen(Protocol):
    """What writes the comment: `report.comment`, which nothing here knows."""

    def review_mark(self, report: RunReport, platform: str, *, number: int, head: str) -> Mark:
        """The mark of a comment about a run."""

    def comment(self, report: RunReport, mark: Mark, limit: int, hide: Callable[[str], str]) -> str:
        """The comment."""

    def restated(self, body: str, mark: Mark) -> str:
        """A comment with another mark."""


@dataclass(frozen=True, kw_only=True)
class Reviewing:
    """The comments in one repository; every method raises `HostError`."""

    review: Review
    place: Place
    pen: Pen
    hide: Callable[[str], str] = str

    def mark(self, report: RunReport) -> Mark:
        """The mark of the comment about a run."""
        place = self.place
        return self.pen.review_mark(report, place.repository, number=place.number, head=place.head)

    def outdate(self) -> None:
        """Say of a comment about another commit that it no longer holds, before the new plan is there."""
        body = self.review.read(self.place.number)
        mark = mark_of(body)
        if mark and mark.state is not ReviewState.OUTDATED and not _same(mark.head, self.place.head):
            self._write(self.place.number, body, replace(mark, state=ReviewState.OUTDATED))

    def planned(self, report: RunReport) -> None:
        """Show what a run planned; where a newer commit has come meanwhile, say so, or leave its comment."""
        number, head, mark = self.place.number, self.place.head, self.mark(report)
        newest = self.review.head(number)
        if newest and not _same(newest, head):
            there = mark_of(self.review.read(number))
            if there and _same(there.head, newest):
                return
            mark = replace(mark, state=ReviewState.OUTDATED)
        self.review.write(number, self.pen.comment(report, mark, LIMITS[self.place.host], self.hide))

    def failed(self, url: str) -> None:
        """Say of the comment that the plan of a newer commit failed before it showed anything."""
        body = self.review.read(self.place.number)
        mark = mark_of(body)
        if mark and _same(mark.head, self.place.head):
            self._write(self.place.number, body, replace(mark, state=ReviewState.FAILED, url=url))

    def applies(self, numbers: Sequence[int], note: ApplyNote) -> None:
        """Say of merged pull requests how they fare in an environment; those without a comment get none."""
        for number in numbers:
            body = self.review.read(number)
            mark = mark_of(body)
            if mark:
                self._write(number, body, mark.with_apply(note))

    def set_status(self, report: RunReport, *, failed: bool) -> None:
        """Put the result of a plan beside the commit, for rules that ask for one."""
        mark = self.mark(report)
        state = StatusState.FAILURE if failed else StatusState.SUCCESS
        words = mark.summary or "nothing is planned"
        self.review.set_status(
            CommitStatus(
                commit=self.place.head, state=state, context=STATUS, description=words, url=report.event.url
            )
        )

    def set_label(self, report: RunReport) -> None:
        """Label the pull request by what it would do."""
        self.review.set_label(self.place.number, label_of(report))

    def _write(self, number: int, body: str, mark: Mark) -> None:
        self.review.write(number, self.pen.restated(body, mark))


def applied_pull_requests(session: Session, desk: Reviewing, environment: str) -> list[int]:
    """The pull requests that reach an environment with the checked-out commit, the newest first."""
    session.synchronise_if_possible()
    deployed = session.history().deployed(environment)
    head = session.git.head()
    since = [f"^{deployed.commit}"] if deployed and session.git.commit_info(deployed.commit) else []
    count = _SHOWN_MERGES if since else 1
    listed = session.git.call("rev-list", "--first-parent", f"--max-count={count}", head, *since, "--")
    commits = listed.text.split() or [head]
    return list(dict.fromkeys(number for commit in commits for number in desk.review.pull_requests(commit)))


def label_of(report: RunReport) -> Label:
    """The label for what a run planned, the worst of all environments."""
    actions = {
        change.action
        for outcome in report.environments
        for stack in outcome.stacks
        for change in (stack.changes.changes if stack.changes else ())
    }
    if actions & _LOSSES:
        return Label.DESTROY
    pending = any(outcome.pending for outcome in report.environments)
    return Label.CHANGES if actions or pending else Label.NOTHING


def _same(one: str, other: str) -> bool:
    """Whether two ids name the same commit, of which a host may tell only the beginning."""
    length = min(len(one), len(other))
    return length >= _SHORTEST_ID and one[:length] == other[:length]

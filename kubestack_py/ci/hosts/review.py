"""Our one comment on a pull request: found by its author and its mark, made or changed in place.

Refusals that pass (rate limits, errors of the host, no connection) are waited out, but not for long, and
then everything is looked up again: a request that failed may have been carried out all the same.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from kubestack_py.ci.hosts.model import CommitStatus, HostRefusal, IssueTracker
from kubestack_py.errors import HostError
from kubestack_py.model.ci import CiHost
from kubestack_py.model.review import LIMITS, mark_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kubestack_py.ci.hosts.model import Comment, Host
    from kubestack_py.model.review import Label, Place

T = TypeVar("T")
TRIES = 4
PATIENCE = 60.0  # seconds of waiting in all; a comment is not worth more of a job's time
_GONE = {404, 410}
_NAMES = {
    CiHost.GITHUB: "GitHub",
    CiHost.GITLAB: "GitLab",
    CiHost.BITBUCKET: "Bitbucket",
    CiHost.AZURE: "Azure DevOps",
}
_RIGHTS = {
    CiHost.GITHUB: "`pull-requests: write` (`statuses: write` for statuses, `issues: write` for issues)",
    CiHost.GITLAB: "the scope `api` and the role Developer",
    CiHost.BITBUCKET: "the scope `pullrequest:write`",
    CiHost.AZURE: "the right *Contribute to pull requests* in the repository",
}


class Review:
    """The pull requests of one repository, as far as our comment goes. Every method raises `HostError`."""

    def __init__(self, host: Host, place: Place, sleep: Callable[[float], None] = time.sleep) -> None:
        self._host = host
        self._place = place
        self._sleep = sleep
        self._patience = PATIENCE

    @property
    def longest(self) -> int:
        """The longest text that the host takes, in UTF-16 units."""
        return LIMITS[self._place.host]

    def read(self, number: int) -> str:
        """The text of our comment; empty where there is none, or where nobody says that it is ours."""
        return self._patiently(lambda: self._text(number))

    def write(self, number: int, body: str) -> None:
        """Put the text into our comment, which is made where there is none."""
        self._patiently(lambda: self._put(number, body))

    def head(self, number: int) -> str:
        """The newest commit of the pull request."""
        return self._patiently(lambda: self._host.head(number))

    def pull_requests(self, commit: str) -> list[int]:
        """The pull requests that brought a commit to its branch."""
        return self._patiently(lambda: self._host.pull_requests(commit))

    def set_status(self, status: CommitStatus) -> None:
        """Put a status beside a commit."""
        self._patiently(lambda: self._host.set_status(status))

    def set_label(self, number: int, label: Label) -> None:
        """Give the pull request this label and none of the others."""
        self._patiently(lambda: self._host.set_label(number, label))

    def keep_issue(self, title: str, mark: str, body: str, *, needed: bool) -> bool:
        """Keep our one issue of that title: open with this text, or closed with it where it is not `needed`.

        `mark` is a line of the text by which ours is known. Returns whether there is anything to see;
        raises `HostError` on a host without issues.
        """
        if not isinstance(self._host, IssueTracker):
            raise HostError(f"{_NAMES[self._place.host]} keeps no issues that kubestack could open")
        tracker = self._host
        return self._patiently(lambda: _kept(tracker, title, mark, body, needed=needed))

    def _own(self, number: int) -> Iterator[Comment]:
        myself = self._host.myself()
        for comment in self._host.comments(number):
            mark = mark_of(comment.body)
            ours = mark and mark.platform == self._place.repository and mark.number == number
            if ours and comment.author == (myself or comment.author):
                yield comment

    def _text(self, number: int) -> str:
        return next((item.body for item in self._own(number)), "") if self._host.myself() else ""

    def _put(self, number: int, body: str) -> None:
        for comment in self._own(number):
            try:
                self._host.update(number, comment.id, body)
            except HostRefusal as refusal:
                # Deleted a moment ago, or, where the host does not tell who we are, somebody else's.
                if refusal.status not in _GONE | {403}:
                    raise
            else:
                return
        self._host.create(number, body)

    def _patiently(self, work: Callable[[], T]) -> T:
        for attempt in range(1, TRIES + 1):
            try:
                return work()
            except HostRefusal as refusal:
                wait = refusal.retry_after if refusal.retry_after is not None else 2.0 ** (attempt - 1)
                if attempt == TRIES or not refusal.passing or wait > self._patience:
                    raise self._error(refusal) from None
                self._patience -= wait
                self._sleep(wait)
        raise AssertionError

    def _error(self, refusal: HostRefusal) -> HostError:
        """A refusal in words, with what to do. Neither URLs nor headers are in it, and so no token."""
        name, token = _NAMES[self._place.host], self._place.token
        said = f": {' '.join(refusal.said.split())[:200]}" if refusal.said else ""
        rights = f"Give the token in {token} {_RIGHTS[self._place.host]}."
        if refusal.retry_after is not None:
            wait = f"for {refusal.retry_after:.0f} more seconds"
            return HostError(f"{name} limits how often it may be asked, {wait}{said}", hint="Try again then.")
        match refusal.status:
            case 401:
                return HostError(
                    f"{name} does not accept the token in {token}: it is wrong, or has expired",
                    hint=f"Make a new one with {_RIGHTS[self._place.host]}.",
                )
            case 403:
                return HostError(f"{name} does not let the token in {token} do that{said}", hint=rights)
            case 404:
                return HostError(f"{name} shows the token in {token} no such thing{said}", hint=rights)
            case 0:
                return HostError(f"{name} cannot be reached{said}", hint="Is its API open to this job?")
            case status if status >= 500:
                return HostError(f"{name} has failed {TRIES} times (HTTP {status}){said}")
            case status:
                return HostError(f"{name} refused (HTTP {status}){said}")


def _kept(tracker: IssueTracker, title: str, mark: str, body: str, *, needed: bool) -> bool:
    myself = tracker.myself()
    for issue in tracker.issues(title):
        if issue.author == (myself or issue.author) and mark in issue.body:
            tracker.change_issue(issue.number, body, close=not needed)
            return True
    if needed:
        tracker.open_issue(title, body)
    return needed

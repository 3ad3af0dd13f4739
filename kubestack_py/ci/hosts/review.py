"""Our one comment on a pull request: found by its author and its mark, made or changed in place."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kubestack_py.ci.hosts.model import CommitStatus, HostRefusal, IssueTracker
from kubestack_py.ci.hosts.patience import NAMES, Patience
from kubestack_py.errors import HostError
from kubestack_py.model.review import LIMITS, Label, mark_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kubestack_py.ci.hosts.model import Comment, Host
    from kubestack_py.model.review import Place

_GONE = {404, 410}


class Review:
    """The pull requests of one repository, as far as our comment goes. Every method raises `HostError`."""

    def __init__(self, host: Host, place: Place, sleep: Callable[[float], None] = time.sleep) -> None:
        self._host = host
        self._place = place
        self._patiently = Patience(place, sleep)

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
        self._patiently(lambda: self._host.set_labels(number, [label], set(Label) - {label}))

    def keep_issue(self, title: str, mark: str, body: str, *, needed: bool) -> bool:
        """Keep our one issue of that title: open with this text, or closed with it where it is not `needed`.

        `mark` is a line of the text by which ours is known. Returns whether there is anything to see;
        raises `HostError` on a host without issues.
        """
        if not isinstance(self._host, IssueTracker):
            raise HostError(f"{NAMES[self._place.host]} keeps no issues that kubestack could open")
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


def _kept(tracker: IssueTracker, title: str, mark: str, body: str, *, needed: bool) -> bool:
    myself = tracker.myself()
    for issue in tracker.issues(title):
        if issue.author == (myself or issue.author) and mark in issue.body:
            tracker.change_issue(issue.number, body, close=not needed)
            return True
    if needed:
        tracker.open_issue(title, body)
    return needed

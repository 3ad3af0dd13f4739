"""What every host can do for us, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from kubestack_py.errors import HostError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from kubestack_py.model.pull_request import PullRequest, WantedRequest
    from kubestack_py.model.review import StatusState


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """A comment on a pull request; `author` is the host's own id of who wrote it."""

    id: str
    author: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitStatus:
    """What stands beside a commit: `context` is the name, `description` a short sentence."""

    commit: str
    state: StatusState
    context: str
    description: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """An open issue; `author` is the host's own id of who opened it."""

    number: int
    author: str
    body: str


class HostRefusal(Exception):  # noqa: N818 - what a host answered; only `HostError` leaves this folder
    """A request that failed: the host's status (0: no answer), its words, and when to try again."""

    def __init__(self, status: int, said: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(status, said)
        self.status = status
        self.said = said
        self.retry_after = retry_after

    @property
    def passing(self) -> bool:
        """True when the same request may succeed a little later."""
        return self.status in {0, 429} or self.status >= 500 or self.retry_after is not None


class Host(Protocol):
    """The API of a host for one repository. Every method raises `HostRefusal` alone."""

    def myself(self) -> str:
        """The id of the author of our own comments; empty where the host does not tell."""

    def comments(self, number: int) -> Iterator[Comment]:
        """All comments of a pull request, oldest first."""

    def create(self, number: int, body: str) -> None:
        """Write a new comment."""

    def update(self, number: int, comment: str, body: str) -> None:
        """Give a comment another text."""

    def head(self, number: int) -> str:
        """The newest commit of a pull request."""

    def pull_requests(self, commit: str) -> list[int]:
        """The pull requests that brought a commit to its branch."""

    def set_status(self, status: CommitStatus) -> None:
        """Put a status beside a commit."""

    def set_labels(self, number: int, wanted: Collection[str], unwanted: Collection[str]) -> None:
        """Give a pull request some labels and take others away; those of a `Label` get its colour."""

    def requests(self, source: str, target: str) -> Iterator[PullRequest]:
        """The open pull requests of a branch of the repository itself, not of a fork, into another one."""

    def open_request(self, wanted: WantedRequest) -> PullRequest:
        """Open a pull request."""

    def change_request(self, number: int, title: str, body: str) -> None:
        """Give a pull request another title and text."""

    def close_request(self, number: int) -> None:
        """Close a pull request without merging it."""


@runtime_checkable
class IssueTracker(Protocol):
    """A host that keeps issues with a repository. Every method raises `HostRefusal` alone."""

    def myself(self) -> str:
        """The id of the author of our own issues; empty where the host does not tell."""

    def issues(self, title: str) -> Iterator[Issue]:
        """The open issues with exactly this title."""

    def open_issue(self, title: str, body: str) -> None:
        """Open an issue."""

    def change_issue(self, number: int, body: str, *, close: bool) -> None:
        """Give an issue another text, and close it."""


__all__ = ["Comment", "CommitStatus", "Host", "HostError", "HostRefusal", "Issue", "IssueTracker"]

"""GitHub through PyGithub (docs.github.com, "REST API endpoints for issue comments")."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kubestack_py.ci.hosts.model import Comment, HostRefusal, Issue
from kubestack_py.model.pull_request import PullRequest
from kubestack_py.model.review import LABEL_COLORS, Label

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from kubestack_py.ci.hosts.model import CommitStatus
    from kubestack_py.model.pull_request import WantedRequest

_TIMEOUT = 30
_VIEWER = "query { viewer { login } }"


class GitHub:
    """The API of one repository. Waiting and trying again is left to the caller."""

    def __init__(self, api: str, repository: str, token: str) -> None:
        from github import Auth, Github

        self._owner = repository.partition("/")[0]
        with _answers():
            self._github = Github(
                base_url=api.rstrip("/"),
                auth=Auth.Token(token),
                retry=None,
                timeout=_TIMEOUT,
                per_page=100,
                lazy=True,
                seconds_between_requests=None,
                seconds_between_writes=None,
            )
            self._repository = self._github.get_repo(repository)

    def myself(self) -> str:
        """The login. The token of a job may not ask REST who it is; GraphQL tells it."""
        from github import GithubException

        with _answers():
            try:
                return self._github.get_user().login
            except GithubException as error:
                if error.status not in {403, 404}:
                    raise
            _, answer = self._github.requester.graphql_query(_VIEWER, {})
            return str(answer["data"]["viewer"]["login"])

    def comments(self, number: int) -> Iterator[Comment]:
        """All comments, page by page."""
        with _answers():
            for item in self._repository.get_issue(number).get_comments():
                author = item.user.login if item.user else ""
                yield Comment(id=str(item.id), author=author, body=item.body or "")

    def create(self, number: int, body: str) -> None:
        """Write a new comment."""
        with _answers():
            self._repository.get_issue(number).create_comment(body)

    def update(self, number: int, comment: str, body: str) -> None:
        """Give a comment another text."""
        with _answers():
            self._repository.get_issue(number).get_comment(int(comment)).edit(body)

    def head(self, number: int) -> str:
        """The newest commit of a pull request."""
        with _answers():
            return self._repository.get_pull(number).head.sha

    def pull_requests(self, commit: str) -> list[int]:
        """The merged pull requests that brought a commit."""
        with _answers():
            found = self._repository.get_commit(commit).get_pulls()
            return [pull.number for pull in found if pull.merged_at]

    def set_status(self, status: CommitStatus) -> None:
        """Put a status beside a commit."""
        with _answers():
            given = {"target_url": status.url} if status.url else {}
            self._repository.get_commit(status.commit).create_status(
                status.state.value, description=status.description[:140], context=status.context, **given
            )

    def set_labels(self, number: int, wanted: Collection[str], unwanted: Collection[str]) -> None:
        """Give a pull request some labels, with the colours of new ones, and take others away."""
        with _answers():
            issue = self._repository.get_issue(number)
            there = {item.name for item in issue.labels}
            for label in sorted(there & set(unwanted)):
                issue.remove_from_labels(label)
            for label in wanted:
                if label in there:
                    continue
                if label in set(Label):
                    self._make_label(Label(label))
                issue.add_to_labels(str(label))

    def issues(self, title: str) -> Iterator[Issue]:
        """The open issues with exactly this title; pull requests are issues too, and left out."""
        with _answers():
            for item in self._repository.get_issues(state="open"):
                if item.title == title and item.pull_request is None:
                    author = item.user.login if item.user else ""
                    yield Issue(number=item.number, author=author, body=item.body or "")

    def open_issue(self, title: str, body: str) -> None:
        """Open an issue."""
        with _answers():
            self._repository.create_issue(title, body=body)

    def change_issue(self, number: int, body: str, *, close: bool) -> None:
        """Give an issue another text, and close it."""
        with _answers():
            self._repository.get_issue(number).edit(body=body, state="closed" if close else "open")

    def requests(self, source: str, target: str) -> Iterator[PullRequest]:
        """The open pull requests of a branch into another one."""
        with _answers():
            for item in self._repository.get_pulls(state="open", head=f"{self._owner}:{source}", base=target):
                if item.head.repo and item.head.repo.full_name == item.base.repo.full_name:
                    yield _request(item)

    def open_request(self, wanted: WantedRequest) -> PullRequest:
        """Open a pull request."""
        with _answers():
            made = self._repository.create_pull(
                base=wanted.target, head=wanted.source, title=wanted.title, body=wanted.body
            )
            return _request(made)

    def change_request(self, number: int, title: str, body: str) -> None:
        """Give a pull request another title and text."""
        with _answers():
            self._repository.get_pull(number).edit(title=title, body=body)

    def close_request(self, number: int) -> None:
        """Close a pull request without merging it."""
        with _answers():
            self._repository.get_pull(number).edit(state="closed")

    def _make_label(self, label: Label) -> None:
        from github import GithubException

        try:
            self._repository.create_label(label.value, LABEL_COLORS[label])
        except GithubException as error:
            if error.status != 422:  # there is one of that name
                raise


def _request(item: Any) -> PullRequest:
    return PullRequest(number=item.number, url=item.html_url, title=item.title, body=item.body or "")


@contextmanager
def _answers() -> Iterator[None]:
    """Turn what the library raises into a `HostRefusal`, without its URLs and headers."""
    from github import GithubException
    from requests import RequestException

    try:
        yield
    except GithubException as error:
        wait = _wait(error.status, error.headers or {})
        raise HostRefusal(error.status, _said(error.data), retry_after=wait) from None
    except (RequestException, AssertionError) as error:
        raise HostRefusal(0, type(error).__name__) from None


def _said(data: Any) -> str:
    """The message of a refusal, with those of the single errors, which say what "Validation Failed" means."""
    if not isinstance(data, dict):
        return ""
    errors = data.get("errors")
    found = errors if isinstance(errors, list) else []
    more = [item.get("message") for item in found if isinstance(item, dict)]
    return ": ".join(str(text) for text in (data.get("message"), *more) if text)


def _wait(status: int, headers: Mapping[str, str]) -> float | None:
    """The seconds to wait that the headers of a refusal ask for (docs.github.com, "Rate limits")."""
    named = {name.lower(): value for name, value in headers.items()}
    if status not in {403, 429}:
        return None
    if named.get("retry-after", "").isdigit():
        return float(named["retry-after"])
    if named.get("x-ratelimit-remaining") == "0" and named.get("x-ratelimit-reset", "").isdigit():
        return max(0.0, float(named["x-ratelimit-reset"]) - time.time())
    return None

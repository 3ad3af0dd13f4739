"""Bitbucket Cloud (developer.atlassian.com, "The Bitbucket Cloud REST API", pull requests)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from kubestack_py.ci.hosts.model import Comment, HostRefusal
from kubestack_py.ci.hosts.rest import Rest
from kubestack_py.model.pull_request import PullRequest
from kubestack_py.model.review import StatusState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from kubestack_py.ci.hosts.model import CommitStatus
    from kubestack_py.model.pull_request import WantedRequest

_STATES = {
    StatusState.PENDING: "INPROGRESS",
    StatusState.SUCCESS: "SUCCESSFUL",
    StatusState.FAILURE: "FAILED",
}


class Bitbucket:
    """The API of one repository, by an access token of the repository, the project or the workspace."""

    def __init__(self, api: str, repository: str, token: str) -> None:
        self._rest = Rest(api, {"Authorization": f"Bearer {token}"})
        self._repository = f"/repositories/{repository}"

    def myself(self) -> str:
        """The id of the token's user; empty for a token that may not ask.

        Comments of others cannot be edited there, so without an id a refusal tells whose they are.
        """
        try:
            return str(self._rest.call("GET", "/user")["uuid"])
        except HostRefusal as refusal:
            if refusal.status in {403, 404}:
                return ""
            raise

    def comments(self, number: int) -> Iterator[Comment]:
        """All comments that are there still, page by page."""
        for item in self._pages(f"{self._pull(number)}/comments", pagelen=100):
            if not item.get("deleted"):
                author = (item.get("user") or {}).get("uuid", "")
                yield Comment(id=str(item["id"]), author=author, body=item["content"]["raw"] or "")

    def create(self, number: int, body: str) -> None:
        """Write a new comment."""
        self._rest.call("POST", f"{self._pull(number)}/comments", {"content": {"raw": body}})

    def update(self, number: int, comment: str, body: str) -> None:
        """Give a comment another text."""
        self._rest.call("PUT", f"{self._pull(number)}/comments/{comment}", {"content": {"raw": body}})

    def head(self, number: int) -> str:
        """The newest commit of a pull request, of which the host tells the first twelve digits."""
        return str(self._rest.call("GET", self._pull(number))["source"]["commit"]["hash"])

    def pull_requests(self, commit: str) -> list[int]:
        """The pull requests that brought a commit; the host needs an index for that, and may have none."""
        found = self._pages(f"{self._repository}/commit/{commit}/pullrequests", pagelen=50)
        return [int(item["id"]) for item in found]

    def set_status(self, status: CommitStatus) -> None:
        """Put a status beside a commit. The host wants a URL and a short key."""
        value = {
            "key": hashlib.sha256(status.context.encode()).hexdigest()[:40],
            "name": status.context,
            "state": _STATES[status.state],
            "description": status.description,
            "url": status.url or "https://bitbucket.org",
        }
        self._rest.call("POST", f"{self._repository}/commit/{status.commit}/statuses/build", value)

    def set_labels(
        self,
        number: int,  # noqa: ARG002 - the other hosts have labels
        wanted: Collection[str],  # noqa: ARG002
        unwanted: Collection[str],  # noqa: ARG002
    ) -> None:
        """Raise `HostRefusal`: pull requests have no labels there."""
        raise HostRefusal(404, "pull requests have no labels on Bitbucket")

    def requests(self, source: str, target: str) -> Iterator[PullRequest]:
        """The open pull requests of a branch into another one."""
        wanted = {"source.branch.name": source, "destination.branch.name": target, "state": "OPEN"}
        query = " AND ".join(f"{name} = {_quoted(value)}" for name, value in wanted.items())
        for item in self._pages(f"{self._repository}/pullrequests", q=query, pagelen=50):
            ends = [(item[end].get("repository") or {}).get("full_name") for end in ("source", "destination")]
            if ends[0] == ends[1]:
                yield _request(item)

    def open_request(self, wanted: WantedRequest) -> PullRequest:
        """Open a pull request. Where one of the branches is open, the host changes that one."""
        value = {
            "title": wanted.title,
            "description": wanted.body,
            "source": {"branch": {"name": wanted.source}},
            "destination": {"branch": {"name": wanted.target}},
        }
        return _request(self._rest.call("POST", f"{self._repository}/pullrequests", value))

    def change_request(self, number: int, title: str, body: str) -> None:
        """Give a pull request another title and text."""
        self._rest.call("PUT", self._pull(number), {"title": title, "description": body})

    def close_request(self, number: int) -> None:
        """Decline a pull request."""
        self._rest.call("POST", f"{self._pull(number)}/decline")

    def _pull(self, number: int) -> str:
        return f"{self._repository}/pullrequests/{number}"

    def _pages(self, path: str, **query: str | int) -> Iterator[Any]:
        page = self._rest.call("GET", path, **query)
        yield from page.get("values", [])
        while following := page.get("next"):
            page = self._rest.call("GET", following)
            yield from page.get("values", [])


def _request(item: Any) -> PullRequest:
    url = item["links"]["html"]["href"]
    return PullRequest(number=item["id"], url=url, title=item["title"], body=item.get("description") or "")


def _quoted(text: str) -> str:
    """A text in a query of the host."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

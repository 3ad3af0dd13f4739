"""Azure Repos (learn.microsoft.com, "Azure DevOps Services REST API", Git: pull requests, threads)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from kubestack_py.ci.hosts.model import Comment
from kubestack_py.ci.hosts.rest import Rest
from kubestack_py.model.pull_request import PullRequest
from kubestack_py.model.review import StatusState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from kubestack_py.ci.hosts.model import CommitStatus
    from kubestack_py.model.pull_request import WantedRequest

_VERSION = {"api-version": "7.1"}
_PREVIEW = {"api-version": "7.1-preview.1"}
_HEADS = "refs/heads/"
_CLOSED = "closed"  # a thread that asks for no answer
_STATES = {StatusState.PENDING: "pending", StatusState.SUCCESS: "succeeded", StatusState.FAILURE: "failed"}


class AzureDevOps:
    """The API of one repository; `repository` is `project/id`. A comment is the first one of a thread."""

    def __init__(self, api: str, repository: str, token: str) -> None:
        project, _, identity = repository.partition("/")
        login = base64.b64encode(f":{token}".encode()).decode("ascii")
        self._rest = Rest(api, {"Authorization": f"Basic {login}"})
        project, identity = quote(project, safe=""), quote(identity, safe="")
        self._repository = f"/{project}/_apis/git/repositories/{identity}"
        self._page = f"{api}/{project}/_git/{identity}/pullrequest"

    def myself(self) -> str:
        """The id of the build service, or of whom the token belongs to."""
        answer = self._rest.call("GET", "/_apis/connectionData", **_PREVIEW)
        return str(answer["authenticatedUser"]["id"])

    def comments(self, number: int) -> Iterator[Comment]:
        """The first comment of every thread; the host tells all of them at once."""
        for thread in self._rest.call("GET", f"{self._pull(number)}/threads", **_VERSION)["value"]:
            first = next(iter(thread.get("comments") or []), None)
            if first and not thread.get("isDeleted") and not first.get("isDeleted"):
                identity = f"{thread['id']}/comments/{first['id']}"
                yield Comment(id=identity, author=first["author"]["id"], body=first.get("content") or "")

    def create(self, number: int, body: str) -> None:
        """Write a new comment."""
        comment = {"parentCommentId": 0, "content": body, "commentType": "text"}
        value = {"comments": [comment], "status": _CLOSED}
        self._rest.call("POST", f"{self._pull(number)}/threads", value, **_VERSION)

    def update(self, number: int, comment: str, body: str) -> None:
        """Give a comment another text."""
        self._rest.call("PATCH", f"{self._pull(number)}/threads/{comment}", {"content": body}, **_VERSION)

    def head(self, number: int) -> str:
        """The newest commit of a pull request."""
        pull_request = self._rest.call("GET", self._pull(number), **_VERSION)
        return str(pull_request["lastMergeSourceCommit"]["commitId"])

    def pull_requests(self, commit: str) -> list[int]:
        """The pull requests whose merge made a commit, or that hold it."""
        kinds = ("lastMergeCommit", "commit")
        value = {"queries": [{"type": kind, "items": [commit]} for kind in kinds]}
        answer = self._rest.call("POST", f"{self._repository}/pullrequestquery", value, **_VERSION)
        found = [item for result in answer["results"] for item in result.get(commit, [])]
        return sorted({int(item["pullRequestId"]) for item in found if item.get("status") == "completed"})

    def set_status(self, status: CommitStatus) -> None:
        """Put a status beside a commit."""
        genre, _, name = status.context.rpartition("/")
        value = {
            "state": _STATES[status.state],
            "description": status.description,
            "context": {"name": name, "genre": genre},
            **({"targetUrl": status.url} if status.url else {}),
        }
        self._rest.call("POST", f"{self._repository}/commits/{status.commit}/statuses", value, **_VERSION)

    def set_labels(self, number: int, wanted: Collection[str], unwanted: Collection[str]) -> None:
        """Give a pull request some labels and take others away."""
        path = f"{self._pull(number)}/labels"
        there = {item["name"] for item in self._rest.call("GET", path, **_VERSION)["value"]}
        for label in sorted(there & set(unwanted)):
            self._rest.call("DELETE", f"{path}/{quote(label, safe='')}", **_VERSION)
        for label in wanted:
            if label not in there:
                self._rest.call("POST", path, {"name": str(label)}, **_VERSION)

    def requests(self, source: str, target: str) -> Iterator[PullRequest]:
        """The active pull requests of a branch into another one."""
        criteria = {
            "searchCriteria.status": "active",
            "searchCriteria.sourceRefName": _HEADS + source,
            "searchCriteria.targetRefName": _HEADS + target,
        }
        found = self._rest.call("GET", f"{self._repository}/pullrequests", **criteria, **_VERSION)
        for item in found["value"]:
            if not item.get("forkSource"):
                # The list holds the first 400 characters of a description, a single request all of them.
                yield self._request(self._rest.call("GET", self._pull(item["pullRequestId"]), **_VERSION))

    def open_request(self, wanted: WantedRequest) -> PullRequest:
        """Open a pull request."""
        value = {
            "sourceRefName": _HEADS + wanted.source,
            "targetRefName": _HEADS + wanted.target,
            "title": wanted.title,
            "description": wanted.body,
        }
        return self._request(self._rest.call("POST", f"{self._repository}/pullrequests", value, **_VERSION))

    def change_request(self, number: int, title: str, body: str) -> None:
        """Give a pull request another title and text."""
        self._rest.call("PATCH", self._pull(number), {"title": title, "description": body}, **_VERSION)

    def close_request(self, number: int) -> None:
        """Abandon a pull request."""
        self._rest.call("PATCH", self._pull(number), {"status": "abandoned"}, **_VERSION)

    def _request(self, item: Any) -> PullRequest:
        number = int(item["pullRequestId"])
        body = item.get("description") or ""
        return PullRequest(number=number, url=f"{self._page}/{number}", title=item["title"], body=body)

    def _pull(self, number: int) -> str:
        return f"{self._repository}/pullRequests/{number}"

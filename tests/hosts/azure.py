"""Azure DevOps' API for threads, statuses and labels; a wrong token gets a page for signing in."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tests.hosts.server import Answer, FakeHost, Request

if TYPE_CHECKING:
    from collections.abc import Callable

BASE = "/acme/_apis/git/repositories/repo-id"
PULL = f"{BASE}/pullRequests/7"
LONGEST = 150_000


class FakeAzure(FakeHost):
    """One repository with the pull request 7."""

    repository = "acme/repo-id"
    me = "build-service"

    def __init__(self) -> None:
        super().__init__()
        self.head = "a" * 40
        self.merged = {"c" * 40: 7}
        self.comments: list[dict[str, Any]] = []
        self.statuses: list[tuple[str, str]] = []
        self.labels: list[str] = []
        self._last = 700

    def say(self, author: str, body: str) -> dict[str, Any]:
        self._last += 1
        first = {"id": 1, "content": body, "author": {"id": author}, "isDeleted": False}
        self.comments.append({"id": self._last, "comments": [first], "isDeleted": False})
        return self.comments[-1]

    def text(self, comment: dict[str, Any]) -> str:
        return str(comment["comments"][0]["content"])

    def allowed(self, request: Request) -> bool:
        login = base64.b64encode(f":{self.token}".encode()).decode()
        return request.headers.get("authorization") == f"Basic {login}"

    def unauthorized(self) -> Answer:
        return Answer(status=203, body="<html>Sign in</html>", headers={"Content-Type": "text/html"})

    def routes(self) -> list[tuple[str, str, Callable[..., Answer]]]:
        def myself(_request: Request) -> Answer:
            return Answer(body={"authenticatedUser": {"id": self.me}})

        def labels() -> Answer:
            return Answer(body={"value": [{"name": name} for name in self.labels]})

        return [
            (
                "GET",
                "/_apis/connectionData",
                lambda _request: Answer(body={"authenticatedUser": {"id": self.me}}),
            ),
            ("GET", f"{PULL}/threads", lambda _request: Answer(body={"value": self.comments})),
            ("POST", f"{PULL}/threads", self._create),
            ("PATCH", rf"{PULL}/threads/(\d+)/comments/1", self._edit),
            ("GET", PULL, lambda _request: Answer(body={"lastMergeSourceCommit": {"commitId": self.head}})),
            ("POST", f"{BASE}/pullrequestquery", self._query),
            ("POST", rf"{BASE}/commits/(\w+)/statuses", self._status),
            ("GET", f"{PULL}/labels", lambda _request: labels()),
            ("POST", f"{PULL}/labels", self._add),
            ("DELETE", rf"{PULL}/labels/(.+)", self._drop),
        ]

    def _create(self, request: Request) -> Answer:
        if len(request.body["comments"][0]["content"]) > LONGEST:
            return Answer(status=400, body={"message": "TF401035: the comment is too long"})
        return Answer(body=self.say(self.me, request.body["comments"][0]["content"]))

    def _edit(self, request: Request, number: str) -> Answer:
        found = next((item for item in self.comments if item["id"] == int(number)), None)
        if found is None:
            return Answer(status=404, body={"message": "TF401180: not found"})
        found["comments"][0]["content"] = request.body["content"]
        return Answer(body=found["comments"][0])

    def _query(self, request: Request) -> Answer:
        [sha] = request.body["queries"][0]["items"]
        number = self.merged.get(sha)
        pull = {"pullRequestId": number, "status": "completed"}
        return Answer(body={"results": [{sha: [pull]} if number else {}, {}]})

    def _status(self, request: Request, sha: str) -> Answer:
        self.statuses.append((sha, request.body["state"]))
        return Answer(status=201, body=request.body)

    def _add(self, request: Request) -> Answer:
        self.labels.append(request.body["name"])
        return Answer(body={"name": request.body["name"]})

    def _drop(self, _request: Request, name: str) -> Answer:
        self.labels.remove(name)
        return Answer(status=200)

"""Azure DevOps' API for threads, statuses and labels; a wrong token gets a page for signing in."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tests.hosts.pulls import Pull, Pulls
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
        self.pulls = Pulls()
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
            ("GET", f"{BASE}/pullrequests", self._list_pulls),
            ("POST", f"{BASE}/pullrequests", self._new_pull),
            ("GET", rf"{BASE}/pullRequests/(1\d)", lambda _r, n: Answer(body=self._shown(self.pulls.get(n)))),
            ("PATCH", rf"{BASE}/pullRequests/(1\d)", self._edit_pull),
            ("POST", rf"{BASE}/pullRequests/(1\d)/threads", self._comment_pull),
            ("POST", f"{BASE}/pullrequestquery", self._query),
            ("POST", rf"{BASE}/commits/(\w+)/statuses", self._status),
            ("GET", f"{PULL}/labels", lambda _request: labels()),
            ("POST", f"{PULL}/labels", self._add),
            ("DELETE", rf"{PULL}/labels/(.+)", self._drop),
        ]

    def _shown(self, pull: Pull, longest: int = 4000) -> dict[str, Any]:
        return {
            "pullRequestId": pull.number,
            "title": pull.title,
            "description": pull.body[:longest],
            "status": "active" if pull.open else "abandoned",
            "url": f"{self.url}{BASE}/pullRequests/{pull.number}",
            **({"forkSource": {"name": f"refs/heads/{pull.source}"}} if pull.fork else {}),
        }

    def _list_pulls(self, request: Request) -> Answer:
        asked = {name.removeprefix("searchCriteria."): text for name, text in request.query.items()}
        assert asked["status"] == "active"
        ends = (asked[name].removeprefix("refs/heads/") for name in ("sourceRefName", "targetRefName"))
        return Answer(body={"value": [self._shown(pull, 400) for pull in self.pulls.of(*ends)]})

    def _new_pull(self, request: Request) -> Answer:
        given = request.body
        source = given["sourceRefName"].removeprefix("refs/heads/")
        target = given["targetRefName"].removeprefix("refs/heads/")
        if self.pulls.duplicate(source, target):
            words = "TF401179: An active pull request for the source and target branch already exists."
            return Answer(status=409, body={"message": words})
        problem = self.pulls.problem(source)
        if problem:
            return Answer(status=400, body={"message": f"TF401398: {problem}"})
        if len(given["description"]) > 4000:
            return Answer(status=400, body={"message": "the description is too long"})
        pull = self.pulls.add(source, target, given["title"], given["description"])
        return Answer(status=201, body=self._shown(pull))

    def _edit_pull(self, request: Request, number: str) -> Answer:
        pull = self.pulls.get(number)
        pull.title = request.body.get("title", pull.title)
        pull.body = request.body.get("description", pull.body)
        pull.open = request.body.get("status", "active") == "active"
        return Answer(body=self._shown(pull))

    def _comment_pull(self, request: Request, number: str) -> Answer:
        self.pulls.said.append((int(number), request.body["comments"][0]["content"]))
        return Answer(body={"id": 1})

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

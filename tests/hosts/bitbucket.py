"""Bitbucket Cloud's API 2.0 for comments and build statuses; only an author may change a comment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.hosts.pulls import Pull, Pulls
from tests.hosts.server import Answer, FakeHost, Request

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY = "acme/platform"
BASE = f"/2.0/repositories/{REPOSITORY}"
PULL = f"{BASE}/pullrequests/7"
LONGEST = 32_768


class FakeBitbucket(FakeHost):
    """One repository with the pull request 7. `tells` says whether the token may ask who it is."""

    repository = REPOSITORY
    me = "{bot}"

    def __init__(self, *, tells: bool = True) -> None:
        super().__init__()
        self.tells = tells
        self.head = "a" * 40
        self.merged = {"c" * 40: 7}
        self.comments: list[dict[str, Any]] = []
        self.statuses: list[tuple[str, str]] = []
        self.pulls = Pulls()
        self._last = 500

    def say(self, author: str, body: str) -> dict[str, Any]:
        self._last += 1
        content = {"type": "rendered", "raw": body, "markup": "markdown"}
        user = {"uuid": author, "display_name": "x"}
        self.comments.append({"id": self._last, "content": content, "user": user, "deleted": False})
        return self.comments[-1]

    def text(self, comment: dict[str, Any]) -> str:
        return str(comment["content"]["raw"])

    def allowed(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {self.token}"

    def unauthorized(self) -> Answer:
        message = "Token is invalid, expired, or not supported for this endpoint."
        return Answer(status=401, body={"type": "error", "error": {"message": message}})

    def routes(self) -> list[tuple[str, str, Callable[..., Answer]]]:
        return [
            ("GET", "/2.0/user", self._user),
            ("GET", f"{PULL}/comments", self._list),
            ("POST", f"{PULL}/comments", self._create),
            ("PUT", rf"{PULL}/comments/(\d+)", self._edit),
            ("GET", PULL, lambda _request: Answer(body={"source": {"commit": {"hash": self.head[:12]}}})),
            ("GET", f"{BASE}/pullrequests", self._list_pulls),
            ("POST", f"{BASE}/pullrequests", self._new_pull),
            ("PUT", rf"{BASE}/pullrequests/(\d+)", self._edit_pull),
            ("POST", rf"{BASE}/pullrequests/(\d+)/comments", self._comment_pull),
            ("POST", rf"{BASE}/pullrequests/(\d+)/decline", self._decline),
            ("GET", rf"{BASE}/commit/(\w+)/pullrequests", self._merges),
            ("POST", rf"{BASE}/commit/(\w+)/statuses/build", self._status),
        ]

    def _user(self, _request: Request) -> Answer:
        if not self.tells:
            return Answer(status=403, body={"type": "error", "error": {"message": "privilege scopes"}})
        return Answer(body={"uuid": self.me})

    def _shown(self, pull: Pull) -> dict[str, Any]:
        def end(branch: str, repository: str) -> dict[str, Any]:
            return {"branch": {"name": branch}, "repository": {"full_name": repository}}

        return {
            "id": pull.number,
            "title": pull.title,
            "description": pull.body,
            "state": "OPEN" if pull.open else "DECLINED",
            "links": {"html": {"href": f"{self.url}/{REPOSITORY}/pull-requests/{pull.number}"}},
            "source": end(pull.source, "stranger/platform" if pull.fork else REPOSITORY),
            "destination": end(pull.target, REPOSITORY),
        }

    def _list_pulls(self, request: Request) -> Answer:
        asked = dict(re.findall(r'([\w.]+) = "([^"]*)"', request.query["q"]))
        assert asked["state"] == "OPEN"
        found = self.pulls.of(asked["source.branch.name"], asked["destination.branch.name"])
        size, page = 1, int(request.query.get("page", "1"))
        answer: dict[str, Any] = {"values": [self._shown(pull) for pull in found[page - 1 : page]]}
        if page * size < len(found):
            answer["next"] = f"{self.url}{BASE}/pullrequests?{self._query(request, page + 1)}"
        return Answer(body=answer)

    def _query(self, request: Request, page: int) -> str:
        return urlencode({"q": request.query["q"], "page": page})

    def _new_pull(self, request: Request) -> Answer:
        given = request.body
        source, target = given["source"]["branch"]["name"], given["destination"]["branch"]["name"]
        problem = self.pulls.problem(source)
        if problem:
            return Answer(status=400, body={"type": "error", "error": {"message": problem}})
        pull = self.pulls.duplicate(source, target) or self.pulls.add(source, target, "", "")
        pull.title, pull.body = given["title"], given["description"]
        return Answer(status=201, body=self._shown(pull))

    def _edit_pull(self, request: Request, number: str) -> Answer:
        pull = self.pulls.get(number)
        pull.title, pull.body = request.body["title"], request.body["description"]
        return Answer(body=self._shown(pull))

    def _decline(self, _request: Request, number: str) -> Answer:
        self.pulls.get(number).open = False
        return Answer(body=self._shown(self.pulls.get(number)))

    def _comment_pull(self, request: Request, number: str) -> Answer:
        self.pulls.said.append((int(number), request.body["content"]["raw"]))
        return Answer(status=201, body={"id": 1})

    def _list(self, request: Request) -> Answer:
        size, page = int(request.query.get("pagelen", "10")), int(request.query.get("page", "1"))
        found: dict[str, Any] = {"values": self.comments[(page - 1) * size : page * size], "page": page}
        if page * size < len(self.comments):
            found["next"] = f"{self.url}{PULL}/comments?pagelen={size}&page={page + 1}"
        return Answer(body=found)

    def _create(self, request: Request) -> Answer:
        if len(request.body["content"]["raw"]) > LONGEST:
            return Answer(status=400, body={"type": "error", "error": {"message": "content is too long"}})
        return Answer(status=201, body=self.say(self.me, request.body["content"]["raw"]))

    def _edit(self, request: Request, number: str) -> Answer:
        found = next((item for item in self.comments if item["id"] == int(number)), None)
        if found is None:
            return Answer(status=404, body={"type": "error", "error": {"message": "not found"}})
        if found["user"]["uuid"] != self.me:
            return Answer(status=403, body={"type": "error", "error": {"message": "not the author"}})
        found["content"]["raw"] = request.body["content"]["raw"]
        return Answer(body=found)

    def _merges(self, _request: Request, sha: str) -> Answer:
        number = self.merged.get(sha)
        return Answer(body={"values": [{"id": number}] if number else []})

    def _status(self, request: Request, sha: str) -> Answer:
        self.statuses.append((sha, request.body["state"]))
        return Answer(status=201, body=request.body)

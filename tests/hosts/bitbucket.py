"""Bitbucket Cloud's API 2.0 for comments and build statuses; only an author may change a comment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
            ("GET", rf"{BASE}/commit/(\w+)/pullrequests", self._merges),
            ("POST", rf"{BASE}/commit/(\w+)/statuses/build", self._status),
        ]

    def _user(self, _request: Request) -> Answer:
        if not self.tells:
            return Answer(status=403, body={"type": "error", "error": {"message": "privilege scopes"}})
        return Answer(body={"uuid": self.me})

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

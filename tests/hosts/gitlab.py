"""GitLab's API for notes, statuses and labels, with `X-…` pages and notes of the system."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.hosts.pulls import Pull, Pulls
from tests.hosts.server import Answer, FakeHost, Request

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = "42"
BASE = f"/api/v4/projects/{PROJECT}"
MERGE = f"{BASE}/merge_requests/7"
LONGEST = 1_000_000


class FakeGitLab(FakeHost):
    """One project with the merge request 7."""

    repository = PROJECT
    me = "99"

    def __init__(self) -> None:
        super().__init__()
        self.head = "a" * 40
        self.merged = {"c" * 40: 7}
        self.comments: list[dict[str, Any]] = []
        self.statuses: list[tuple[str, str]] = []
        self.labels: list[str] = []
        self.pulls = Pulls()
        self._last = 300

    def answer(self, request: Request) -> Answer:
        """A project has a number, and its path for another name."""
        return super().answer(replace(request, path=request.path.replace("acme%2Fplatform", PROJECT)))

    def say(self, author: str, body: str) -> dict[str, Any]:
        self._last += 1
        note = {
            "id": self._last,
            "body": body,
            "author": {"id": int(author), "username": "u"},
            "system": False,
        }
        self.comments.append(note)
        return note

    def text(self, comment: dict[str, Any]) -> str:
        return str(comment["body"])

    def allowed(self, request: Request) -> bool:
        return request.headers.get("private-token") == self.token

    def unauthorized(self) -> Answer:
        return Answer(status=401, body={"message": "401 Unauthorized"})

    def routes(self) -> list[tuple[str, str, Callable[..., Answer]]]:
        return [
            ("GET", "/api/v4/user", lambda _request: Answer(body={"id": int(self.me), "username": "bot"})),
            ("GET", f"{MERGE}/notes", self._list),
            ("POST", f"{MERGE}/notes", self._create),
            ("PUT", rf"{MERGE}/notes/(\d+)", self._edit),
            ("GET", MERGE, lambda _request: Answer(body={"iid": 7, "sha": self.head})),
            ("PUT", MERGE, self._label),
            ("GET", f"{BASE}/merge_requests", self._list_pulls),
            ("POST", f"{BASE}/merge_requests", self._new_pull),
            ("PUT", rf"{BASE}/merge_requests/(\d+)", self._edit_pull),
            ("POST", rf"{BASE}/merge_requests/(\d+)/notes", self._comment_pull),
            ("GET", rf"{BASE}/repository/commits/(\w+)/merge_requests", self._merges),
            ("POST", rf"{BASE}/statuses/(\w+)", self._status),
        ]

    def _shown(self, pull: Pull) -> dict[str, Any]:
        return {
            "iid": pull.number,
            "title": pull.title,
            "description": pull.body,
            "state": "opened" if pull.open else "closed",
            "web_url": f"{self.url}/acme/platform/-/merge_requests/{pull.number}",
            "source_project_id": 43 if pull.fork else 42,
            "target_project_id": 42,
        }

    def _list_pulls(self, request: Request) -> Answer:
        assert request.query["state"] == "opened"
        found = self.pulls.of(request.query["source_branch"], request.query["target_branch"])
        return Answer(body=[self._shown(pull) for pull in found])

    def _new_pull(self, request: Request) -> Answer:
        given = request.body
        there = self.pulls.duplicate(given["source_branch"], given["target_branch"])
        if there:
            words = f"Another open merge request already exists for this source branch: !{there.number}"
            return Answer(status=409, body={"message": [words]})
        problem = self.pulls.problem(given["source_branch"])
        if problem:
            return Answer(status=400, body={"message": {"source_branch": [problem]}})
        pull = self.pulls.add(
            given["source_branch"], given["target_branch"], given["title"], given["description"]
        )
        return Answer(status=201, body=self._shown(pull))

    def _edit_pull(self, request: Request, number: str) -> Answer:
        pull = self.pulls.get(number)
        pull.title = request.body.get("title", pull.title)
        pull.body = request.body.get("description", pull.body)
        pull.open = request.body.get("state_event") != "close"
        return Answer(body=self._shown(pull))

    def _comment_pull(self, request: Request, number: str) -> Answer:
        self.pulls.said.append((int(number), request.body["body"]))
        return Answer(status=201, body={"id": 1, "body": request.body["body"]})

    def _list(self, request: Request) -> Answer:
        size, page = int(request.query.get("per_page", "20")), int(request.query.get("page", "1"))
        pushed = {"id": 1, "body": "added 1 commit", "author": {"id": 1, "username": "u"}, "system": True}
        everything = [pushed, *self.comments]
        more = page * size < len(everything)
        following = f"{self.url}{MERGE}/notes?per_page={size}&page={page + 1}"
        headers = {"X-Page": str(page), "X-Per-Page": str(size), "X-Next-Page": str(page + 1) if more else ""}
        if more:
            headers["Link"] = f'<{following}>; rel="next"'
        return Answer(body=everything[(page - 1) * size : page * size], headers=headers)

    def _create(self, request: Request) -> Answer:
        if len(request.body["body"]) > LONGEST:
            return Answer(status=422, body={"message": {"note": ["is too long"]}})
        return Answer(status=201, body=self.say(self.me, request.body["body"]))

    def _edit(self, request: Request, number: str) -> Answer:
        found = next((item for item in self.comments if item["id"] == int(number)), None)
        if found is None:
            return Answer(status=404, body={"message": "404 Not found"})
        found["body"] = request.body["body"]
        return Answer(body=found)

    def _label(self, request: Request) -> Answer:
        gone = set(request.body["remove_labels"].split(","))
        self.labels = [name for name in self.labels if name not in gone]
        self.labels += [request.body["add_labels"]] if request.body["add_labels"] not in self.labels else []
        return Answer(body={"iid": 7, "labels": self.labels})

    def _merges(self, _request: Request, sha: str) -> Answer:
        number = self.merged.get(sha)
        return Answer(
            body=[{"iid": number, "state": "merged"}, {"iid": 8, "state": "opened"}] if number else []
        )

    def _status(self, request: Request, sha: str) -> Answer:
        self.statuses.append((sha, request.body["state"]))
        return Answer(status=201, body={"id": 1, "sha": sha, "status": request.body["state"]})

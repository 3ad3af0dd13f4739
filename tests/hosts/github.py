"""GitHub's REST API and its GraphQL `viewer`, as far as comments, statuses and labels go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tests.hosts.pulls import Pull, Pulls
from tests.hosts.server import Answer, FakeHost, Request

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY = "acme/platform"
BASE = f"/repos/{REPOSITORY}"
LONGEST = 65_536


class FakeGitHub(FakeHost):
    """One repository with the pull request 7. `job_token` is one that may not ask REST who it is."""

    repository = REPOSITORY

    def __init__(self, *, job_token: bool = True) -> None:
        super().__init__()
        self.me = "github-actions[bot]" if job_token else "robot"
        self.job_token = job_token
        self.head = "a" * 40
        self.merged = {"c" * 40: 7}
        self.comments: list[dict[str, Any]] = []
        self.statuses: list[tuple[str, dict[str, Any]]] = []
        self.labels: list[str] = []
        self.issues: list[dict[str, Any]] = []
        self.known_labels = {"bug"}
        self.pulls = Pulls()
        self._last = 1000

    def say(self, author: str, body: str) -> dict[str, Any]:
        """Somebody comments."""
        self._last += 1
        url = f"{self.url}{BASE}/issues/comments/{self._last}"
        user = {"login": author, "id": 1, "type": "Bot" if author.endswith("[bot]") else "User"}
        comment = {
            "id": self._last,
            "node_id": f"IC_{self._last}",
            "url": url,
            "html_url": f"{self.url}/{REPOSITORY}/pull/7#issuecomment-{self._last}",
            "issue_url": f"{self.url}{BASE}/issues/7",
            "body": body,
            "user": user,
            "created_at": "2026-01-31T10:00:00Z",
            "updated_at": "2026-01-31T10:00:00Z",
            "author_association": "NONE",
        }
        self.comments.append(comment)
        return comment

    def text(self, comment: dict[str, Any]) -> str:
        """What a comment says."""
        return str(comment["body"])

    def allowed(self, request: Request) -> bool:
        return request.headers.get("authorization") in {f"token {self.token}", f"Bearer {self.token}"}

    def unauthorized(self) -> Answer:
        return Answer(status=401, body={"message": "Bad credentials", "status": "401"})

    def routes(self) -> list[tuple[str, str, Callable[..., Answer]]]:
        return [
            ("GET", "/user", self._user),
            ("POST", "/graphql", self._graphql),
            ("GET", f"{BASE}/issues/7", lambda _request: Answer(body=self._issue())),
            ("GET", f"{BASE}/issues/7/comments", self._list),
            ("GET", f"{BASE}/issues", self._open_issues),
            ("POST", f"{BASE}/issues", self._new_issue),
            ("GET", rf"{BASE}/issues/(1[1-9])", self._pull_issue),
            ("GET", rf"{BASE}/issues/(\d+)", self._one_issue),
            ("PATCH", rf"{BASE}/issues/(\d+)", self._edit_issue),
            ("POST", f"{BASE}/issues/7/comments", self._create),
            ("GET", rf"{BASE}/issues/comments/(\d+)", self._one),
            ("PATCH", rf"{BASE}/issues/comments/(\d+)", self._edit),
            ("GET", f"{BASE}/pulls", self._list_pulls),
            ("POST", f"{BASE}/pulls", self._new_pull),
            ("PATCH", rf"{BASE}/pulls/(\d+)", self._edit_pull),
            ("GET", rf"{BASE}/pulls/(1\d+)", lambda _request, n: Answer(body=self._shown(self.pulls.get(n)))),
            ("POST", rf"{BASE}/issues/(1\d)/comments", self._comment_pull),
            ("GET", f"{BASE}/pulls/7", lambda _request: Answer(body=self._pull())),
            ("GET", rf"{BASE}/commits/(\w+)", self._commit),
            ("GET", rf"{BASE}/commits/(\w+)/pulls", self._pulls),
            ("POST", rf"{BASE}/statuses/(\w+)", self._status),
            ("POST", f"{BASE}/labels", self._new_label),
            ("POST", rf"{BASE}/issues/(1\d)/labels", self._label_pull),
            ("DELETE", rf"{BASE}/issues/(1\d)/labels/(.+)", self._unlabel_pull),
            ("POST", f"{BASE}/issues/7/labels", self._add_labels),
            ("DELETE", rf"{BASE}/issues/7/labels/(.+)", self._drop_label),
        ]

    def _shown(self, pull: Pull) -> dict[str, Any]:
        here = {"full_name": REPOSITORY, "url": f"{self.url}{BASE}"}
        fork = {"full_name": "stranger/platform", "url": f"{self.url}/repos/stranger/platform"}
        url = f"{self.url}{BASE}/pulls/{pull.number}"
        return {
            "number": pull.number,
            "url": url,
            "html_url": f"{self.url}/{REPOSITORY}/pull/{pull.number}",
            "title": pull.title,
            "body": pull.body,
            "state": "open" if pull.open else "closed",
            "head": {"ref": pull.source, "repo": fork if pull.fork else here},
            "base": {"ref": pull.target, "repo": here},
        }

    def _list_pulls(self, request: Request) -> Answer:
        owner, _, source = request.query["head"].partition(":")
        assert (owner, request.query["state"]) == ("acme", "open")
        found = self.pulls.of(source, request.query["base"])
        return Answer(body=[self._shown(pull) for pull in found])

    def _new_pull(self, request: Request) -> Answer:
        given = request.body
        problem = self.pulls.problem(given["head"])
        if self.pulls.duplicate(given["head"], given["base"]):
            problem = f"A pull request already exists for acme:{given['head']}."
        if problem:
            error = {"resource": "PullRequest", "code": "custom", "message": problem}
            return Answer(status=422, body={"message": "Validation Failed", "errors": [error]})
        pull = self.pulls.add(given["head"], given["base"], given["title"], given["body"])
        return Answer(status=201, body=self._shown(pull))

    def _edit_pull(self, request: Request, number: str) -> Answer:
        pull = self.pulls.get(number)
        pull.title, pull.body = request.body.get("title", pull.title), request.body.get("body", pull.body)
        pull.open = request.body.get("state", "open") == "open"
        return Answer(body=self._shown(pull))

    def _pull_issue(self, _request: Request, number: str) -> Answer:
        labels = [{"name": name} for name in self.pulls.get(number).labels]
        url = f"{self.url}{BASE}/issues/{number}"
        return Answer(body={"number": int(number), "url": url, "labels": labels})

    def _label_pull(self, request: Request, number: str) -> Answer:
        self.pulls.get(number).labels += (
            request.body["labels"] if isinstance(request.body, dict) else request.body
        )
        return Answer(body=[])

    def _unlabel_pull(self, _request: Request, number: str, name: str) -> Answer:
        self.pulls.get(number).labels.remove(unquote(name))
        return Answer(body=[])

    def _comment_pull(self, request: Request, number: str) -> Answer:
        self.pulls.said.append((int(number), request.body["body"]))
        return Answer(status=201, body={"id": 1, "body": request.body["body"]})

    def open_issue(self, author: str, title: str, body: str, **more: Any) -> dict[str, Any]:
        """Somebody opens an issue, or a pull request with `pull_request`."""
        number = 100 + len(self.issues)
        url = f"{self.url}{BASE}/issues/{number}"
        issue = {"number": number, "url": url, "title": title, "body": body, "state": "open", **more}
        issue["user"] = {"login": author, "id": 1}
        self.issues.append(issue)
        return issue

    def _open_issues(self, _request: Request) -> Answer:
        return Answer(body=[item for item in self.issues if item["state"] == "open"])

    def _new_issue(self, request: Request) -> Answer:
        return Answer(status=201, body=self.open_issue(self.me, request.body["title"], request.body["body"]))

    def _one_issue(self, _request: Request, number: str) -> Answer:
        found = [item for item in self.issues if item["number"] == int(number)]
        return Answer(body=found[0]) if found else Answer(status=404, body={"message": "Not Found"})

    def _edit_issue(self, request: Request, number: str) -> Answer:
        answer = self._one_issue(request, number)
        if answer.status == 200:
            answer.body.update(request.body)
        return answer

    def _user(self, _request: Request) -> Answer:
        if self.job_token:
            return Answer(status=403, body={"message": "Resource not accessible by integration"})
        return Answer(body={"login": self.me, "id": 1, "url": f"{self.url}/users/{self.me}"})

    def _graphql(self, _request: Request) -> Answer:
        return Answer(body={"data": {"viewer": {"login": self.me}}})

    def _list(self, request: Request) -> Answer:
        size, page = int(request.query.get("per_page", "30")), int(request.query.get("page", "1"))
        found = self.comments[(page - 1) * size : page * size]
        following = f"{self.url}{BASE}/issues/7/comments?per_page={size}&page={page + 1}"
        more = page * size < len(self.comments)
        return Answer(body=found, headers={"Link": f'<{following}>; rel="next"'} if more else {})

    def _create(self, request: Request) -> Answer:
        if len(request.body["body"]) > LONGEST:
            return self._too_long()
        return Answer(status=201, body=self.say(self.me, request.body["body"]))

    def _too_long(self) -> Answer:
        error = {"resource": "IssueComment", "code": "unprocessable", "field": "data"}
        error["message"] = f"Body is too long (maximum is {LONGEST} characters)"
        return Answer(status=422, body={"message": "Validation Failed", "errors": [error]})

    def _find(self, number: str) -> dict[str, Any] | None:
        return next((item for item in self.comments if item["id"] == int(number)), None)

    def _one(self, _request: Request, number: str) -> Answer:
        found = self._find(number)
        return Answer(body=found) if found else Answer(status=404, body={"message": "Not Found"})

    def _edit(self, request: Request, number: str) -> Answer:
        found = self._find(number)
        if found is None:
            return Answer(status=404, body={"message": "Not Found"})
        if len(request.body["body"]) > LONGEST:
            return self._too_long()
        found["body"] = request.body["body"]
        return Answer(body=found)

    def _issue(self) -> dict[str, Any]:
        labels = [{"name": name, "url": f"{self.url}{BASE}/labels/{name}"} for name in self.labels]
        return {"number": 7, "url": f"{self.url}{BASE}/issues/7", "labels": labels, "title": "t"}

    def _pull(self) -> dict[str, Any]:
        url = f"{self.url}{BASE}/pulls/7"
        return {"number": 7, "url": url, "head": {"sha": self.head, "ref": "change"}, "merged_at": None}

    def _commit(self, _request: Request, sha: str) -> Answer:
        return Answer(body={"sha": sha, "url": f"{self.url}{BASE}/commits/{sha}"})

    def _pulls(self, _request: Request, sha: str) -> Answer:
        number = self.merged.get(sha)
        pull = {**self._pull(), "merged_at": "2026-01-31T10:00:00Z"}
        return Answer(body=[pull] if number else [])

    def _status(self, request: Request, sha: str) -> Answer:
        self.statuses.append((sha, request.body))
        return Answer(status=201, body={**request.body, "id": 1, "url": f"{self.url}{BASE}/statuses/{sha}"})

    def _new_label(self, request: Request) -> Answer:
        name = request.body["name"]
        if name in self.known_labels:
            return Answer(
                status=422, body={"message": "Validation Failed", "errors": [{"code": "already_exists"}]}
            )
        self.known_labels.add(name)
        return Answer(status=201, body={"name": name, "color": request.body["color"]})

    def _add_labels(self, request: Request) -> Answer:
        self.labels += request.body["labels"] if isinstance(request.body, dict) else request.body
        return Answer(body=self._issue()["labels"])

    def _drop_label(self, _request: Request, name: str) -> Answer:
        self.labels.remove(name)
        return Answer(body=self._issue()["labels"])

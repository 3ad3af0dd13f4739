"""GitLab through python-gitlab (docs.gitlab.com, "Notes API", "Commits API", "Merge requests API")."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kubestack_py.ci.hosts.model import Comment, HostRefusal, Issue
from kubestack_py.model.pull_request import PullRequest
from kubestack_py.model.review import StatusState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from kubestack_py.ci.hosts.model import CommitStatus
    from kubestack_py.model.pull_request import WantedRequest

_TIMEOUT = 30
_STATES = {
    StatusState.PENDING: "running",
    StatusState.SUCCESS: "success",
    StatusState.FAILURE: "failed",
}


class GitLab:
    """The API of one project. Waiting and trying again is left to the caller."""

    def __init__(self, api: str, repository: str, token: str) -> None:
        import gitlab
        import requests

        self._wait = ""
        session = requests.Session()
        session.hooks["response"].append(self._remember)
        self._gitlab = gitlab.Gitlab(
            api, private_token=token, timeout=_TIMEOUT, session=session, user_agent="kubestack"
        )
        self._project = self._gitlab.projects.get(repository, lazy=True)

    def myself(self) -> str:
        """The id of the user, or of the bot that a project's token belongs to."""
        with self._answers():
            user = self._gitlab.http_get("/user", obey_rate_limit=False)
            return str(user["id"]) if isinstance(user, dict) else ""

    def comments(self, number: int) -> Iterator[Comment]:
        """All notes of a merge request that people see, page by page."""
        with self._answers():
            order = {"sort": "asc", "order_by": "created_at", "obey_rate_limit": False}
            for note in self._notes(number).list(iterator=True, per_page=100, **order):
                if not note.system:
                    yield Comment(id=str(note.id), author=str(note.author["id"]), body=note.body)

    def create(self, number: int, body: str) -> None:
        """Write a new note."""
        with self._answers():
            self._notes(number).create({"body": body}, obey_rate_limit=False)

    def update(self, number: int, comment: str, body: str) -> None:
        """Give a note another text."""
        with self._answers():
            self._notes(number).update(int(comment), {"body": body}, obey_rate_limit=False)

    def head(self, number: int) -> str:
        """The newest commit of a merge request."""
        with self._answers():
            return str(self._project.mergerequests.get(number, obey_rate_limit=False).sha)

    def pull_requests(self, commit: str) -> list[int]:
        """The merge requests that brought a commit."""
        with self._answers():
            found = self._project.commits.get(commit, lazy=True).merge_requests(obey_rate_limit=False)
            return [int(item["iid"]) for item in found if item["state"] == "merged"]

    def set_status(self, status: CommitStatus) -> None:
        """Put a status beside a commit."""
        value = {
            "state": _STATES[status.state],
            "name": status.context,
            "description": status.description[:255],
            **({"target_url": status.url} if status.url else {}),
        }
        with self._answers():
            self._project.commits.get(status.commit, lazy=True).statuses.create(value, obey_rate_limit=False)

    def set_labels(self, number: int, wanted: Collection[str], unwanted: Collection[str]) -> None:
        """Give a merge request some labels, which are made where there are none, and take others away."""
        value = {"add_labels": ",".join(wanted), "remove_labels": ",".join(sorted(unwanted))}
        with self._answers():
            self._project.mergerequests.update(number, value, obey_rate_limit=False)

    def issues(self, title: str) -> Iterator[Issue]:
        """The open issues with exactly this title."""
        with self._answers():
            wanted = {"state": "opened", "search": title, "in": "title", "obey_rate_limit": False}
            for item in self._project.issues.list(iterator=True, per_page=100, **wanted):
                if item.title == title:
                    yield Issue(number=item.iid, author=str(item.author["id"]), body=item.description or "")

    def open_issue(self, title: str, body: str) -> None:
        """Open an issue."""
        with self._answers():
            self._project.issues.create({"title": title, "description": body}, obey_rate_limit=False)

    def change_issue(self, number: int, body: str, *, close: bool) -> None:
        """Give an issue another text, and close it."""
        value = {"description": body, **({"state_event": "close"} if close else {})}
        with self._answers():
            self._project.issues.update(number, value, obey_rate_limit=False)

    def requests(self, source: str, target: str) -> Iterator[PullRequest]:
        """The open merge requests of a branch into another one."""
        with self._answers():
            wanted = {"state": "opened", "source_branch": source, "target_branch": target}
            for item in self._project.mergerequests.list(
                iterator=True, per_page=100, obey_rate_limit=False, **wanted
            ):
                if item.source_project_id == item.target_project_id:
                    yield _request(item)

    def open_request(self, wanted: WantedRequest) -> PullRequest:
        """Open a merge request."""
        value = {
            "source_branch": wanted.source,
            "target_branch": wanted.target,
            "title": wanted.title,
            "description": wanted.body,
        }
        with self._answers():
            return _request(self._project.mergerequests.create(value, obey_rate_limit=False))

    def change_request(self, number: int, title: str, body: str) -> None:
        """Give a merge request another title and text."""
        value = {"title": title, "description": body}
        with self._answers():
            self._project.mergerequests.update(number, value, obey_rate_limit=False)

    def close_request(self, number: int) -> None:
        """Close a merge request without merging it."""
        with self._answers():
            self._project.mergerequests.update(number, {"state_event": "close"}, obey_rate_limit=False)

    def _notes(self, number: int) -> Any:
        return self._project.mergerequests.get(number, lazy=True).notes

    def _remember(self, response: Any, *_args: Any, **_kwargs: Any) -> None:
        """Keep what the exceptions of the library leave out."""
        self._wait = response.headers.get("Retry-After", "") if response.status_code in {429, 503} else ""

    @contextmanager
    def _answers(self) -> Iterator[None]:
        """Turn what the library raises into a `HostRefusal`, without its URLs and headers."""
        from gitlab import GitlabError
        from requests import RequestException

        try:
            yield
        except GitlabError as error:
            wait = float(self._wait) if self._wait.isdigit() else None
            raise HostRefusal(error.response_code or 0, _said(error), retry_after=wait) from None
        except RequestException as error:
            raise HostRefusal(0, type(error).__name__) from None


def _request(item: Any) -> PullRequest:
    return PullRequest(number=item.iid, url=item.web_url, title=item.title, body=item.description or "")


def _said(error: Any) -> str:
    """The words of a refusal, of which there may be several."""
    said = error.error_message
    words = said if isinstance(said, list) else [said]
    return "; ".join(word for word in words if isinstance(word, str))

"""Pull requests that this program opens: what one is to say, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_END = "<!-- kubestack end -->"
LONGEST_TITLE = 250  # GitLab and Bitbucket take 255 characters, the others more


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """An open pull request; `url` is its page."""

    number: int
    url: str
    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedRequest:
    """What is to be proposed: `source` into `target`, branches of one repository.

    `about` says which of our requests it is (`image manifests/web`); `text` is Markdown, of less than 3,500
    characters, as Azure DevOps takes 4,000 with the rest. `labels` are those it is to have,
    `unwanted` those it is to lose; others on it are people's.
    """

    source: str
    target: str
    title: str
    about: str
    text: str
    labels: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()

    @property
    def body(self) -> str:
        """The text between two marks that the hosts do not show."""
        return f"{_mark(self.about)}\n{self.text.strip()}\n\n{_END}"

    def body_in(self, known: str) -> str | None:
        """The body of our own request with this text; what people wrote around ours stays.

        None where it is not our own.
        """
        before, ours, after = known.replace("\r\n", "\n").partition(_mark(self.about))
        return before + self.body + after.partition(_END)[2] if ours else None


class RequestState(StrEnum):
    """What became of a request: `FOREIGN` is a person's, which is left as it is."""

    OPENED = "opened"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FOREIGN = "foreign"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRequest:
    """A request, and what was done about it."""

    request: PullRequest
    state: RequestState


def _mark(about: str) -> str:
    return f"<!-- kubestack proposes {about} -->"

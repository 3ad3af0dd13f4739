"""The comment on a pull request: where it goes, its state, and the mark by which it is found again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from kubestack_py.model.ci import CiHost

if TYPE_CHECKING:
    from collections.abc import Mapping

MARK = "<!-- kubestack "
MARK_END = " -->"
LONGEST_MARK = 3000
REMEMBERED_APPLIES = 8
LIMITS = {  # the longest comment that each host takes, in UTF-16 units where it does not say otherwise
    CiHost.GITHUB: 65_536,
    CiHost.GITLAB: 1_000_000,
    CiHost.BITBUCKET: 32_768,
    CiHost.AZURE: 150_000,
}
_LONGEST_TEXT = 300


class ReviewState(StrEnum):
    """What became of what the comment shows. `UNPLANNED` and `REFUSED` say why nothing was planned."""

    PLANNED = "planned"
    UNPLANNED = "unplanned"
    REFUSED = "refused"
    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"
    OUTDATED = "outdated"


class Label(StrEnum):
    """Labels that say what a pull request would do; it has one of them at most."""

    CHANGES = "add-or-update"
    DESTROY = "destroy"
    NOTHING = "no-changes"


LABEL_COLORS = {Label.CHANGES: "1d76db", Label.DESTROY: "d93f0b", Label.NOTHING: "0e8a16"}


class StatusState(StrEnum):
    """The state of a commit status; each host has its own words for them."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A repository on a host, and the pull request there that CI works on.

    `repository` is how the host's API names it (`acme/platform`, a number, `project/id`). `number` is 0
    and `head` empty outside of a pull request. `token` is the name of the variable that holds the token.
    """

    host: CiHost
    api: str
    repository: str
    number: int = 0
    head: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyNote:
    """How the merged change fares in one environment. `state` is applying, applied or failed."""

    environment: str
    state: ReviewState
    commit: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What the comment says of itself, in a line that the host does not show.

    `head` is the commit that was planned, `digests` are those of the change sets by environment and
    stack, `summary` the counts in words.
    """

    platform: str
    number: int
    head: str
    state: ReviewState
    summary: str = ""
    url: str = ""
    digests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    applies: tuple[ApplyNote, ...] = ()

    def line(self) -> str:
        """The mark as an HTML comment that its content cannot end, of at most `LONGEST_MARK` characters."""
        short = self._short()
        bare = replace(short, applies=(), digests={})
        marks = (self, short, replace(short, applies=self.applies[-1:]), bare)
        lines = (f"{MARK}{_harmless(_value(mark))}{MARK_END}" for mark in marks)
        return next((line for line in lines if len(line) <= LONGEST_MARK), "")

    def with_apply(self, note: ApplyNote) -> Mark:
        """The mark of the merged pull request with what became of it in one more environment."""
        others = [item for item in self.applies if item.environment != note.environment]
        applies = (*others, note)[-REMEMBERED_APPLIES:]
        return replace(self, state=note.state, applies=applies)

    def _short(self) -> Mark:
        """With one digest over all instead of one for each stack."""
        text = json.dumps({name: dict(of) for name, of in self.digests.items()}, sort_keys=True)
        return replace(self, digests={"": {"": hashlib.sha256(text.encode()).hexdigest()}})


def mark_of(body: str) -> Mark | None:
    """The mark that a comment begins with; None for a comment that has none, or one that is damaged."""
    line = body.lstrip("\ufeff").partition("\n")[0].rstrip()
    if not line.startswith(MARK) or not line.endswith(MARK_END):
        return None
    try:
        return _read(json.loads(line[len(MARK) : -len(MARK_END)]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _read(value: Any) -> Mark:
    if value["version"] != 1:
        raise ValueError(value["version"])
    applies = tuple(
        ApplyNote(environment=str(name), state=ReviewState(state), commit=str(commit), url=str(url))
        for name, state, commit, url in value["applies"]
    )
    return Mark(
        platform=str(value["platform"]),
        number=int(value["pull_request"]),
        head=str(value["head"]),
        state=ReviewState(value["state"]),
        summary=str(value["summary"]),
        url=str(value["url"]),
        digests={str(name): {str(k): str(v) for k, v in of.items()} for name, of in value["digests"].items()},
        applies=applies,
    )


def _value(mark: Mark) -> dict[str, Any]:
    return {
        "version": 1,
        "platform": _clipped(mark.platform),
        "pull_request": mark.number,
        "head": _clipped(mark.head),
        "state": mark.state.value,
        "summary": _clipped(mark.summary),
        "url": _clipped(mark.url),
        "digests": {name: dict(of) for name, of in mark.digests.items()},
        "applies": [
            [_clipped(item.environment), item.state.value, _clipped(item.commit), _clipped(item.url)]
            for item in mark.applies
        ],
    }


def _harmless(value: Mapping[str, Any] | str) -> str:
    """JSON without the characters that could end an HTML comment."""
    text = json.dumps(value, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.replace("--", "-\\u002d")


def _clipped(text: str) -> str:
    """A text that is short enough once it is encoded."""
    while len(_harmless(text)) > _LONGEST_TEXT:
        text = text[: len(text) * 3 // 4]
    return text

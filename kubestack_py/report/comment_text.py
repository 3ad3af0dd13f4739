"""Texts from outside as the comment of a pull request shows them: hidden, cut, and never markup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.decision import Action
from kubestack_py.report.markdown import prose, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kubestack_py.model.outcome import EnvironmentOutcome

    Hide = Callable[[str], str]

LONGEST_NAME = 400
LONGEST_VALUE = 400
LONGEST_ADDRESS = 300
SIGNS = {
    ChangeAction.CREATE: ("🟢", "+"),
    ChangeAction.UPDATE: ("🟡", "!"),
    ChangeAction.REPLACE: ("🟠", "-"),
    ChangeAction.DELETE: ("🔴", "-"),
    ChangeAction.IMPORT: ("🔵", "#"),
    ChangeAction.MOVE: ("🔵", "#"),
    ChangeAction.FORGET: ("⚪", "#"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How changes are spoken of: as what would happen, or as what has happened already."""

    actions: Mapping[ChangeAction, str]
    counted: str

    def count(self, number: int, action: ChangeAction) -> str:
        """A number of changes of one action: `2 to delete`, or `2 deleted`."""
        return self.counted.format(number, self.actions[action])

    def summary(self, counts: Mapping[ChangeAction, int]) -> str:
        """All counts; empty where there are none."""
        return ", ".join(self.count(number, action) for action, number in counts.items())


PLANNED = Words(actions={action: str(action) for action in ChangeAction}, counted="{} to {}")
DRIFTED = Words(
    actions={
        ChangeAction.CREATE: "created",
        ChangeAction.UPDATE: "updated",
        ChangeAction.REPLACE: "replaced",
        ChangeAction.DELETE: "deleted",
        ChangeAction.IMPORT: "imported",
        ChangeAction.MOVE: "moved",
        ChangeAction.FORGET: "forgotten",
    },
    counted="{} {}",
)


def words_for(outcomes: Iterable[EnvironmentOutcome]) -> Words:
    """The words for what was found in these environments; they were all looked at for the same reason."""
    return DRIFTED if any(outcome.action is Action.DRIFT for outcome in outcomes) else PLANNED


def sentence(text: str, hide: Hide) -> str:
    """A text that is read, on one line."""
    return prose(short(hide(text), 1000))


def name_of(text: str, hide: Hide) -> str:
    """A name, still to be put into Markdown."""
    return short(hide(text), LONGEST_NAME)


def line(text: str) -> str:
    """One line of a fenced block; it has to stand behind a sign or four blanks."""
    shown = visible(short(text, LONGEST_VALUE)).replace("\n", "\\n")
    return shown.replace("<!--", "<! --")


def short(text: str, longest: int) -> str:
    """A text that is not longer, with its length where it is cut."""
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text):,} characters)"


def web_address(url: str) -> str:
    """An address as it stands in a link of Markdown; empty for one that is not of the web, or too long."""
    if not url.startswith(("https://", "http://")) or len(url) > LONGEST_ADDRESS:
        return ""
    return f"<{quote(url, safe=':/?#&=%+,;~-._@')}>"


def more(words: str) -> Callable[[int], str]:
    """What says how many are left out."""
    return lambda left: words.format(f"{left:,}")


def left_out(sections: int) -> str:
    """What says that whole sections found no room."""
    words = "section has" if sections == 1 else "sections have"
    return f"*{sections} more {words} no room here; the summary of the run has everything.*\n\n"

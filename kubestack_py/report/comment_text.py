"""Texts from outside as the comment of a pull request shows them: hidden, cut, and never markup."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from kubestack_py.model.changes import ChangeAction
from kubestack_py.report.markdown import prose, visible

if TYPE_CHECKING:
    from collections.abc import Callable

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

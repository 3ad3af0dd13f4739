"""Text of others on one line of ours: names of files and objects are data, never commands or new lines."""

from __future__ import annotations

_ESCAPED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def one_line(text: str) -> str:
    """The text without line ends, escapes of terminals, and what CI systems read as commands anywhere."""
    shown = "".join(char if char.isprintable() else _escape(char) for char in text)
    return shown.replace("##[", "#\\#[").replace("##vso", "#\\#vso")


def _escape(char: str) -> str:
    if char in _ESCAPED:
        return _ESCAPED[char]
    return char.encode("unicode_escape").decode("ascii")

"""How CI systems want their logs: groups that fold, annotations, and text that is never taken for a command.

GitHub reads `::command::` at the beginning of a line and `##[command]` anywhere (docs.github.com,
"Workflow commands"), Azure Pipelines reads `##vso[command]` and `##[command]` anywhere
(learn.microsoft.com, "Logging commands"). GitLab folds sections (docs.gitlab.com, "Job logs").
"""

from __future__ import annotations

import re
import time
from itertools import count

_ON_GITHUB = re.compile(r"(?:^|[\r\n])\s*::|##\[")
_ON_AZURE = re.compile(r"##(?=vso\[|\[)", re.IGNORECASE)


class Plain:
    """A terminal, or a CI system without commands of its own: nothing to fold, nothing to annotate."""

    def opening(self, _title: str) -> str:
        """What begins a group; empty where nothing folds."""
        return ""

    def closing(self) -> str:
        """What ends the group that was begun last."""
        return ""

    def annotation(self, _kind: str, _text: str) -> str:
        """A `warning` or `error` as the host shows it beside the change; empty where it cannot."""
        return ""

    def harmless(self, text: str) -> str:
        """The text of somebody else, so that the host shows it and does not obey it."""
        return text


class GitHub(Plain):
    """GitHub Actions. Commands in the text of others are stopped by a token that nobody can guess."""

    def opening(self, title: str) -> str:
        """A group; groups do not nest on this host, and need not."""
        return f"::group::{_escaped(title)}"

    def closing(self) -> str:
        """Its end."""
        return "::endgroup::"

    def annotation(self, kind: str, text: str) -> str:
        """One command, whatever the text holds."""
        return f"::{kind}::{_escaped(text)}"

    def harmless(self, text: str) -> str:
        """Between two commands that stop commands and let them through again, where there is need."""
        if not _ON_GITHUB.search(text):
            return text
        if _is_json(text):
            return text.replace("##[", r"#\u0023[")
        import secrets  # and with it OpenSSL, of which the start of the program would notice a tenth

        token = secrets.token_hex(16)
        return f"::stop-commands::{token}\n{text}\n::{token}::"


class Azure(Plain):
    """Azure Pipelines, which has no way to stop commands: what begins one is taken apart."""

    def opening(self, title: str) -> str:
        """A group."""
        return f"##[group]{self.harmless(_escaped(title))}"

    def closing(self) -> str:
        """Its end."""
        return "##[endgroup]"

    def annotation(self, kind: str, text: str) -> str:
        """One command, whatever the text holds."""
        return f"##vso[task.logissue type={kind}]{self.harmless(_escaped(text))}"

    def harmless(self, text: str) -> str:
        """The same to the eye, but for a space."""
        return _ON_AZURE.sub(r"#\\u0023" if _is_json(text) else "# #", text)


class GitLab(Plain):
    """GitLab CI. It has sections and no annotations."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._open: list[str] = []

    def opening(self, title: str) -> str:
        """A section, which wants a name of its own and the time."""
        self._open.append(f"kubestack_{next(self._numbers)}")
        return f"{self._mark('start', self._open[-1])}{' '.join(title.split())}"

    def closing(self) -> str:
        """The end of the section."""
        return self._mark("end", self._open.pop())

    def _mark(self, what: str, name: str) -> str:
        return f"\x1b[0Ksection_{what}:{time.time():.0f}:{name}\r\x1b[0K"


def _is_json(text: str) -> bool:
    """Whether this is a document of ours: it stays one, as an escape means the same there."""
    return text.startswith(("{\n", '{"'))


def _escaped(text: str) -> str:
    """Text as the data of a command: on one line."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

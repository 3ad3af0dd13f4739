"""Text from elsewhere must not be taken for a command by the CI system that shows it. Pure.

GitHub reads `::command::` at the beginning of a line and `##[command]` anywhere (docs.github.com,
"Workflow commands"), Azure Pipelines reads `##vso[command]` and `##[command]` anywhere.
"""

from __future__ import annotations

import re

_ON_GITHUB = re.compile(r"(?:^|[\r\n])\s*::|##\[")
_ON_AZURE = re.compile(r"##(?=vso\[|\[)", re.IGNORECASE)


def harmless_on_github(text: str, token: str) -> str:
    """The text with commands stopped around it, where it holds one; nobody may guess the token."""
    if not _ON_GITHUB.search(text):
        return text
    if _is_json(text):
        return text.replace("##[", r"#\u0023[")
    return f"::stop-commands::{token}\n{text}\n::{token}::"


def harmless_on_azure(text: str) -> str:
    """The text with what begins a command taken apart; this host has no way to stop commands."""
    return _ON_AZURE.sub(r"#\\u0023" if _is_json(text) else "# #", text)


def _is_json(text: str) -> bool:
    """Whether this is a document of ours: it stays one, as an escape means the same there."""
    return text.startswith(("{\n", '{"'))

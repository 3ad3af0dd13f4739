"""The few forms of Markdown that the generated documents are made of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a column that is empty in every row is left out, and a table without rows is no table."""
    body = [[_cell(text) for text in row] for row in rows]
    if not body:
        return ""
    used = [index for index in range(len(head)) if any(row[index] for row in body)]
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line[index] for index in used)} |" for line in lines)


def fence(language: str, text: str) -> str:
    """A block of code."""
    return f"```{language}\n{text}\n```"


def anchor(heading: str) -> str:
    """The fragment of a link to a heading, as Git hosts make it."""
    return "#" + re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def choice(values: Iterable[object]) -> str:
    """Values of which one is to be taken: `` `text` or `json` ``."""
    *others, last = [f"`{value}`" for value in values]
    return f"{', '.join(others)} or {last}" if others else last


def document(*blocks: str) -> str:
    """Blocks with an empty line between them; empty blocks are left out."""
    return "\n\n".join(block for block in blocks if block) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")

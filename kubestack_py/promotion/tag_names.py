"""The next free name for a tag that promotes."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container
    from datetime import date


def next_name(pattern: str, taken: Container[str], today: date) -> str | None:
    """The first name of the day that nobody has: `apps-deploy-2026-11-23-1` for `apps-deploy-*`.

    None where the pattern does not say what changes from one promotion to the next: it needs one
    star and no other wildcard.
    """
    if pattern.count("*") != 1 or "?" in pattern:
        return None
    names = (pattern.replace("*", f"{today.isoformat()}-{number}") for number in count(1))
    return next(name for name in names if name not in taken)

"""A commit as lists show it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitLine:
    """A commit and the first line of its message; `id` is the full one."""

    id: str
    subject: str

"""The closure of a stack: every file of the repository that determines what the stack does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kubestack_py.model.finding import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfollowed:
    """A reference that leads to no file of the repository: where it stands, and its target as written."""

    where: Location
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """What determines a stack. Paths are relative to the repository, with forward slashes.

    `files` exist in the repository. `escapes` leave it (absolute, or more `../` than there are
    directories), `remote` are answered by another host (URLs), `missing` by nothing, and `dynamic`
    are only known to the tool: what is behind these is not covered by a digest over `files`.
    """

    files: frozenset[str]
    escapes: tuple[Unfollowed, ...] = ()
    remote: tuple[Unfollowed, ...] = ()
    missing: tuple[Unfollowed, ...] = ()
    dynamic: tuple[Unfollowed, ...] = ()

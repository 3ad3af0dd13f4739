"""What the commits of a rendered branch say about themselves: which source they deliver, for which stacks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from kubestack_py.system.git import Git

SOURCE_COMMIT = "Source-Commit"
SOURCE_STACKS = "Source-Stacks"
_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_FORMAT = (
    f"%(trailers:key={SOURCE_COMMIT},valueonly,unfold,separator=%x20)%x00"
    f"%(trailers:key={SOURCE_STACKS},valueonly,unfold,separator=%x20)%x1e"
)


def message(environment: str, stacks: Sequence[str], source: str) -> str:
    """The message of a delivery, with the trailers that `sources` reads."""
    what = quote(stacks[0]) if len(stacks) == 1 else f"{len(stacks)} stacks"
    names = ", ".join(quote(stack) for stack in stacks)
    return f"Deliver {what} to {environment}\n\n{SOURCE_COMMIT}: {source}\n{SOURCE_STACKS}: {names}\n"


def sources(git: Git, tip: str, stacks: Collection[str]) -> Mapping[str, str]:
    """The source commit of the last delivery of each stack, where there was one."""
    found: dict[str, str] = {}
    for record in git.call("log", f"--format={_FORMAT}", tip, "--").text.split("\x1e"):
        commit, separator, names = record.strip("\n").partition("\0")
        if separator and _COMMIT.fullmatch(commit):
            for name in map(unquote, names.split(", ")):
                if name in stacks:
                    found.setdefault(name, commit)
        if len(found) == len(stacks):
            break
    return found


def last_delivery(git: Git, tip: str) -> str | None:
    """The newest commit of a rendered branch that a delivery made, or None."""
    pattern = f"^{SOURCE_COMMIT}: "
    return git.call("log", "-1", "--format=%H", f"--grep={pattern}", tip, "--").text.strip() or None

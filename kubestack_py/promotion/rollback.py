"""A rollback as a commit says it: going back is a new commit, and its trailers tell that it is meant.

The gate asks for commits that contain what an environment runs. A rollback does, and restores older
content nevertheless; environments take it one after the other, as any other change.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.system.git import Git

ROLLBACK_OF = "Rollback-Of"
ROLLBACK_TO = "Rollback-To"
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def message(environment: str, *, deployed: str, target: str, stacks: Sequence[str]) -> str:
    """The message of the commit; `deployed` and `target` are full commit ids."""
    names = "".join(f"- {stack}\n" for stack in stacks)
    return (
        f"Roll {environment} back to {target[:8]}\n\n"
        f"Restores what these stacks were at {target[:8]}:\n\n{names}\n"
        f"{ROLLBACK_OF}: {deployed}\n{ROLLBACK_TO}: {target}\n"
    )


def intended(git: Git, older: str, newer: str) -> str:
    """The commit that the newest rollback between two commits goes back to; empty without one."""
    trailer = f"--format=%(trailers:key={ROLLBACK_TO},valueonly,separator=%x20)"
    said = git.call("log", trailer, newer, f"^{older}", "--").text.split()
    return next((word for word in said if _COMMIT.fullmatch(word)), "")

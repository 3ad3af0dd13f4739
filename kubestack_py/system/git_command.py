"""How git is started: in no way that a repository or an environment from outside could bend.

The repository's hooks, fsmonitor and `ext::` transports are off, paths are literal, variables that
point git elsewhere are dropped, and nothing ever waits for a password.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.errors import GitError
from kubestack_py.system.process import Command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LOCAL_SECONDS = 120.0
_SAFE = (
    "git",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "protocol.ext.allow=never",
    "-c",
    "core.quotePath=false",
    "--literal-pathspecs",
)
_SCRUBBED = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_NOTES_REF",
    "GIT_EXTERNAL_DIFF",
    "GIT_CONFIG_PARAMETERS",
)
ENVIRONMENT: Mapping[str, str | None] = {
    **dict.fromkeys(_SCRUBBED),
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
}


def git_command(
    cwd: Path,
    args: Sequence[str],
    *,
    stdin: bytes | None = None,
    ok: Sequence[int] = (0,),
    purpose: str = "",
    timeout: float = LOCAL_SECONDS,
) -> Command:
    """The command `git ARGS…` in a directory; `timeout` in seconds, `ok` the exit codes that are fine."""
    return Command(
        argv=(*_SAFE, *args),
        cwd=cwd,
        env=ENVIRONMENT,
        stdin=stdin,
        ok=ok,
        error=GitError,
        timeout=timeout,
        purpose=purpose or f"git {args[0]}",
    )

"""What happens on a bug: a log file with everything a report needs, and one line that says so."""

from __future__ import annotations

import platform
import sys
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kubestack_py import __version__
from kubestack_py.errors import ExitCode
from kubestack_py.system.files import cache_directory

if TYPE_CHECKING:
    from kubestack_py.system.console import Console


def report_bug(console: Console, error: Exception, environ: dict[str, str]) -> int:
    """Write the log and tell where it is; returns the exit code for a bug."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    path = cache_directory(environ) / f"bug-{moment}.log"
    lines = [
        f"kubestack {__version__}",
        f"Python {sys.version}",
        f"{platform.platform()}",
        f"arguments: {sys.argv[1:]}",
        "",
        "".join(traceback.format_exception(error)),
    ]
    try:
        path.write_text(console.masked("\n".join(lines)), encoding="utf-8")
        where = f"The log is in {path}; read it, then attach it to a new issue of kubestack-py."
    except OSError:
        where = "".join(traceback.format_exception(error))
    console.error(f"this is a bug in kubestack: {type(error).__name__}: {error}")
    console.say(where)
    return ExitCode.BUG

"""The one console of the process: what the environment says about colour, CI and secrets."""

from __future__ import annotations

import io
import os
import re
import sys

from kubestack_py.system.console import Console, wants_color

_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|(ACCESS|PRIVATE|API)_?KEY", re.IGNORECASE
)


def open_terminal() -> Console:
    """The console of this process, with the secrets of the environment masked.

    The commands and the boundary share it, so that what a command learns to mask stays masked in errors.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")  # a sign that cannot be shown ends no apply
    console = Console(
        sys.stdout,
        sys.stderr,
        color=wants_color(os.environ, sys.stderr),
        interactive=sys.stderr.isatty() and not os.environ.get("CI"),
        github=os.environ.get("GITHUB_ACTIONS") == "true",
        azure=os.environ.get("TF_BUILD") == "True",
    )
    console.mask(value for name, value in os.environ.items() if _SECRET_NAME.search(name))
    return console

"""The one console of the process: what the environment says about colour, CI and secrets."""

from __future__ import annotations

import io
import os
import re
import sys
from typing import TYPE_CHECKING

from kubestack_py.system.console import Console, wants_color
from kubestack_py.system.workflow_commands import Azure, GitHub, GitLab, Plain

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOSTS = {"GITHUB_ACTIONS": GitHub, "TF_BUILD": Azure, "GITLAB_CI": GitLab}
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
        host=_host(os.environ),
    )
    console.mask(value for name, value in os.environ.items() if _SECRET_NAME.search(name))
    return console


def _host(environ: Mapping[str, str]) -> Plain:
    """The CI system that shows what is printed."""
    here = (host() for name, host in _HOSTS.items() if environ.get(name, "").lower() == "true")
    return next(here, Plain())

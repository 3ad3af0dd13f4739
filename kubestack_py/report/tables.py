"""Tables for the terminal, drawn by rich."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.health import Health
    from kubestack_py.model.status import EnvironmentStatus, PlatformStatus


def status_table(status: PlatformStatus, *, color: bool, width: int) -> str:
    """Where every environment stands, a row each."""
    rows = [
        (
            environment.name,
            environment.applies_on,
            _deployed(environment),
            environment.since[:16].replace("T", " "),
            _waiting(environment),
            _attention(environment),
        )
        for environment in status.environments
    ]
    headings = ("Environment", "Applies on", "Deployed", "Since (UTC)", "Waiting", "Attention")
    return render(headings, rows, color=color, width=width)


def health_table(checks: Sequence[Health], *, color: bool, width: int) -> str:
    """What `kubestack doctor` found, a row each."""
    rows = [("✓" if check.ok else "✗" if check.needed else "-", check.name, check.found) for check in checks]
    return render(("", "What", "Found"), rows, color=color, width=width)


def render(headings: Sequence[str], rows: Sequence[Sequence[str]], *, color: bool, width: int) -> str:
    """A table as text; `width` in columns."""
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console(
        file=io.StringIO(),
        width=width,
        color_system="standard" if color else None,
        force_terminal=color,
        highlight=False,
        _environ={},  # rich would decide by TERM and NO_COLOR, which the caller has done
    )
    console.print(table)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.rstrip("\n").splitlines())


def _deployed(environment: EnvironmentStatus) -> str:
    if not environment.deployed:
        return "nothing yet"
    return f"{environment.deployed[:8]} {environment.subject[:40]}".rstrip()


def _waiting(environment: EnvironmentStatus) -> str:
    if not environment.waiting:
        return "-"
    commits = f"{environment.behind} commit{'s' if environment.behind != 1 else ''}"
    state = {True: ", may be promoted", False: ", not proved yet", None: ""}[environment.proved]
    return f"{', '.join(environment.waiting)} ({commits}{state})"


def _attention(environment: EnvironmentStatus) -> str:
    return ", ".join(f"{item.stack} {_words(item.status)}" for item in environment.concerns) or "-"


def _words(status: str) -> str:
    return {"started": "began and never reported", "applied": "applied, not verified"}.get(status, status)

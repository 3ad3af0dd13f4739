"""`kubestack evidence list`, `show` and `verify`."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.lazy import Group
from kubestack_py.cli.options import complete_environment, complete_stack, output_option
from kubestack_py.errors import RunFailedError
from kubestack_py.model.evidence import RecordStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.inspection import Entry


@click.group(cls=Group)
def evidence() -> None:
    """Look at the evidence: what was applied where, and whether the records of it hold."""


@evidence.command("list")
@click.argument("stack", required=False, shell_complete=complete_stack)
@click.option(
    "-e", "--environment", metavar="ENV", help="Only of this one.", shell_complete=complete_environment
)
@click.option("--commit", metavar="REF", help="Only about this commit.")
@click.option("--status", type=click.Choice([str(status) for status in RecordStatus]), help="Only these.")
@click.option("-n", "--number", type=click.IntRange(1), default=20, show_default=True, help="How many.")
@output_option
def list_(
    *,
    stack: str | None,
    environment: str | None,
    commit: str | None,
    status: str | None,
    number: int,
    output: str,
) -> None:
    """List records, newest first, and say of each whether it counts.

    \b
    Examples:
      kubestack evidence list
      kubestack evidence list -e ops infra --status failed
      kubestack evidence list --commit HEAD -o json
    """
    from kubestack_py.report.evidence import HEADINGS, entry_rows
    from kubestack_py.report.tables import render
    from kubestack_py.runner.inspecting import Selection, list_records

    with open_session() as session:
        selection = Selection(
            environment=environment or "",
            stack=(stack or "").removeprefix("./").rstrip("/"),
            commit=commit or "",
            status=RecordStatus(status) if status else None,
            newest=number,
        )
        entries = list_records(session, selection)
        if output == "json":
            session.console.data(_json(entries))
        elif entries:
            width = max(120, shutil.get_terminal_size((160, 24)).columns)
            rows = entry_rows(entries)
            session.console.data(render(HEADINGS, rows, color=session.console.color, width=width))
        else:
            session.console.say("There is no such evidence.")


@evidence.command()
@click.argument("name", metavar="COMMIT|RUN")
@output_option
def show(*, name: str, output: str) -> None:
    """Show whole records: all of a run, or all about a commit.

    \b
    Examples:
      kubestack evidence show HEAD
      kubestack evidence show apps-deploy-2026-01-31-1
      kubestack evidence show 4a0b1f26c3d95e78 -o json
    """
    from kubestack_py.report.evidence import entries_text
    from kubestack_py.runner.inspecting import find_records

    with open_session() as session:
        entries = find_records(session, name)
        text = _json(entries) if output == "json" else entries_text(entries, session.console.paint)
        session.console.data(text)


@evidence.command()
@output_option
def verify(*, output: str) -> None:
    """Look at every record: can it be read, does it stand on its own commit, does its signature hold?

    Also says when somebody rewrote or deleted the evidence on the remote since this clone last saw
    it. What was lost there is kept here, and goes back with the next push. Exits with 1 when
    something is wrong.

    \b
    Examples:
      kubestack evidence verify
      kubestack evidence verify -o json
    """
    from kubestack_py.report.evidence import inspection_text
    from kubestack_py.report.json import dump, plain
    from kubestack_py.runner.inspecting import inspect

    with open_session() as session:
        found = inspect(session)
        as_text = output == "text"
        session.console.data(inspection_text(found, session.console.paint) if as_text else dump(plain(found)))
        if found.loss:
            session.console.say(
                "What is missing there goes back with the next apply, or now: "
                f"git push {session.remote} {found.ref}"
            )
        if not found.in_order:
            raise RunFailedError("the evidence is not in order")


def _json(entries: Sequence[Entry]) -> str:
    """Each record as it is stored, beside what is not part of it."""
    from kubestack_py.promotion.records import to_line
    from kubestack_py.report.json import dump

    return dump(
        {
            "records": [
                {
                    "record": json.loads(to_line(entry.record)),
                    "noted_on": entry.record.noted_on,
                    "problem": entry.problem,
                }
                for entry in entries
            ]
        }
    )

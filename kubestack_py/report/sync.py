"""What operators have applied, as rows for a table and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.report.json import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.sync import EnvironmentSync

SYNC_HEADINGS = ("Environment", "Stack", "Sync", "Delivered", "Applied", "Evidence", "What the operator says")


def sync_rows(environments: Sequence[EnvironmentSync]) -> list[tuple[str, ...]]:
    """A row for each stack, below `SYNC_HEADINGS`; one for a cluster that could not be asked."""
    rows: list[tuple[str, ...]] = []
    for item in environments:
        if item.problem:
            rows.append((item.environment, "-", "not asked", "-", "-", "-", item.problem))
        rows += [
            (
                item.environment,
                stack.stack,
                stack.state.value,
                stack.delivered[:8] or "-",
                stack.applied[:8] or "-",
                stack.evidence or "-",
                stack.message or "-",
            )
            for stack in item.stacks
        ]
    return rows


def sync_value(environments: Sequence[EnvironmentSync]) -> dict[str, Any]:
    """`kubestack sync status -o json`."""
    return {"environments": [{**plain(item), "verified": item.verified} for item in environments]}

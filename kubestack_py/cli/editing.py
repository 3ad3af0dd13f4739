"""What every command that edits the platform shares: `--dry-run`, the diff, and the writing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kubestack_py.scaffold.edits import Edits
    from kubestack_py.system.console import Console


def dry_run_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--dry-run`."""
    return click.option(
        "--dry-run", is_flag=True, help="Print what would change as a unified diff, and write nothing."
    )(function)


def carry_out(console: Console, root: Path, edits: Edits, *, dry_run: bool) -> None:
    """Print the diff, or write the edits and name the files; say so where there is nothing to do."""
    from kubestack_py.scaffold.edits import apply_edits, unified_diff

    for note in edits.notes:
        console.say(note)
    if not edits.changed:
        console.say("There is nothing to do: the platform is as asked.")
    elif dry_run:
        console.data(unified_diff(edits).removesuffix("\n"))
    else:
        apply_edits(root, edits)
        for edit in edits.changed:
            word = "added" if edit.before is None else "removed" if edit.after is None else "changed"
            console.data(f"{word} {edit.path}")
        console.say("Look at it with `git diff`, check it with `kubestack validate`, then commit it.")

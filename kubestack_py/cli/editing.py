"""What every command that edits the platform shares: `--dry-run`, the diff, and the writing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from kubestack_py.cli.context import open_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from kubestack_py.scaffold.draft import Draft
    from kubestack_py.scaffold.edits import Edits
    from kubestack_py.system.console import Console


def dry_run_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--dry-run`."""
    return click.option(
        "--dry-run", is_flag=True, help="Print what would change as a unified diff, and write nothing."
    )(function)


def force_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--force`, for what would remove somebody's work."""
    return click.option("--force", is_flag=True, help="Also remove what people edited.")(function)


@contextmanager
def drafting(*, dry_run: bool) -> Iterator[Draft]:
    """A draft of the platform's files; what the block makes of it is shown or written at the end."""
    from kubestack_py.scaffold.draft import Draft

    with open_session() as session:
        draft = Draft(session.root, session.place.cache)
        yield draft
        carry_out(session.console, session.root, draft.edits(), dry_run=dry_run)


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


def complete_cluster(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of clusters."""
    return completed(incomplete, lambda draft: [item.name for item in draft.inventory.clusters])


def completed(incomplete: str, names: Callable[[Draft], list[str]]) -> list[CompletionItem]:
    """Names that a draft of the platform knows, for the shell."""
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from kubestack_py.errors import KubestackError
    from kubestack_py.scaffold.draft import Draft
    from kubestack_py.system.git import Git

    try:
        found = names(Draft(Git.discover(Path.cwd()).root))
    except KubestackError:
        return []
    return [CompletionItem(name) for name in found if name.startswith(incomplete)]

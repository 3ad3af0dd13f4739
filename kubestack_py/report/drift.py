"""What drifted, as the text of an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.report.markdown import escape, outcomes_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.outcome import EnvironmentOutcome

LONGEST = 60_000  # characters; GitHub takes 65,536


def drift_title(platform: str) -> str:
    """The title of a platform's one issue."""
    return f"Drift in {platform}"


def drift_mark(platform: str) -> str:
    """The line by which the issue is known as ours."""
    return f"<!-- kubestack drift {platform} -->"


def drift_issue(platform: str, outcomes: Sequence[EnvironmentOutcome], url: str) -> str:
    """The text: what was changed without a commit, where, and what to do about it.

    Where that is too long, what changed is left out and the addresses remain; then these too.
    """
    drifted = [outcome.environment for outcome in outcomes if outcome.pending]
    names = escape(" and ".join(drifted))
    words = f"{names} changed without a commit." if drifted else "Nothing differs any more."
    run = f" [Seen by this run]({url})." if url.startswith(("https://", "http://")) else ""
    next_step = (
        "Undo it with `kubestack apply -e ENV --all`, commit it to keep it, or expect it under "
        "`drift: {ignore: […]}` with a reason. This issue is closed by the next search that finds nothing."
    )
    head = f"{drift_mark(platform)}\n{words}{run}\n\n{next_step if drifted else ''}\n"
    whole = outcomes_markdown(outcomes)
    if len(head) + len(whole) <= LONGEST:
        return f"{head}\n{whole}"
    lines = [
        f"- **{change.action}** {escape(outcome.environment)}: {escape(change.address)}"
        for outcome in outcomes
        for stack in outcome.stacks
        for change in (stack.changes.changes if stack.changes else ())
    ]
    return f"{head}\n{_cut(lines, LONGEST - len(head) - 60)}\n"


def _cut(lines: Sequence[str], room: int) -> str:
    """As many whole lines as there is room for, and how many are left out."""
    kept: list[str] = []
    for number, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            return "\n".join([*kept, f"- and {len(lines) - number} more"])
        kept.append(line)
    return "\n".join(kept)

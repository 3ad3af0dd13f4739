"""What drifted, as the text of an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.report.budget import Part, lay_out, size
from kubestack_py.report.comment_text import web_address
from kubestack_py.report.markdown import escape, outcomes_markdown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.outcome import EnvironmentOutcome

LONGEST = 60_000  # UTF-16 units; GitHub takes 65,536 characters


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
    address = web_address(url)
    run = f" [Seen by this run]({address})." if address else ""
    next_step = (
        "Undo it with `kubestack apply -e ENV --all`, commit it to keep it, or expect it under "
        "`drift: {ignore: […]}` with a reason. This issue is closed by the next search that finds nothing."
    )
    head = f"{drift_mark(platform)}\n{words}{run}\n\n{next_step if drifted else ''}\n"
    whole = outcomes_markdown(outcomes)
    if size(head) + size(whole) <= LONGEST:
        return f"{head}\n{whole}"
    lines = [
        f"- **{change.action}** {escape(outcome.environment)}: {escape(change.address)}\n"
        for outcome in outcomes
        for stack in outcome.stacks
        for change in (stack.changes.changes if stack.changes else ())
    ]
    listed = Part(iter(lines), len(lines), lambda left: f"- and {left} more\n")
    lay_out([listed], LONGEST - size(head) - 1)
    return f"{head}\n{listed.text()}"

"""What drifted, as the text of an issue and of a job's summary; made of the parts of the comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.report.budget import lay_out, size
from kubestack_py.report.comment_parts import counts_of, parts_of, reproduction
from kubestack_py.report.comment_text import DRIFTED, left_out, name_of, web_address
from kubestack_py.report.markdown import code, prose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.outcome import EnvironmentOutcome
    from kubestack_py.report.comment_text import Hide

LEAST_LIMIT = 8_000
_NOTE_ROOM = 300
_NEXT_STEPS = """What to do about each of them:

- **undo it**: `kubestack apply -e {} --all`
- **keep it**: commit what it is now
- **expect it**: name it under `drift: {{ignore: […]}}` in `kubestack.yaml`, with the reason

"""


def drift_title(platform: str) -> str:
    """The title of a platform's one issue."""
    return f"Drift in {platform}"


def drift_mark(platform: str) -> str:
    """The line by which the issue is known as ours."""
    return f"<!-- kubestack drift {platform} -->"


def drift_issue(
    platform: str, outcomes: Sequence[EnvironmentOutcome], url: str, limit: int, hide: Hide = str
) -> str:
    """The text of the issue, of at most `limit` UTF-16 units: `drift_text` behind its mark.

    Raises `ValueError` for a limit below `LEAST_LIMIT`.
    """
    address = web_address(url)
    closing = f"[Seen by this run]({address}). " if address else ""
    if any(outcome.pending for outcome in outcomes):
        closing += "This issue is closed by the next search that finds nothing."
    mark = f"{drift_mark(platform)}\n\n"
    room = limit - size(mark) - size(closing) - 2
    return f"{mark}{drift_text(outcomes, room, hide)}\n{closing.rstrip()}\n"


def drift_text(outcomes: Sequence[EnvironmentOutcome], limit: int, hide: Hide = str) -> str:
    """What was changed without a commit, where, and what to do about it.

    Where that is too long, attributes are left out first, then addresses, and it says how many. `hide`
    takes secrets out of a text before it is put into Markdown.
    """
    if limit < LEAST_LIMIT - _NOTE_ROOM * 2:
        raise ValueError(limit)
    head, ending = f"{_headline(outcomes, hide)}\n\n", reproduction(outcomes)
    drifted = [outcome.environment for outcome in outcomes if outcome.pending]
    if drifted:
        name = name_of(drifted[0], hide) if len(drifted) == 1 else "ENVIRONMENT"
        ending = f"{_NEXT_STEPS.format(code(name).strip('`'))}{ending}"
    parts = list(parts_of(outcomes, hide))
    missing = lay_out(parts, limit - size(head) - size(ending) - _NOTE_ROOM)
    shown = [part.text() for part in parts if part.shown]
    shown += [left_out(missing)] if missing else []
    return f"{head}{''.join(shown)}{ending}"


def _headline(outcomes: Sequence[EnvironmentOutcome], hide: Hide) -> str:
    drifted = [outcome for outcome in outcomes if outcome.pending]
    if drifted:
        names = [f"**{prose(name_of(outcome.environment, hide))}**" for outcome in drifted]
        summary = DRIFTED.summary(counts_of(outcomes)) or "outputs changed"
        return f"{' and '.join(names)} changed without a commit: {summary}."
    if any(outcome.failed for outcome in outcomes):
        return "Not everything could be looked at; the rest differs in nothing."
    return "Nothing differs any more."

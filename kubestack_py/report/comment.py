"""The one comment of a pull request, from values. Nothing from outside is markup, and it fits its host.

The first line is the mark, by which the comment is found again; then comes the state, which changes
when the merge is applied; then, behind `BODY`, what was planned, which stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.outcome import Phase
from kubestack_py.model.review import Mark, ReviewState
from kubestack_py.report.budget import lay_out, size
from kubestack_py.report.comment_parts import counts_of, parts_of, reproduction
from kubestack_py.report.comment_text import PLANNED, left_out, web_address
from kubestack_py.report.markdown import code, prose

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubestack_py.model.outcome import RunReport
    from kubestack_py.model.review import ApplyNote


BODY = "<!-- /kubestack -->"
LEAST_LIMIT = 8_000
HEAD_ROOM = 5_500  # for the mark and the state, also after applies in several environments
_NOTE_ROOM = 300
_NOTHING_PLANNED = "Look at it yourself: `kubestack validate`\n"
_SHOWN_REASONS = 20
_TITLES = {
    ReviewState.PLANNED: "📋 Planned",
    ReviewState.UNPLANNED: "📋 Not planned",
    ReviewState.REFUSED: "⛔ Refused",
    ReviewState.APPLYING: "⏳ Applying",
    ReviewState.APPLIED: "✅ Applied",
    ReviewState.FAILED: "❌ Failed",
    ReviewState.OUTDATED: "🕸️ Outdated",
}
_WORDS = {
    ReviewState.APPLYING: "⏳ being applied to",
    ReviewState.APPLIED: "✅ applied to",
    ReviewState.FAILED: "❌ could not be applied to",
}


def review_mark(report: RunReport, platform: str, *, number: int, head: str) -> Mark:
    """The mark of a comment about this run."""
    failed = any(outcome.failed for outcome in report.environments)
    failed = failed or bool(report.settings and report.settings.findings)
    planned = ReviewState.PLANNED if report.environments else ReviewState.UNPLANNED
    return Mark(
        platform=platform,
        number=number,
        head=head,
        state=ReviewState.REFUSED if report.refusal else ReviewState.FAILED if failed else planned,
        summary=_summary(report),
        url=report.event.url,
        digests={
            outcome.environment: {
                stack.stack: stack.changes.short_digest() for stack in outcome.stacks if stack.changes
            }
            for outcome in report.environments
        },
    )


def comment(report: RunReport, mark: Mark, limit: int, hide: Callable[[str], str] = str) -> str:
    """The comment of a planned pull request, of at most `limit` UTF-16 units.

    `hide` takes secrets out of a text before it is put into Markdown. Raises `ValueError` for a limit
    below `LEAST_LIMIT`.
    """
    if limit < LEAST_LIMIT:
        raise ValueError(limit)
    parts = list(parts_of(report.environments, hide, report.settings))
    ending = reproduction(report.environments) if report.environments else _NOTHING_PLANNED
    room = limit - HEAD_ROOM - size(ending) - _NOTE_ROOM
    missing = lay_out(parts, room)
    shown = [part.text() for part in parts if part.shown]
    if not report.environments:
        shown.insert(0, f"{_why_not(report)}\n\n")
    shown += [left_out(missing)] if missing else []
    return f"{_head(mark)}{BODY}\n\n{''.join(shown)}{ending}"


def restated(body: str, mark: Mark) -> str:
    """A comment with another mark and its state; what was planned stays as it is."""
    _, found, rest = body.partition(BODY)
    return f"{_head(mark)}{BODY}{rest}" if found else f"{_head(mark)}{BODY}\n"


def _head(mark: Mark) -> str:
    title = _TITLES[mark.state]
    lines = [mark.line(), f"## {title}: {prose(mark.summary)}" if mark.summary else f"## {title}", ""]
    if mark.state is ReviewState.OUTDATED:
        lines += ["A newer commit is there, so **this is no longer what would happen**.", ""]
    lines += [f"- {_apply_line(note)}" for note in mark.applies[-4:]]
    lines += [""] if mark.applies else []
    commit = f"Commit {code(mark.head[:8])}" if mark.head else "The files of this checkout"
    lines += [f"{commit}{_link(mark.url)}", "", ""]
    return "\n".join(lines)


def _apply_line(note: ApplyNote) -> str:
    words = _WORDS.get(note.state, str(note.state))
    return f"**{words} {prose(note.environment[:60])}** at {code(note.commit[:8])}{_link(note.url)}"


def _link(url: str) -> str:
    """A link to a run; nothing for what is no address of the web."""
    address = web_address(url)
    return f" · [run]({address})" if address else ""


def _summary(report: RunReport) -> str:
    """The counts over all environments, what destroys first."""
    if not report.environments:
        return "nothing is planned" if report.refusal else ""
    words = [PLANNED.count(number, action) for action, number in counts_of(report.environments).items()]
    failed = sum(stack.phase is Phase.FAILED for outcome in report.environments for stack in outcome.stacks)
    words += [f"{failed} stack{'s' if failed != 1 else ''} could not be planned"] if failed else []
    return ", ".join(words) or "no changes"


def _why_not(report: RunReport) -> str:
    """Why nothing is planned. A refusal's own lines say where; they may name files of the contributor."""
    if not report.refusal:
        return f"Nothing is planned. {prose(report.resolution.reason[:1000])}"
    first, *others = report.refusal.splitlines()
    places = [f"- {code(line[:300])}" for line in others if line.startswith(" ")]
    words = [prose(line[:600]) for line in others if not line.startswith(" ")]
    left = len(places) - _SHOWN_REASONS
    more = [f"- … and {left} more, in the log of the run"] if left > 0 else []
    said = [prose(first[:1].upper() + first[1:600]), "", *places[:_SHOWN_REASONS], *more, *words]
    return "\n".join(said)

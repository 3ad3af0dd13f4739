"""How a commit's changes compare with what was lived through: a table, Markdown, JSON."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from kubestack_py.model.comparison import PlanSource
from kubestack_py.model.parity import Level, ParityClass
from kubestack_py.report.json import plain
from kubestack_py.report.markdown import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kubestack_py.model.comparison import Comparison, StackPlan
    from kubestack_py.model.parity import ParityLine
    from kubestack_py.report.text import Paint

_SIGNS = {Level.ALLOW: "✓", Level.WARN: "!", Level.BLOCK: "✗"}
_STYLES = {Level.ALLOW: "green", Level.WARN: "yellow", Level.BLOCK: "red"}
_HEADINGS = ("", "Class", "Stack", "Change", "Why")


def comparison_text(comparison: Comparison, *, color: bool, width: int) -> str:
    """A line for each change, worst first, and where the plans came from; `width` in columns."""
    parts = [_title(comparison), *map(source_text, comparison.stacks)]
    if comparison.lines:
        parts += ["", _table(comparison.lines, color=color, width=width)]
    return "\n".join([*parts, "", summary(comparison.lines, comparison.previous)])


def line_text(line: ParityLine, paint: Paint) -> str:
    """One change with its class and the reason for it."""
    words = paint(f"{_SIGNS[line.level]} {line.parity}", _STYLES[line.level])
    return f"{words} {line.stack}: {_change(line)} ({line.why})"


def comparison_markdown(comparison: Comparison) -> str:
    """The same for a comment or a job summary."""
    parts = [
        f"### {escape(_title(comparison))}",
        "\n".join(f"- {escape(source_text(plan))}" for plan in comparison.stacks),
        "\n".join(_rows(comparison.lines)) if comparison.lines else "",
        escape(summary(comparison.lines, comparison.previous)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def comparison_value(comparison: Comparison) -> dict[str, Any]:
    """`kubestack parity -o json`."""
    value: dict[str, Any] = plain(comparison)
    return {**value, "blocked": comparison.blocked}


def source_text(plan: StackPlan) -> str:
    """What would happen to a stack, and how that is known."""
    recorded = f"previewed {plan.at[:19]}Z at {plan.commit[:8]}"
    how = {PlanSource.PREVIEW: recorded, PlanSource.PLAN: "planned just now"}
    match plan.source:
        case PlanSource.CURRENT:
            return f"{plan.stack}: in place already"
        case PlanSource.UNKNOWN:
            return f"{plan.stack}: waits, and no preview says for what"
        case source:
            return f"{plan.stack}: {plan.summary()} ({how[source]})"


def summary(lines: Sequence[ParityLine], previous: str) -> str:
    """How many changes there are of each class, and how many are blocked."""
    counted = Counter(line.parity for line in lines)
    words = ", ".join(f"{counted[item]} {item}" for item in ParityClass if counted[item])
    blocked = sum(line.level is Level.BLOCK for line in lines)
    end = f"; {blocked} blocked by the policy" if blocked else ""
    return f"Compared with what {previous} went through: {words or 'nothing to compare'}{end}"


def _title(comparison: Comparison) -> str:
    subject = f" {comparison.subject}" if comparison.subject else ""
    return f"{comparison.ref} ({comparison.commit[:8]}{subject}) in {comparison.environment}"


def _table(lines: Sequence[ParityLine], *, color: bool, width: int) -> str:
    from kubestack_py.report.tables import render

    rows = [
        (_SIGNS[line.level], line.parity, line.stack, _change(line), line.why) for line in _worst_first(lines)
    ]
    return render(_HEADINGS, rows, color=color, width=width)


def _worst_first(lines: Sequence[ParityLine]) -> list[ParityLine]:
    worst = [Level.BLOCK, Level.WARN, Level.ALLOW]
    return sorted(lines, key=lambda line: worst.index(line.level))


def _change(line: ParityLine) -> str:
    change = line.change
    moved = f" (from {change.previous_address})" if change.previous_address else ""
    return f"{change.action} {change.address}{moved}"


def _rows(lines: Sequence[ParityLine]) -> Iterator[str]:
    yield "| | class | stack | change | why |"
    yield "|---|---|---|---|---|"
    signs = {Level.ALLOW: "✅", Level.WARN: "⚠️", Level.BLOCK: "❌"}
    for line in _worst_first(lines):
        cells = (line.parity, line.stack, _change(line), line.why)
        yield f"| {signs[line.level]} | {' | '.join(map(escape, cells))} |"

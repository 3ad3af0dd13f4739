"""The summary of a run as Markdown, for job summaries. Everything from outside is data, never markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.outcome import Phase
from kubestack_py.report.text import changes_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubestack_py.model.outcome import EnvironmentOutcome, RunReport, StackOutcome
    from kubestack_py.model.settings import SettingsNews

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
_CALLS = re.compile(r"@|://|\\#(?=\d)|\bwww(?=\.)|\bGH(?=-)", re.IGNORECASE)
_LOUD = (ChangeAction.DELETE, ChangeAction.REPLACE)
_PHASES = {
    Phase.CURRENT: "unchanged",
    Phase.PLANNED: "planned",
    Phase.APPLIED: "applied",
    Phase.VERIFIED: "✅ verified",
    Phase.FAILED: "❌ failed",
    Phase.SKIPPED: "❌ skipped",
    Phase.INTERRUPTED: "❌ interrupted",
}


def run_markdown(report: RunReport) -> str:
    """The summary: what the event means, then a section an environment."""
    sections = [f"## kubestack\n\n{escape(report.resolution.reason)}"]
    sections += [_settings(report.settings)] if report.settings else []
    sections += [_environment(outcome) for outcome in report.environments]
    return "\n\n".join(sections) + "\n"


def _settings(news: SettingsNews) -> str:
    lines = ["**⚙️ Changes kubestack.yaml.** This takes effect after the merge;", ""]
    lines[0] += f" until then the settings of {escape(news.target)} decide."
    lines += [f"- {escape(change)}" for change in news.changes]
    lines += [f"- ❌ {escape(str(finding))}" for finding in news.findings]
    return "\n".join(lines)


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return _MARKUP.sub(r"\\\1", visible(" ".join(text.split())))


def prose(text: str) -> str:
    """Like `escape`, and nobody is called by it: no mention, no link to an address or an issue."""
    return _CALLS.sub("\\g<0>\u2060", escape(text))


def code(text: str, *, cell: bool = False) -> str:
    """A name in type of constant width, on one line; in the `cell` of a table bars are escaped."""
    shown = " ".join(visible(text).split()).replace("<!--", "<! --")
    shown = shown.replace("|", "\\|") if cell else shown
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    ticks, room = "`" * (longest + 1), " " if longest else ""
    return f"{ticks}{room}{shown}{room}{ticks}" if shown else ""


def html_code(text: str) -> str:
    """A name in type of constant width where Markdown does not count: in the summary of folded text."""
    return f"<code>{_html(' '.join(visible(text).split()))}</code>"


def visible(text: str) -> str:
    """The text with escapes for what nobody sees, or what would turn a line around; line feeds stay."""
    if text.isprintable():
        return text
    return "".join(char if char in "\n\t" or char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def fenced(text: str, language: str = "") -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{visible(text)}\n{fence}"


def _environment(outcome: EnvironmentOutcome) -> str:
    title = f"### {outcome.action} {escape(outcome.environment)} at `{outcome.commit[:8]}`"
    if outcome.refused and outcome.verdict:
        lines = [
            f"- {'✅' if c.passed else '❌'} {_sentence(c.message, c.hint)}" for c in outcome.verdict.checks
        ]
        return "\n".join([title, "", "**Refused by the gate:**", "", *lines, *_policies(outcome)])
    parts = [title, _table(outcome)]
    parts += _loud(outcome)
    parts += ["\n".join(lines) for lines in [list(_policies(outcome))] if lines]
    parts += [_details(stack) for stack in outcome.stacks if stack.error or _has_changes(stack)]
    if outcome.commands:
        parts.append("\n".join(f"- {'✅' if c.passed else '❌'} {escape(c.name)}" for c in outcome.commands))
    return "\n\n".join(parts)


def _sentence(message: str, hint: str) -> str:
    return f"{escape(message)}. {escape(hint)}" if hint else escape(message)


def _table(outcome: EnvironmentOutcome) -> str:
    actions = [ChangeAction.CREATE, ChangeAction.UPDATE, ChangeAction.REPLACE, ChangeAction.DELETE]
    lines = ["| stack | result | create | update | replace | delete |", "|---|---|---:|---:|---:|---:|"]
    for stack in outcome.stacks:
        counts = stack.changes.counts() if stack.changes else {}
        numbers = " | ".join(str(counts.get(action, 0)) for action in actions)
        lines.append(f"| {escape(stack.stack)} | {_PHASES[stack.phase]} | {numbers} |")
    return "\n".join(lines)


def _loud(outcome: EnvironmentOutcome) -> Iterator[str]:
    gone = [
        f"- **{change.action}** {escape(change.address)}"
        for stack in outcome.stacks
        if stack.changes
        for change in stack.changes.changes
        if change.action in _LOUD
    ]
    if gone:
        yield "\n".join(["**⚠️ Destroys or replaces:**", "", *gone])


def _policies(outcome: EnvironmentOutcome) -> Iterator[str]:
    """What the policies say, those that block first."""
    if outcome.policies:
        yield from ("", "**Policies:**", "")
    for item in outcome.policies:
        sign = "☑️" if item.waived else "⛔" if item.blocks else "⚠️"
        waived = f" (waived until {escape(item.until)}: {escape(item.waived)})" if item.waived else ""
        yield f"- {sign} `{item.rule}` {escape(item.address)}: {escape(item.message)}{waived}"


def _has_changes(stack: StackOutcome) -> bool:
    return stack.changes is not None and not stack.changes.is_empty


def _details(stack: StackOutcome) -> str:
    lines = list(changes_lines(stack.changes)) if stack.changes else []
    text = "\n".join([*lines, *([stack.error] if stack.error else [])])
    title = stack.changes.summary() if stack.changes and not stack.error else "error"
    return f"<details><summary>{_html(stack.stack)}: {title}</summary>\n\n{fenced(text)}\n\n</details>"


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

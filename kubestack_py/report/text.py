"""Plans, outcomes and verdicts as text for a terminal or a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from kubestack_py.model.changes import ChangeAction, CheckStatus
from kubestack_py.model.decision import Action
from kubestack_py.model.outcome import Phase
from kubestack_py.model.parity import Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kubestack_py.model.changes import AttributeChange, Change, ChangeSet
    from kubestack_py.model.decision import Resolution
    from kubestack_py.model.outcome import EnvironmentOutcome, StackOutcome
    from kubestack_py.model.policy import PolicyFinding
    from kubestack_py.model.settings import SettingsNews
    from kubestack_py.model.verdict import GateCheck, Verdict

SIGNS = {
    ChangeAction.CREATE: ("+", "green"),
    ChangeAction.UPDATE: ("~", "yellow"),
    ChangeAction.REPLACE: ("-/+", "red"),
    ChangeAction.DELETE: ("-", "red"),
    ChangeAction.IMPORT: ("<-", "cyan"),
    ChangeAction.MOVE: ("->", "cyan"),
    ChangeAction.FORGET: ("x", "cyan"),
}
_PHASE_STYLES = {
    Phase.VERIFIED: "green",
    Phase.APPLIED: "green",
    Phase.FAILED: "red",
    Phase.SKIPPED: "red",
    Phase.INTERRUPTED: "red",
}
_POLICY_STYLES = {"waived": "dim", "blocks": "red", "warns": "yellow"}
_LEVEL_STYLES = {Level.ALLOW: "green", Level.WARN: "yellow", Level.BLOCK: "red"}
LONGEST_VALUE = 100
SHOWN_ATTRIBUTES = 30


class Paint(Protocol):
    """Puts text into styles, or leaves it as it is."""

    def __call__(self, text: str, *styles: str) -> str:
        """The text in these styles."""


def plain(text: str, *_styles: str) -> str:
    """A `Paint` that changes nothing."""
    return text


def resolution_text(resolution: Resolution, paint: Paint = plain) -> str:
    """What an event means, one line a decision."""
    if not resolution.decisions:
        return f"{paint('nothing', 'bold')}: {resolution.reason}"
    return "\n".join(
        f"{paint(f'{decision.action} {decision.environment}', 'bold')}: {decision.reason}"
        for decision in resolution.decisions
    )


def settings_text(news: SettingsNews, paint: Paint = plain) -> str:
    """What a pull request would change in kubestack.yaml, and what is wrong with it."""
    head = f"kubestack.yaml changes after the merge; until then the settings of {news.target} decide"
    lines = [paint(head, "bold"), *(f"  {paint('~', 'yellow')} {change}" for change in news.changes)]
    return "\n".join([*lines, *(f"  {paint('✗', 'red')} {finding}" for finding in news.findings)])


def outcome_text(outcome: EnvironmentOutcome, paint: Paint = plain) -> str:
    """One environment: a block a stack, what verification found, and the gate where it refused."""
    if outcome.refused and outcome.verdict:
        notes = [*parity_lines(outcome, paint), *policy_lines(outcome.policies, paint)]
        return "\n".join([verdict_text(outcome.verdict, paint), *notes])
    blocks = ["\n".join(_stack_lines(outcome, stack, paint)) for stack in outcome.stacks]
    blocks += [
        paint(f"{'✓' if result.passed else '✗'} {result.name}", "green" if result.passed else "red")
        + (f": {result.message}" if result.message else "")
        for result in outcome.commands
    ]
    blocks += notable_checks(outcome, paint)
    blocks += parity_lines(outcome, paint)
    blocks += policy_lines(outcome.policies, paint)
    return "\n".join(blocks) or f"{outcome.environment}: nothing to do"


def verdict_text(verdict: Verdict, paint: Paint = plain) -> str:
    """Every check of the gate, and what to do about those that failed."""
    words = "may be applied to" if verdict.allowed else "may not be applied to"
    lines = [paint(f"{verdict.commit[:8]} {words} {verdict.environment}", "bold")]
    lines += [line for check in verdict.checks for line in _check_lines(check, paint)]
    return "\n".join(lines)


def notable_checks(outcome: EnvironmentOutcome, paint: Paint = plain) -> list[str]:
    """The checks of a gate that let the commit pass, but with a warning or an override."""
    checks = outcome.verdict.checks if outcome.verdict else ()
    notable = (check for check in checks if check.warning or check.override)
    return [line for check in notable for line in _check_lines(check, paint)]


def parity_lines(outcome: EnvironmentOutcome, paint: Paint = plain) -> list[str]:
    """The changes that were not lived through before, with the reason for their class."""
    return [
        f"  {paint(f'{line.parity:>11}', _LEVEL_STYLES[line.level])} {line.stack}: "
        f"{line.change.action} {line.change.address} ({line.why})"
        for line in outcome.parity
        if line.level is not Level.ALLOW
    ]


def policy_lines(findings: Sequence[PolicyFinding], paint: Paint = plain) -> list[str]:
    """What the policies say, with the waivers that hold."""
    return [_policy_line(finding, paint) for finding in findings]


def _policy_line(finding: PolicyFinding, paint: Paint) -> str:
    word = _policy_word(finding)
    waived = f" (waived until {finding.until}: {finding.waived})" if finding.waived else ""
    sign = paint(f"{word:>11}", _POLICY_STYLES[word])
    return f"  {sign} {finding.rule} {finding.stack}: {finding.address}: {finding.message}{waived}"


def _policy_word(finding: PolicyFinding) -> str:
    if finding.waived:
        return "waived"
    return "blocks" if finding.blocks else "warns"


def _check_lines(check: GateCheck, paint: Paint) -> Iterator[str]:
    if check.override:
        yield f"  {paint('!', 'yellow')} {check.message} (overridden: {check.override})"
        return
    sign, style = ("✓", "green") if check.passed else ("✗", "red")
    sign, style = ("!", "yellow") if check.warning else (sign, style)
    yield f"  {paint(sign, style)} {check.message}"
    if not check.passed and check.hint:
        yield f"      {paint(check.hint, 'dim')}"


def changes_lines(changes: ChangeSet, paint: Paint = plain) -> Iterator[str]:
    """One line a change, with its attributes below."""
    for change in changes.changes:
        yield from _change_lines(change, paint)
    for output in changes.outputs:
        yield f"    {paint('output', 'cyan')} {_attribute(output)}"
    for check in changes.checks:
        if check.status is not CheckStatus.PASS:
            words = "; ".join(check.messages)
            yield f"    {paint(f'check {check.status}', 'yellow')} {check.address}: {words}"


def _stack_lines(outcome: EnvironmentOutcome, stack: StackOutcome, paint: Paint) -> Iterator[str]:
    title = f"{paint(stack.stack, 'bold')} ({outcome.environment})"
    if stack.phase is Phase.CURRENT:
        yield f"{title}: {paint('unchanged since it was applied', 'dim')}"
        return
    summary = stack.changes.summary() if stack.changes else ""
    if outcome.action is Action.DRIFT and stack.changes:
        summary = "no drift" if stack.changes.is_empty else f"drifted: {summary}"
    phase = "" if stack.phase is Phase.PLANNED else paint(stack.phase, _PHASE_STYLES.get(stack.phase, "bold"))
    yield f"{title}: {', '.join(part for part in (phase, summary) if part)}"
    if stack.changes and stack.phase is Phase.PLANNED:
        yield from changes_lines(stack.changes, paint)
    yield from (f"    {paint(f'expected: {item.address} ({item.reason})', 'dim')}" for item in stack.expected)
    if stack.error:
        yield from (f"    {paint(line, 'red')}" for line in stack.error.splitlines())


def _change_lines(change: Change, paint: Paint) -> Iterator[str]:
    sign, style = SIGNS[change.action]
    moved = f" (from {change.previous_address})" if change.previous_address else ""
    forced = f" because of {', '.join(change.replace_paths)}" if change.replace_paths else ""
    why = f" ({change.reason})" if change.reason and not forced else ""
    yield f"  {paint(f'{sign:>3}', style)} {change.action} {change.address}{moved}{forced}{why}"
    if change.action in {ChangeAction.UPDATE, ChangeAction.REPLACE}:
        for attribute in change.attributes[:SHOWN_ATTRIBUTES]:
            yield f"        {_attribute(attribute)}"
        if len(change.attributes) > SHOWN_ATTRIBUTES:
            yield f"        … and {len(change.attributes) - SHOWN_ATTRIBUTES} more attributes"


def _attribute(attribute: AttributeChange) -> str:
    if attribute.before is None:
        return f"{attribute.path}: + {_short(attribute.after)}"
    if attribute.after is None:
        return f"{attribute.path}: - {_short(attribute.before)}"
    return f"{attribute.path}: {_short(attribute.before)} → {_short(attribute.after)}"


def _short(value: str | None) -> str:
    text = value or ""
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"

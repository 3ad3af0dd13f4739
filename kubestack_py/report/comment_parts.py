"""What comments and issues are made of: parts in their order, each a list that can be cut."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.decision import Action
from kubestack_py.model.outcome import Phase
from kubestack_py.model.parity import DESTRUCTIVE, Level
from kubestack_py.report.budget import Part
from kubestack_py.report.comment_changes import changes_parts
from kubestack_py.report.comment_text import (
    SIGNS,
    line,
    more,
    name_of,
    sentence,
    short,
    words_for,
)
from kubestack_py.report.markdown import code, prose

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kubestack_py.model.changes import Change
    from kubestack_py.model.outcome import EnvironmentOutcome
    from kubestack_py.model.parity import ParityLine
    from kubestack_py.model.policy import PolicyFinding
    from kubestack_py.model.settings import SettingsNews
    from kubestack_py.report.comment_text import Hide

_COLUMNS = (
    ChangeAction.CREATE, ChangeAction.UPDATE, ChangeAction.REPLACE, ChangeAction.DELETE,
    ChangeAction.IMPORT, ChangeAction.MOVE,
)  # fmt: skip
_RESULTS = {
    Phase.CURRENT: "in place already",
    Phase.PLANNED: "",
    Phase.FAILED: "❌ failed",
    Phase.SKIPPED: "❌ skipped",
    Phase.INTERRUPTED: "❌ interrupted",
}
_PLAIN_NAME = re.compile(r"[a-z0-9-]{1,63}")
_MOST_COMMANDS = 8


def counts_of(outcomes: Sequence[EnvironmentOutcome]) -> Counter[ChangeAction]:
    """How many changes there are of each action, over all environments; what destroys comes first."""
    counts: Counter[ChangeAction] = Counter()
    for outcome in outcomes:
        for stack in outcome.stacks:
            if stack.changes:
                counts.update(stack.changes.counts())
    loud = sorted(ChangeAction, key=lambda it: (it is not ChangeAction.DELETE, it not in DESTRUCTIVE))
    return Counter({action: counts[action] for action in loud if counts[action]})


def parts_of(
    outcomes: Sequence[EnvironmentOutcome], hide: Hide, settings: SettingsNews | None = None
) -> Iterator[Part]:
    """The parts in the order in which they are read."""
    yield from _losses(outcomes, hide)
    yield from _table(outcomes, hide)
    yield from _settings(settings, hide)
    for outcome in outcomes:
        yield from _failures(outcome, hide)
    for outcome in outcomes:
        yield from _policies(outcome, hide)
        yield from _promotion(outcome, hide)
    for outcome in outcomes:
        for stack in outcome.stacks:
            if stack.changes and not stack.changes.is_empty:
                yield from changes_parts(outcome, stack.changes, hide)
    yield from _expected(outcomes, hide)


def reproduction(outcomes: Sequence[EnvironmentOutcome]) -> str:
    """The commands that show the same on somebody's own machine, folded."""
    names = [outcome.environment for outcome in outcomes][:_MOST_COMMANDS]
    verb = "drift" if any(outcome.action is Action.DRIFT for outcome in outcomes) else "plan"
    commands = "\n".join(f"kubestack {verb} -e {name}" for name in names if _PLAIN_NAME.fullmatch(name))
    return f"<details><summary>Look at it yourself</summary>\n\n```shell\n{commands}\n```\n\n</details>\n"


def _losses(outcomes: Sequence[EnvironmentOutcome], hide: Hide) -> Iterator[Part]:
    """What goes away, before anything else."""
    gone = [
        (outcome, stack.stack, change)
        for outcome in outcomes
        for stack in outcome.stacks
        if stack.changes
        for change in stack.changes.changes
        if change.action in DESTRUCTIVE
    ]
    if not gone:
        return
    gone.sort(key=lambda item: item[2].action is not ChangeAction.DELETE)
    counts = Counter(change.action for _, _, change in gone)
    spoken = words_for(outcomes)
    words = " and ".join(spoken.count(number, action) for action, number in counts.items())
    yield Part(
        (f"- {_loss(outcome, stack, change, hide)}\n" for outcome, stack, change in gone),
        len(gone),
        more("- … and {} more that are not named here\n"),
        before=f"### ⚠️ {words}\n\n",
        after="\n",
        rank=0,
        most=0.45,
    )


def _loss(outcome: EnvironmentOutcome, stack: str, change: Change, hide: Hide) -> str:
    forced = ", ".join(code(short(hide(path), 80)) for path in change.replace_paths[:3])
    why = (
        f", because of {forced}"
        if forced
        else f" ({prose(short(change.reason, 80))})"
        if change.reason
        else ""
    )
    where = f"{prose(name_of(outcome.environment, hide))}, {code(name_of(stack, hide))}"
    sign, _ = SIGNS[change.action]
    word = words_for([outcome]).actions[change.action]
    return f"{sign} **{word}** {code(name_of(change.address, hide))} in {where}{why}"


def _table(outcomes: Sequence[EnvironmentOutcome], hide: Hide) -> Iterator[Part]:
    """A row for each stack that changes or failed, and one for the rest of its environment."""
    rows = [row for outcome in outcomes for row in _rows(outcome, hide)]
    if rows:
        words = words_for(outcomes)
        actions = " | ".join(words.actions[action] for action in _COLUMNS)
        yield Part(
            iter(rows),
            len(rows),
            more("| … | and {} more rows |" + " |" * 8 + "\n"),
            before=f"| environment | stack | {actions} | digest | |\n|---|---|{'---:|' * 6}---|---|\n",
            after="\n",
            rank=1,
            most=0.45,
        )


def _rows(outcome: EnvironmentOutcome, hide: Hide) -> Iterator[str]:
    quiet = 0
    name = prose(name_of(outcome.environment, hide))
    for stack in outcome.stacks:
        if not stack.failed and (stack.changes is None or stack.changes.is_empty):
            quiet += 1
            continue
        counts = stack.changes.counts() if stack.changes else {}
        numbers = [_number(action, counts.get(action, 0)) for action in _COLUMNS]
        digest = code(stack.changes.short_digest()) if stack.changes else ""
        result = _RESULTS.get(stack.phase, str(stack.phase))
        if forgotten := counts.get(ChangeAction.FORGET, 0):
            words = words_for([outcome])
            result = f"{result} {words.count(forgotten, ChangeAction.FORGET)}".strip()
        title = code(name_of(stack.stack, hide), cell=True)
        yield f"| {' | '.join([name, title, *numbers, digest, result])} |\n"
    if quiet:
        rest = f"*{quiet} {'stacks' if quiet > 1 else 'stack'} without changes*"
        yield f"| {name} | {rest} |{' |' * 8}\n"


def _number(action: ChangeAction, number: int) -> str:
    if not number:
        return ""
    return f"**{number}**" if action in DESTRUCTIVE else str(number)


def _settings(news: SettingsNews | None, hide: Hide) -> Iterator[Part]:
    if news is None:
        return
    lines = [f"- ❌ {sentence(str(finding), hide)}\n" for finding in news.findings]
    lines += [f"- {sentence(change, hide)}\n" for change in news.changes]
    until = f"until then the settings of {prose(name_of(news.target, hide))} decide"
    yield _notes(lines, f"### ⚙️ Changes kubestack.yaml\n\nThis takes effect after the merge; {until}.\n\n")


def _failures(outcome: EnvironmentOutcome, hide: Hide) -> Iterator[Part]:
    for stack in outcome.stacks:
        if stack.error:
            lines = hide(stack.error).split("\n")
            title = f"{code(name_of(stack.stack, hide))} in {prose(name_of(outcome.environment, hide))}"
            yield Part(
                (f"    {line(text)}\n" for text in lines),
                len(lines),
                more("    … and {} more lines\n"),
                before=f"### ❌ {title}\n\n```text\n",
                after="```\n\n",
                rank=2,
                most=0.4,
            )


def _policies(outcome: EnvironmentOutcome, hide: Hide) -> Iterator[Part]:
    """What the policies say, what blocks first, waived ones last."""
    found = sorted(outcome.policies, key=lambda item: (bool(item.waived), not item.blocks))
    if found:
        title = f"### 🛡️ Policies in {prose(name_of(outcome.environment, hide))}\n\n"
        yield _notes([f"- {_policy(item, hide)}\n" for item in found], title)


def _policy(item: PolicyFinding, hide: Hide) -> str:
    sign = "☑️ waived" if item.waived else "⛔ **blocks**" if item.blocks else "⚠️ warns"
    waived = f" (until {prose(short(item.until, 40))}: {sentence(item.waived, hide)})" if item.waived else ""
    address = code(name_of(item.address, hide))
    return f"{sign} {code(short(item.rule, 80))} {address}: {sentence(item.message, hide)}{waived}"


def _promotion(outcome: EnvironmentOutcome, hide: Hide) -> Iterator[Part]:
    """What the gate would make of the promotion: the changes that nobody lived through before."""
    notable = [item for item in outcome.parity if item.level is not Level.ALLOW]
    if not outcome.parity:
        return
    name = prose(name_of(outcome.environment, hide))
    if not notable:
        words = f"every one of {len(outcome.parity)} changes happens in the environment before it first"
        yield _notes([f"- ✅ {words}\n"], f"### 🚦 Promotion to {name}\n\n")
        return
    notable.sort(key=lambda item: item.level is not Level.BLOCK)
    yield _notes([f"- {_parity(item, hide)}\n" for item in notable], f"### 🚦 Promotion to {name}\n\n")


def _parity(item: ParityLine, hide: Hide) -> str:
    sign = "⛔ **blocks**" if item.level is Level.BLOCK else "⚠️ warns"
    address = code(name_of(item.change.address, hide))
    return f"{sign} {item.change.action} {address}, {item.parity}: {sentence(item.why, hide)}"


def _expected(outcomes: Sequence[EnvironmentOutcome], hide: Hide) -> Iterator[Part]:
    """The drift that the settings expect: passed over, but not in silence."""
    found = [(outcome, item) for outcome in outcomes for stack in outcome.stacks for item in stack.expected]
    if found:
        lines = [
            f"- {code(name_of(item.address, hide))} in {prose(name_of(outcome.environment, hide))}: "
            f"{sentence(item.reason, hide)}\n"
            for outcome, item in found
        ]
        title = f"{len(found)} expected {'changes' if len(found) > 1 else 'change'}, passed over"
        before = f"<details><summary>{title}</summary>\n\n"
        yield Part(
            iter(lines), len(lines), more("- … and {} more\n"),
            before=before, after="\n</details>\n\n", rank=4, most=0.2,
        )  # fmt: skip


def _notes(lines: list[str], before: str) -> Part:
    return Part(
        iter(lines), len(lines), more("- … and {} more\n"), before=before, after="\n", rank=2, most=0.4
    )

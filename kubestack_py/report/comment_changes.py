"""What one stack would change, in the comment of a pull request: a bullet an address, attributes folded."""

from __future__ import annotations

import json
from difflib import unified_diff
from itertools import islice
from typing import TYPE_CHECKING

from kubestack_py.model.changes import ChangeAction, CheckStatus
from kubestack_py.report.budget import Part
from kubestack_py.report.comment_text import SIGNS, Words, line, more, name_of, words_for
from kubestack_py.report.markdown import code, html_code, prose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubestack_py.model.changes import AttributeChange, Change, ChangeSet
    from kubestack_py.model.outcome import EnvironmentOutcome
    from kubestack_py.report.comment_text import Hide

SHOWN_ATTRIBUTES = 60
SHOWN_LINES = 200
OPEN_BULLETS = 12  # more than these of one stack are folded
_DIFFED = 20_000  # characters of a text whose lines are compared


def changes_parts(outcome: EnvironmentOutcome, found: ChangeSet, hide: Hide) -> Iterator[Part]:
    """A bullet an address, then the attributes, folded."""
    stack, environment = name_of(found.stack, hide), name_of(outcome.environment, hide)
    words = words_for([outcome])
    total = len(found.changes)
    summary = words.summary(found.counts()) or found.summary()
    title = f"{html_code(stack)} in {html_code(environment)}: {summary}"
    folded = total > OPEN_BULLETS
    heading = f"**{code(stack)} in {prose(environment)}**: {summary}\n\n"
    yield Part(
        (f"- {_bullet(change, hide, words)}\n" for change in found.changes),
        total,
        more("- … and {} more\n"),
        before=f"<details><summary>{title}</summary>\n\n" if folded else heading,
        after="\n</details>\n\n" if folded else "\n",
        rank=3,
        most=0.5,
    )
    if not found.outputs and not found.checks and not any(change.attributes for change in found.changes):
        return  # the bullets have said it all
    yield Part(
        _diffs(found, hide, words),
        total + len(found.outputs) + len(found.checks),
        more("# … and {} more\n"),
        before=f"<details><summary>Attributes of {title}</summary>\n\n```diff\n",
        after="```\n\n</details>\n\n",
        rank=4,
    )


def _bullet(change: Change, hide: Hide, words: Words) -> str:
    sign, _ = SIGNS[change.action]
    moved = f" from {code(name_of(change.previous_address, hide))}" if change.previous_address else ""
    return f"{sign} {words.actions[change.action]} {code(name_of(change.address, hide))}{moved}"


def _diffs(found: ChangeSet, hide: Hide, words: Words) -> Iterator[str]:
    """One item a change; each line begins with a sign, so that none can end the fence."""
    for change in found.changes:
        yield _diff(change, hide, words)
    for number, output in enumerate(found.outputs):
        yield "".join([*([] if number else ["! outputs\n"]), *_attribute(output, hide)])
    for check in found.checks:
        said = "; ".join(check.messages)
        sign = "#" if check.status is CheckStatus.PASS else "!"
        text = f"{check.address}: {said}" if said else check.address
        yield f"{sign} check {check.status} {line(hide(text))}\n"


def _diff(change: Change, hide: Hide, words: Words) -> str:
    _, sign = SIGNS[change.action]
    lines = [f"{sign} {words.actions[change.action]} {line(hide(change.address))}\n"]
    if change.action is ChangeAction.DELETE:
        return lines[0]
    for attribute in change.attributes[:SHOWN_ATTRIBUTES]:
        lines += _attribute(attribute, hide)
    left = len(change.attributes) - SHOWN_ATTRIBUTES
    return "".join([*lines, f"#     … and {left} more attributes\n" if left > 0 else ""])


def _attribute(attribute: AttributeChange, hide: Hide) -> Iterator[str]:
    path = line(hide(attribute.path))
    before, after = _text(attribute.before), _text(attribute.after)
    if before is not None and after is not None and max(len(before), len(after)) <= _DIFFED:
        yield f"#     {path}\n"
        yield from _text_diff(hide(before), hide(after))
        return
    if attribute.before is not None:
        yield f"-     {path}: {line(hide(attribute.before))}\n"
    if attribute.after is not None:
        yield f"+     {path}: {line(hide(attribute.after))}\n"


def _text_diff(before: str, after: str) -> Iterator[str]:
    """The lines of a text that differ, with two around them."""
    lines = unified_diff(before.split("\n"), after.split("\n"), n=2, lineterm="")
    for text in islice(lines, 2, 2 + SHOWN_LINES):
        sign = text[0] if text[0] in "+-" else "#"
        yield "#     …\n" if text.startswith("@") else f"{sign}       {line(text[1:])}\n"


def _text(value: str | None) -> str | None:
    if value is None or not value.startswith('"') or "\\n" not in value:
        return None
    try:
        text = json.loads(value)
    except ValueError:
        return None
    return text if isinstance(text, str) and "\n" in text else None

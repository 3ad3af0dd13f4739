"""Environments over time and side by side: what was done, the way back, and how two differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.difference import Content
from kubestack_py.model.evidence import RecordStatus
from kubestack_py.model.rollback import FileChange
from kubestack_py.report.json import plain as plain_value
from kubestack_py.report.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kubestack_py.model.changes import Change
    from kubestack_py.model.difference import EnvironmentDifference, StackDifference
    from kubestack_py.model.past import PastDelivery, PastRun
    from kubestack_py.model.rollback import RestoredStack, Rollback
    from kubestack_py.report.text import Paint

PAST_HEADINGS = ("When (UTC)", "Environment", "Result", "Commit", "Stacks", "By", "Overridden", "Run")
LONGEST_VALUE = 100
SHOWN_COMMITS = 20
SHOWN_STACKS = 4
_SIGNS = {FileChange.CHANGED: "~", FileChange.RESTORED: "+", FileChange.REMOVED: "-"}
_CONTENT = {
    Content.SAME: ("same content", "green"),
    Content.DIFFERENT: ("different content", "yellow"),
    Content.ONE_SIDED: ("delivered to one of them only", "yellow"),
    Content.NOWHERE: ("delivered to neither", "dim"),
}


def past_rows(past: Sequence[PastDelivery]) -> list[tuple[str, ...]]:
    """A row a run, for a table below `PAST_HEADINGS`."""
    return [
        (
            item.run.at[:19].replace("T", " "),
            item.run.environment,
            _result(item.run),
            f"{item.run.commit[:8]} {item.subject[:40]}".rstrip(),
            _stacks(item.run),
            item.run.actor or "-",
            "; ".join(f"{override.check}: {override.reason}" for override in item.run.overrides) or "-",
            item.run.url or item.run.run,
        )
        for item in past
    ]


def past_value(past: PastDelivery) -> dict[str, Any]:
    """One run of `kubestack history -o json`."""
    value: dict[str, Any] = plain_value(past.run)
    return {**value, "subject": past.subject, "result": past.run.result.value}


def rollback_text(rollback: Rollback, paint: Paint = plain) -> str:
    """What the branch would do, stack by stack."""
    title = f"{rollback.environment}: from {rollback.deployed[:8]} back to {rollback.target[:8]}"
    subject = f" ({rollback.subject})" if rollback.subject else ""
    where = f"branch {rollback.branch}, one commit on top of {rollback.default_branch} {rollback.tip[:8]}"
    lines = [paint(title, "bold") + subject, f"  {where}"]
    lines += [line for stack in rollback.stacks for line in _restored(stack, paint)]
    if rollback.absent:
        lines.append(
            f"left as they are, {rollback.target[:8]} had no such stack: {', '.join(rollback.absent)}"
        )
    return "\n".join(lines)


def rollback_steps(rollback: Rollback, first: str) -> str:
    """What to do next; `first` is the environment where every change begins."""
    base, branch = rollback.default_branch, rollback.branch
    pushed = f"{branch} is on {rollback.remote}" if rollback.remote else f"git push origin {branch}"
    steps = [
        f"{pushed}; open a pull request to {base}, which shows the plan.",
        f"Merge it: {first} goes first.",
    ]
    if rollback.environment != first:
        steps.append(f"Promote the merge to {rollback.environment}; its gate sees a newer commit.")
    return "\n".join(["Next:", *(f"  {number}. {step}" for number, step in enumerate(steps, 1))])


def difference_text(difference: EnvironmentDifference, paint: Paint = plain) -> str:
    """How two environments differ: commits first, then a block a stack."""
    one, other = difference.one, difference.other
    lines = [
        f"{paint(side.environment, 'bold')} runs "
        + (f"{side.commit[:8]} {side.subject}".rstrip() if side.commit else "nothing yet")
        for side in (one, other)
    ]
    for side in (one, other):
        if side.ahead:
            lines.append(f"only in {side.environment}:")
            lines += [f"  {item.id[:8]} {item.subject}" for item in side.ahead[:SHOWN_COMMITS]]
            if len(side.ahead) > SHOWN_COMMITS:
                lines.append(f"  … and {len(side.ahead) - SHOWN_COMMITS} more commits")
    names = (one.environment, other.environment)
    return "\n".join([*lines, *(line for stack in difference.stacks for line in _stack(stack, names, paint))])


def _result(run: PastRun) -> str:
    if run.result is RecordStatus.STARTED:
        return "began and never reported"
    if run.result is RecordStatus.VERIFIED and not run.applied:
        return "verified again"
    return run.result


def _stacks(run: PastRun) -> str:
    more = len(run.stacks) - SHOWN_STACKS
    names = ", ".join(stack.stack for stack in run.stacks[:SHOWN_STACKS])
    return f"{names} and {more} more" if more > 0 else names


def _restored(stack: RestoredStack, paint: Paint) -> Iterator[str]:
    yield f"{paint(stack.stack, 'bold')}: {len(stack.files)} file{'s' if len(stack.files) != 1 else ''}"
    for file in stack.files:
        yield f"  {_SIGNS[file.change]} {file.path}"
    for proof in stack.proofs:
        when = f"{proof.at[:19]}Z, {proof.commit[:8]}"
        but = "" if proof.whole else ", but other files of its own"
        yield f"    {proof.environment}: {proof.status} with this content{but} ({when})"
    if not stack.proofs:
        yield f"    {paint('no environment has ever had this content', 'yellow')}"


def _stack(stack: StackDifference, names: tuple[str, str], paint: Paint) -> Iterator[str]:
    words, style = _CONTENT[stack.content]
    yield f"{paint(stack.stack, 'bold')}: {paint(words, style)}"
    for change in stack.manifests:
        yield from (f"  {line}" for line in _manifest(change, names))
    for text in stack.texts:
        yield from (f"  {line}" for line in text.lines)


def _manifest(change: Change, names: tuple[str, str]) -> Iterator[str]:
    """One object; an update goes from the first environment to the second."""
    if change.action is ChangeAction.DELETE:
        yield f"- {change.address} (only {names[0]})"
        return
    if change.action is ChangeAction.CREATE:
        yield f"+ {change.address} (only {names[1]})"
        return
    yield f"~ {change.address}"
    for item in change.attributes:
        yield f"    {item.path}: {_short(item.before)} → {_short(item.after)}"


def _short(value: str | None) -> str:
    text = "(none)" if value is None else value
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"

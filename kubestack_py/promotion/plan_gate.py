"""The second half of the gate: does this plan do what the environment before has lived through?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kubestack_py.model.parity import Level, ParityClass
from kubestack_py.model.verdict import GateCheck
from kubestack_py.promotion.normal import comparables
from kubestack_py.promotion.parity import compare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kubestack_py.model.evidence import Record
    from kubestack_py.model.outline import ChangeOutline
    from kubestack_py.model.parity import ParityLine
    from kubestack_py.model.platform import Environment
    from kubestack_py.model.policy import PolicyFinding

SHOWN_BLOCKING = 5


def parity_lines(
    environment: Environment,
    previous: Environment,
    planned: Mapping[str, Sequence[ChangeOutline]],
    lived: Mapping[str, Sequence[ChangeOutline]],
) -> tuple[ParityLine, ...]:
    """Every planned change of every stack, with its class. Both mappings are by stack, as recorded."""
    return tuple(
        line
        for stack, changes in planned.items()
        for line in compare(
            stack,
            previous,
            comparables(changes, environment),
            comparables(dict.fromkeys(lived.get(stack, ())), previous),  # again and again the same
            environment.gate.parity,
        )
    )


def parity_check(previous: Environment, lines: Sequence[ParityLine]) -> GateCheck:
    """One check over all lines; the blocking ones are named."""
    counted = Counter(line.parity for line in lines)
    words = ", ".join(f"{counted[parity]} {parity}" for parity in ParityClass if counted[parity])
    summary = f"compared with what {previous.name} went through: {words or 'nothing to compare'}"
    blocking = [line for line in lines if line.level is Level.BLOCK]
    if blocking:
        named = _named(f"{line.change.action} {line.change.address}: {line.why}" for line in blocking)
        return GateCheck(
            name="parity",
            passed=False,
            message=f"{summary}. Blocked: {named}",
            hint=f"Let {previous.name} live through it first, or see `kubestack parity` for each line.",
        )
    warning = any(line.level is Level.WARN for line in lines)
    return GateCheck(name="parity", passed=True, message=summary, warning=warning)


def policy_check(findings: Sequence[PolicyFinding]) -> GateCheck:
    """One check over all violations of policies; the blocking ones are named."""
    blocking = [finding for finding in findings if finding.blocks]
    waived = sum(bool(finding.waived) for finding in findings)
    others = len(findings) - len(blocking) - waived
    if blocking:
        named = _named(f"{item.rule} ({item.address}: {item.message})" for item in blocking)
        return GateCheck(
            name="policy",
            passed=False,
            message=f"{len(blocking)} violations of policies block: {named}",
            hint="Mend them, or waive them in kubestack.yaml with a reason and a last day.",
        )
    parts = [f"{others} violations of policies to look at"] if others else ["no violation of a policy"]
    parts += [f"{waived} waived"] if waived else []
    return GateCheck(name="policy", passed=True, message=", ".join(parts), warning=bool(others))


def _named(texts: Iterable[str]) -> str:
    """The first of what blocks, and how much more there is."""
    shown = list(texts)
    more = [f"and {len(shown) - SHOWN_BLOCKING} more"] if len(shown) > SHOWN_BLOCKING else []
    return "; ".join([*shown[:SHOWN_BLOCKING], *more])


def preview_check(
    environment: Environment,
    planned: Mapping[str, Sequence[ChangeOutline]],
    previews: Mapping[str, Record | None],
) -> GateCheck:
    """Whether the plan is the one that was recorded after the environment before was applied."""
    unknown = sorted(stack for stack in planned if previews.get(stack) is None)
    differing = [
        f"{stack}: {text}"
        for stack, changes in planned.items()
        if (preview := previews.get(stack)) is not None
        for text in differences(preview.outlines, changes)
    ]
    if not unknown and not differing:
        return GateCheck(name="preview", passed=True, message="the plan is the one that was previewed")
    parts = [f"no preview was recorded for {', '.join(unknown)}"] if unknown else []
    parts += [f"the plan differs from its preview: {'; '.join(differing)}"] if differing else []
    level = environment.gate.preview
    return GateCheck(
        name="preview",
        passed=level is not Level.BLOCK,
        warning=level is Level.WARN,
        message=". ".join(parts),
        hint="Run the pipeline of the environment before again: it records a new preview.",
    )


def differences(before: Sequence[ChangeOutline], now: Sequence[ChangeOutline]) -> list[str]:
    """What two plans of one stack do not share, address by address and attribute by attribute."""
    old = {(item.address, item.action): item for item in before}
    new = {(item.address, item.action): item for item in now}
    texts = [f"no longer {action} {address}" for address, action in old if (address, action) not in new]
    texts += [f"now {action} {address}" for address, action in new if (address, action) not in old]
    for key in old.keys() & new.keys():
        parts = list(_changed(old[key], new[key]))
        if parts:
            texts.append(f"{key[1]} {key[0]} {', '.join(parts)}")
    return sorted(texts)


def _changed(before: ChangeOutline, now: ChangeOutline) -> Iterator[str]:
    """What is different about one change of one object."""
    gone = sorted(set(before.paths) - set(now.paths))
    added = sorted(set(now.paths) - set(before.paths))
    forced = sorted(set(now.replace_paths) ^ set(before.replace_paths))
    if gone:
        yield f"without {', '.join(gone)}"
    if added:
        yield f"also {', '.join(added)}"
    if forced:
        yield f"replaced for another reason: {', '.join(forced)}"
    if before.previous_address != now.previous_address:
        there, here = before.previous_address or "nowhere", now.previous_address or "nowhere"
        yield f"moved from {here}, not from {there}"

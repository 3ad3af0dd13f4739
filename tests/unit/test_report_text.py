"""Outcomes and verdicts as text."""

from __future__ import annotations

import pytest

from kubestack_py.model.changes import (
    AttributeChange,
    Change,
    ChangeAction,
    ChangeSet,
    CheckResult,
    CheckStatus,
)
from kubestack_py.model.decision import Action, Decision, Resolution
from kubestack_py.model.evidence import VerificationResult
from kubestack_py.model.outcome import EnvironmentOutcome, Phase, StackOutcome
from kubestack_py.model.verdict import GateCheck, Verdict
from kubestack_py.report.text import (
    LONGEST_VALUE,
    SHOWN_ATTRIBUTES,
    SIGNS,
    changes_lines,
    outcome_text,
    resolution_text,
    verdict_text,
)


def styled(text: str, *styles: str) -> str:
    """A `Paint` that shows where it was used."""
    return f"<{' '.join(styles)}|{text}>"


def changes(
    *items: Change, outputs: tuple[AttributeChange, ...] = (), checks: tuple[CheckResult, ...] = ()
) -> ChangeSet:
    return ChangeSet(stack="infra", environment="ops", changes=items, outputs=outputs, checks=checks)


def attribute(path: str, before: str | None, after: str | None) -> AttributeChange:
    return AttributeChange(path=path, before=before, after=after)


def outcome(
    *stacks: StackOutcome, action: Action = Action.PLAN, verdict: Verdict | None = None
) -> EnvironmentOutcome:
    return EnvironmentOutcome(
        environment="ops", action=action, commit="a" * 40, stacks=stacks, verdict=verdict
    )


UPDATE = Change(address="dns.a", action=ChangeAction.UPDATE, attributes=(attribute("ttl", "60", "300"),))


def test_resolution_is_a_line_for_each_decision() -> None:
    decisions = (
        Decision(environment="ops", action=Action.APPLY, reason="it was merged."),
        Decision(environment="apps", action=Action.PLAN, reason="it comes next."),
    )
    text = resolution_text(Resolution(decisions=decisions, reason="whatever"))
    assert text == "apply ops: it was merged.\nplan apps: it comes next."


def test_resolution_of_nothing_says_why() -> None:
    assert resolution_text(Resolution(decisions=(), reason="no rule."), styled) == "<bold|nothing>: no rule."


def test_change_lines_of_every_action() -> None:
    for action in ChangeAction:
        [line, *_] = changes_lines(changes(Change(address="dns.a", action=action)))
        sign, _ = SIGNS[action]
        assert line.split() == [sign, action.value, "dns.a"]


def test_change_lines_show_what_changes_in_place() -> None:
    item = Change(
        address="dns.a",
        action=ChangeAction.UPDATE,
        attributes=(
            attribute("ttl", "60", "300"),
            attribute("tags.x", None, '"new"'),
            attribute("tags.y", '"old"', None),
        ),
    )
    assert list(changes_lines(changes(item))) == [
        "    ~ update dns.a",
        "        ttl: 60 → 300",
        '        tags.x: + "new"',
        '        tags.y: - "old"',
    ]


def test_change_lines_of_a_replacement_say_what_forces_it() -> None:
    item = Change(
        address="vm.a",
        action=ChangeAction.REPLACE,
        attributes=(attribute("disk", "1", "2"),),
        replace_paths=("disk", "zone"),
        reason="replace_because_cannot_update",
    )
    assert next(changes_lines(changes(item))) == "  -/+ replace vm.a because of disk, zone"


def test_change_lines_say_why_and_from_where() -> None:
    moved = Change(address="new", action=ChangeAction.MOVE, previous_address="old")
    tainted = Change(address="vm", action=ChangeAction.REPLACE, reason="replace_because_tainted")
    assert list(changes_lines(changes(moved, tainted))) == [
        "   -> move new (from old)",
        "  -/+ replace vm (replace_because_tainted)",
    ]


@pytest.mark.parametrize("action", [ChangeAction.CREATE, ChangeAction.DELETE])
def test_change_lines_leave_out_the_attributes_of_whole_objects(action: ChangeAction) -> None:
    item = Change(address="a", action=action, attributes=(attribute("x", None, "1"),))
    assert len(list(changes_lines(changes(item)))) == 1


def test_change_lines_cut_long_values_and_many_attributes() -> None:
    many = tuple(attribute(f"a{number}", "1", '"' + "x" * 500) for number in range(SHOWN_ATTRIBUTES + 5))
    lines = list(changes_lines(changes(Change(address="a", action=ChangeAction.UPDATE, attributes=many))))
    assert len(lines) == SHOWN_ATTRIBUTES + 2
    assert lines[-1].strip() == "… and 5 more attributes"
    assert all(len(line) < LONGEST_VALUE + 40 for line in lines)


def test_change_lines_of_outputs_and_failing_checks() -> None:
    checks = (
        CheckResult(address="check.ok", status=CheckStatus.PASS, messages=("never shown",)),
        CheckResult(address="check.dns", status=CheckStatus.FAIL, messages=("no answer", "tried twice")),
    )
    lines = list(changes_lines(changes(outputs=(attribute("url", None, '"x"'),), checks=checks)))
    assert lines == ['    output url: + "x"', "    check fail check.dns: no answer; tried twice"]


@pytest.mark.parametrize(
    ("stack", "action", "expected"),
    [
        (
            StackOutcome(stack="infra", phase=Phase.CURRENT),
            Action.APPLY,
            "infra (ops): unchanged since it was applied",
        ),
        (
            StackOutcome(stack="infra", phase=Phase.PLANNED, changes=changes()),
            Action.PLAN,
            "infra (ops): no changes",
        ),
        (
            StackOutcome(stack="infra", phase=Phase.PLANNED, changes=changes(UPDATE)),
            Action.PLAN,
            "infra (ops): 1 to update\n    ~ update dns.a\n        ttl: 60 → 300",
        ),
        (
            StackOutcome(stack="infra", phase=Phase.VERIFIED, changes=changes(UPDATE)),
            Action.APPLY,
            "infra (ops): verified, 1 to update",
        ),
        (
            StackOutcome(stack="infra", phase=Phase.FAILED, error="exit code 1\nquota"),
            Action.APPLY,
            "infra (ops): failed\n    exit code 1\n    quota",
        ),
        (
            StackOutcome(stack="infra", phase=Phase.SKIPPED, error="it needs x"),
            Action.APPLY,
            "infra (ops): skipped\n    it needs x",
        ),
    ],
)
def test_outcome_of_one_stack(stack: StackOutcome, action: Action, expected: str) -> None:
    assert outcome_text(outcome(stack, action=action)) == expected


def test_outcome_knows_every_phase() -> None:
    for phase in Phase:
        assert outcome_text(outcome(StackOutcome(stack="infra", phase=phase))).startswith("infra (ops)")


def test_outcome_of_nothing() -> None:
    assert outcome_text(outcome()) == "ops: nothing to do"


def test_outcome_lists_the_platforms_own_commands() -> None:
    commands = (
        VerificationResult(name="smoke", passed=True),
        VerificationResult(name="curl", passed=False, message="exit code 22"),
    )
    found = EnvironmentOutcome(environment="ops", action=Action.APPLY, commit="a", commands=commands)
    assert outcome_text(found) == "✓ smoke\n✗ curl: exit code 22"


CHECKS = (
    GateCheck(name="ancestry", passed=True, message="merged", hint="never shown"),
    GateCheck(name="evidence", passed=False, message="ops has not proved infra", hint="Let ops apply it."),
)


def test_outcome_that_was_refused_shows_the_gate_alone() -> None:
    verdict = Verdict(environment="apps", commit="abcdef0123456789", checks=CHECKS)
    refused = outcome(StackOutcome(stack="infra", phase=Phase.SKIPPED), verdict=verdict)
    assert outcome_text(refused) == verdict_text(verdict)
    assert verdict_text(verdict).splitlines() == [
        "abcdef01 may not be applied to apps",
        "  ✓ merged",
        "  ✗ ops has not proved infra",
        "      Let ops apply it.",
    ]


def test_verdict_that_allows() -> None:
    text = verdict_text(Verdict(environment="apps", commit="abcdef01", checks=CHECKS[:1]), styled)
    assert text == "<bold|abcdef01 may be applied to apps>\n  <green|✓> merged"

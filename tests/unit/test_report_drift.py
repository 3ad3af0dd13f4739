"""The text of the issue about drift: never too long, nothing of others is markup, nothing is lost unsaid."""

from __future__ import annotations

import pytest

from kubestack_py.model.changes import AttributeChange, Change, ChangeAction, ChangeSet
from kubestack_py.model.decision import Action
from kubestack_py.model.outcome import EnvironmentOutcome, Phase, StackOutcome
from kubestack_py.report.drift import LONGEST, drift_issue, drift_mark


def drifted(count: int, name: str = "aws_x.y") -> EnvironmentOutcome:
    attribute = AttributeChange(path="size", before="1", after="2")
    changes = tuple(
        Change(address=f"{name}[{number}]", action=ChangeAction.UPDATE, attributes=(attribute,))
        for number in range(count)
    )
    found = ChangeSet(stack="infra", environment="ops", changes=changes)
    stack = StackOutcome(stack="infra", phase=Phase.PLANNED, changes=found)
    return EnvironmentOutcome(environment="ops", action=Action.DRIFT, commit="c" * 40, stacks=(stack,))


CASES = [(1, True, False), (1300, False, False), (9000, False, True)]


@pytest.mark.parametrize(("count", "detailed", "cut"), CASES)
def test_issue_fits_and_says_what_it_leaves_out(count: int, detailed: bool, cut: bool) -> None:
    text = drift_issue("acme", [drifted(count)], "https://ci.example.com/1")
    assert len(text) <= LONGEST
    assert text.startswith(drift_mark("acme"))
    assert ("size: 1 → 2" in text) is detailed
    assert ("- and " in text) is cut
    if cut:
        shown = text.count("- **update**")
        assert f"- and {count - shown} more" in text


def test_issue_shows_names_of_others_as_text() -> None:
    evil = "<img src=x>](javascript:x)<!-- kubestack"
    text = drift_issue("acme", [drifted(1, evil)], "javascript:alert(1)")
    assert "javascript:alert" not in text
    assert text.count("<!-- kubestack drift") == 1
    assert "<img" not in text.partition("```")[0]

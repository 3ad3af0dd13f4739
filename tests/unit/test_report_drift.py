"""The text of the issue about drift: never too long, nothing of others is markup, nothing is lost unsaid."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubestack_py.model.changes import AttributeChange, Change, ChangeAction, ChangeSet
from kubestack_py.model.decision import Action
from kubestack_py.model.outcome import EnvironmentOutcome, ExpectedDrift, Phase, StackOutcome
from kubestack_py.report.budget import size
from kubestack_py.report.drift import LEAST_LIMIT, drift_issue, drift_mark, drift_text
from tests.unit.test_comment import assert_no_foreign_markup, outcomes, texts

LIMIT = 65_536
URL = "https://ci.example.com/1"


def drifted(
    count: int,
    action: ChangeAction = ChangeAction.UPDATE,
    *,
    error: str = "",
    expected: tuple[ExpectedDrift, ...] = (),
) -> EnvironmentOutcome:
    attribute = AttributeChange(path="size", before="1", after="2")
    changes = tuple(
        Change(address=f"aws_x.y[{number}]", action=action, attributes=(attribute,))
        for number in range(count)
    )
    found = ChangeSet(stack="infra", environment="ops", changes=changes)
    stack = StackOutcome(stack="infra", phase=Phase.PLANNED, changes=found, error=error, expected=expected)
    return EnvironmentOutcome(environment="ops", action=Action.DRIFT, commit="c" * 40, stacks=(stack,))


def test_issue_tells_what_has_happened_and_what_to_do() -> None:
    expected = (ExpectedDrift(address="apps/Deployment/web/web", reason="counted by an HPA"),)
    gone = drifted(1, ChangeAction.DELETE, expected=expected)
    quiet = replace(drifted(0), environment="apps")
    lines = drift_issue("acme", [gone, quiet], URL, LIMIT).splitlines()
    for line in (
        "**ops** changed without a commit: 1 deleted.",
        "### ⚠️ 1 deleted",
        "- 🔴 **deleted** `aws_x.y[0]` in ops, `infra`",
        "- `apps/Deployment/web/web` in ops: counted by an HPA",
        "- **undo it**: `kubestack apply -e ops --all`",
        "kubestack drift -e apps",
    ):
        assert line in lines
    assert lines[0] == drift_mark("acme")
    assert (
        lines[-1]
        == f"[Seen by this run](<{URL}>). This issue is closed by the next search that finds nothing."
    )
    done = drift_issue("acme", [drifted(0)], URL, LIMIT)
    assert "Nothing differs any more." in done
    assert "undo it" not in done


@pytest.mark.parametrize("count", [1, 1300, 9000])
def test_issue_fits_and_says_what_it_leaves_out(count: int) -> None:
    text = drift_issue("acme", [drifted(count)], URL, LIMIT)
    assert size(text) <= LIMIT
    shown = text.count("- 🟡 updated `aws_x.y[")
    assert 0 < shown <= count
    assert (f"- … and {count - shown:,} more" in text) is (shown < count)
    assert "-     size: 1\n+     size: 2\n" in text


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=40)
@given(st.lists(outcomes, max_size=3), st.integers(LEAST_LIMIT, 20_000), texts)
def test_issue_of_any_values_fits_and_holds_no_markup(
    found: list[EnvironmentOutcome], limit: int, url: str
) -> None:
    looked = [replace(outcome, action=Action.DRIFT) for outcome in found]
    assert_no_foreign_markup(drift_issue("acme", looked, url, limit), limit)


def test_issue_takes_secrets_out_before_they_are_markup() -> None:
    secret = "p*ss_w`rd"
    text = drift_text(
        [drifted(1, error=f"login {secret} failed")], LIMIT, lambda it: it.replace(secret, "***")
    )
    assert "login *** failed" in text

"""Which drift is expected, and that nothing else is passed over with it."""

from __future__ import annotations

import pytest

from kubestack_py.model.changes import AttributeChange, Change, ChangeAction, ChangeSet
from kubestack_py.model.platform import DriftIgnore
from kubestack_py.policy.drift import unexpected


def found(address: str, action: ChangeAction, *paths: str) -> ChangeSet:
    items = tuple(AttributeChange(path=path, before="1", after="2") for path in paths)
    change = Change(address=address, action=action, attributes=items)
    return ChangeSet(stack="infra", environment="apps", changes=(change,))


def entry(address: str, *attributes: str) -> DriftIgnore:
    return DriftIgnore(address=address, attributes=attributes, reason="an autoscaler")


UPDATE, DELETE = ChangeAction.UPDATE, ChangeAction.DELETE


@pytest.mark.parametrize(
    ("change", "ignore", "left"),
    [
        (found("a.b", UPDATE, "size"), entry("a.*"), None),
        (found("a.b", DELETE), entry("a.*"), None),
        (found("a.b", UPDATE, "size"), entry("b.*"), ["size"]),
        (found("a.b", UPDATE, "size"), entry("a.b", "size"), None),
        (found("a.b", UPDATE, "size", "owner"), entry("a.b", "size"), ["owner"]),
        (found("a.b", UPDATE, "tags.a", "tags[0]"), entry("a.b", "tags"), None),
        (found("a.b", UPDATE, "tagsx"), entry("a.b", "tags"), ["tagsx"]),
        (found("a.b", UPDATE, "spec.replicas"), entry("*", "spec.*"), None),
        (found("a.b", DELETE), entry("a.b", "size"), []),
        (found("a.b", ChangeAction.REPLACE, "size"), entry("a.b", "size"), ["size"]),
    ],
)
def test_unexpected_drift(change: ChangeSet, ignore: DriftIgnore, left: list[str] | None) -> None:
    rest, expected = unexpected(change, [ignore])
    assert [list(item.paths) for item in rest.changes] == ([] if left is None else [left])
    assert bool(expected) is (left is None or left == ["owner"])
    assert {item.reason for item in expected} <= {"an autoscaler"}


def test_entries_for_different_attributes_add_up() -> None:
    change = found("a.b", UPDATE, "size", "owner")
    rest, expected = unexpected(change, [entry("a.b", "size"), entry("a.b", "owner")])
    assert rest.is_empty
    assert len(expected) == 2

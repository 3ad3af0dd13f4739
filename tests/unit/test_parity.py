"""Parity: what it may never say, whatever the plans are, and what it says of each kind of change."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.config.gates import read_gate
from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.outline import ChangeOutline
from kubestack_py.model.parity import (
    DESTRUCTIVE,
    Level,
    ParityClass,
    ParityLine,
    ParityPolicy,
    ParityRule,
)
from kubestack_py.model.platform import ApplyOn, Environment, Gate, RefKind
from kubestack_py.promotion.plan_gate import parity_lines

CREATE, UPDATE, DELETE = ChangeAction.CREATE, ChangeAction.UPDATE, ChangeAction.DELETE
REPLACE, MOVE, IMPORT, FORGET = (
    ChangeAction.REPLACE,
    ChangeAction.MOVE,
    ChangeAction.IMPORT,
    ChangeAction.FORGET,
)
OPS = Environment(
    name="ops",
    apply_on=ApplyOn(kind=RefKind.BRANCH, pattern="main"),
    only_here=("image.example.com/*",),
)
TAGS = ApplyOn(kind=RefKind.TAG, pattern="apps-*")


def lines(
    planned: list[ChangeOutline], lived: list[ChangeOutline], policy: ParityPolicy | None = None
) -> tuple[ParityLine, ...]:
    """The comparison for apps of what is planned there with what ops lived through."""
    apps = Environment(name="apps", apply_on=TAGS, gate=Gate(parity=policy or ParityPolicy()))
    return parity_lines(apps, OPS, {"infra": planned}, {"infra": lived})


def change(action: ChangeAction, address: str = "a.b", *paths: str, **more: object) -> ChangeOutline:
    return ChangeOutline(address=address, action=action, paths=paths, **more)  # type: ignore[arg-type]


def one(planned: ChangeOutline, *lived: ChangeOutline, policy: ParityPolicy | None = None) -> ParityLine:
    """The line of the one planned change."""
    return lines([planned], list(lived), policy)[0]


# What must hold for any two plans.


def common(address: str, name: str) -> str:
    """An address without its environment, said in another way than the program does."""
    words = re.split(r"([^A-Za-z0-9]+)", address)
    return "".join("\0" if word == name else word for word in words)


def is_same(planned: ChangeOutline, lived: ChangeOutline) -> bool:
    """Whether both are the same action on the same address."""
    addresses = planned.address == lived.address
    addresses = addresses or common(planned.address, "apps") == common(lived.address, "ops")
    return addresses and planned.action is lived.action


addresses = st.sampled_from(
    ["a.b", "a.b[0]", 'a.b["x"]', 'a.b["ops"]', 'a.b["apps"]', "a.ops", "a.apps", "a.devops", "c.d", "apps"]
)
paths = st.lists(st.sampled_from(["size", "tags.ops", "tags.apps", "name"]), unique=True, max_size=3).map(
    tuple
)
changes = st.builds(
    ChangeOutline,
    address=addresses,
    action=st.sampled_from(ChangeAction),
    paths=paths,
    replace_paths=paths,
    previous_address=st.sampled_from(["", "old.ops", "old.apps", "old.x"]),
)
plans = st.lists(changes, max_size=5)
rules = st.builds(
    ParityRule,
    parity=st.sampled_from(ParityClass),
    action=st.none() | st.sampled_from(ChangeAction),
    level=st.sampled_from(Level),
)
policies = st.builds(ParityPolicy, rules=st.lists(rules, max_size=5).map(tuple))


@given(plans, plans)
def test_parity_never_calls_exercised_what_the_other_side_lacks(
    planned: list[ChangeOutline], lived: list[ChangeOutline]
) -> None:
    for line in lines(planned, lived):
        if line.parity is ParityClass.EXERCISED:
            same = [item for item in lived if is_same(line.change, item)]
            assert same, line
            seen = {common(path, "ops") for item in same for path in (*item.paths, *item.replace_paths)}
            seen |= {path for item in same for path in (*item.paths, *item.replace_paths)}
            assert all({path, common(path, "apps")} & seen for path in line.change.paths), line


@given(plans, plans, policies)
def test_parity_leaves_no_planned_change_out(
    planned: list[ChangeOutline], lived: list[ChangeOutline], policy: ParityPolicy
) -> None:
    found = [line for line in lines(planned, lived, policy) if line.parity is not ParityClass.MISSING]
    assert [line.change for line in found] == planned
    assert all(line.why for line in found)


@given(plans, plans)
def test_parity_blocks_every_destruction_that_was_not_lived_through(
    planned: list[ChangeOutline], lived: list[ChangeOutline]
) -> None:
    """Nothing that is merely alike (another instance, another action) lets a destruction pass."""
    for line in lines(planned, lived):
        foreign = not any(is_same(line.change, item) for item in lived)
        if line.parity is not ParityClass.MISSING and line.change.action in DESTRUCTIVE and foreign:
            assert (line.parity, line.level) == (ParityClass.UNEXERCISED, Level.BLOCK)


@given(plans, plans)
def test_parity_names_everything_that_is_missing(
    planned: list[ChangeOutline], lived: list[ChangeOutline]
) -> None:
    missing = [line.change for line in lines(planned, lived) if line.parity is ParityClass.MISSING]
    unplanned = [item for item in lived if not any(is_same(change, item) for change in planned)]
    assert {(c.address, c.action) for c in missing} == {(c.address, c.action) for c in unplanned}
    assert len(missing) == len({(c.address, c.action) for c in missing})


@given(plans)
def test_parity_of_what_was_lived_through_exactly(plan: list[ChangeOutline]) -> None:
    assert all(line.parity is ParityClass.EXERCISED for line in lines(plan, plan))


# What each kind of change is called, and why.


@pytest.mark.parametrize("action", ChangeAction)
def test_parity_same_action_on_the_same_address(action: ChangeAction) -> None:
    line = one(change(action), change(action))
    assert (line.parity, line.level, line.why) == (
        ParityClass.EXERCISED,
        Level.ALLOW,
        "ops went through the same",
    )


@pytest.mark.parametrize("action", ChangeAction)
def test_parity_another_action_on_the_same_address(action: ChangeAction) -> None:
    other = next(item for item in ChangeAction if item is not action)
    line = one(change(action), change(other))
    assert line.parity is ParityClass.UNEXERCISED
    assert line.why == f"ops only had: {other}"
    assert line.level is (Level.BLOCK if action in DESTRUCTIVE else Level.WARN)


def test_parity_environment_names_in_addresses_and_paths() -> None:
    planned = change(UPDATE, 'm["apps"].x.apps', "tags.apps")
    assert one(planned, change(UPDATE, 'm["ops"].x.ops', "tags.ops")).parity is ParityClass.EXERCISED


def test_parity_listed_names() -> None:
    ops = Environment(name="ops", apply_on=OPS.apply_on, names={"zone": "eu-1"})
    apps = Environment(name="apps", apply_on=TAGS, names={"zone": "us-1"})
    planned, lived = {"infra": [change(DELETE, "x.us-1")]}, {"infra": [change(DELETE, "x.eu-1")]}
    assert [line.parity for line in parity_lines(apps, ops, planned, lived)] == [ParityClass.EXERCISED]
    unlisted = Environment(name="apps", apply_on=TAGS)
    assert parity_lines(unlisted, ops, planned, lived)[0].level is Level.BLOCK


def test_parity_the_previous_environments_name_means_nothing_here() -> None:
    """`x.ops` in apps is not what ops calls `x.ops` by its own name and apps calls `x.apps`."""
    assert one(change(DELETE, "x.devops"), change(DELETE, "x.devapps")).parity is ParityClass.UNEXERCISED


def test_parity_other_attributes_are_named() -> None:
    line = one(change(UPDATE, "a.b", "size", "tags.apps", "zone"), change(UPDATE, "a.b", "size", "tags.ops"))
    assert (line.parity, line.level) == (ParityClass.PARTLY, Level.WARN)
    assert line.other_paths == ("zone",)
    assert line.why == "ops went through this update, but never for zone"


def test_parity_attributes_may_come_from_several_changes() -> None:
    lived = [change(UPDATE, "a.b", "size"), change(UPDATE, "a.b", "zone")]
    assert one(change(UPDATE, "a.b", "size", "zone"), *lived).parity is ParityClass.EXERCISED


def test_parity_replacement_for_another_reason() -> None:
    planned = change(REPLACE, "a.b", "size", "zone", replace_paths=("zone",))
    lived = change(REPLACE, "a.b", "size", "zone", replace_paths=("size",))
    assert one(planned, lived).other_paths == ("zone",)


def test_parity_another_instance_helps_what_does_not_destroy() -> None:
    line = one(change(CREATE, 'm["x"].a.b[3]'), change(CREATE, 'm["y"].a.b[0]'))
    assert line.parity is ParityClass.PARTLY
    assert line.why == 'ops has no such instance, but went through the same with m["y"].a.b[0]'


@pytest.mark.parametrize("action", sorted(DESTRUCTIVE))
def test_parity_another_instance_does_not_help_what_destroys(action: ChangeAction) -> None:
    line = one(change(action, "a.b[3]"), change(action, "a.b[0]"))
    assert (line.parity, line.level, line.why) == (
        ParityClass.UNEXERCISED,
        Level.BLOCK,
        "ops never touched it",
    )


@pytest.mark.parametrize("key", ['"a]b"', '"a\\"]b"', '"["', "12"])
def test_parity_instance_keys_of_any_kind(key: str) -> None:
    assert one(change(UPDATE, f"a.b[{key}].c"), change(UPDATE, "a.b[0].c")).parity is ParityClass.PARTLY


def test_parity_move_from_the_same_place() -> None:
    planned = change(MOVE, "a.new", previous_address="a.apps")
    assert one(planned, change(MOVE, "a.new", previous_address="a.ops")).parity is ParityClass.EXERCISED


@pytest.mark.parametrize("action", [MOVE, UPDATE])
@pytest.mark.parametrize("origin", ["a.other", ""])
def test_parity_move_from_another_place(action: ChangeAction, origin: str) -> None:
    planned = change(action, "a.new", previous_address="a.old")
    line = one(planned, change(action, "a.new", previous_address=origin))
    assert (line.parity, line.why) == (ParityClass.UNEXERCISED, "ops did not move it from a.old")


def test_parity_import_where_the_environment_before_created() -> None:
    line = one(change(IMPORT), change(CREATE))
    assert (line.parity, line.why, line.level) == (
        ParityClass.UNEXERCISED,
        "ops only had: create",
        Level.WARN,
    )


def test_parity_missing_comes_last_and_once() -> None:
    found = lines([change(CREATE, "x.y")], [change(DELETE), change(DELETE), change(CREATE, "x.y")])
    assert [(line.parity, line.change.address) for line in found] == [
        (ParityClass.EXERCISED, "x.y"),
        (ParityClass.MISSING, "a.b"),
    ]
    assert found[-1].why == "ops went through it, this plan does not"


def test_parity_only_here_hides_nothing_that_is_planned_and_nothing_that_destroys() -> None:
    own, policy = "image.example.com/ImagePolicy/flux-system/web", ParityPolicy()
    lived = [change(action, f"{own}-{action}") for action in ChangeAction]
    found = lines([], [*lived, change(CREATE, "apps/Deployment/web/image.example.com/x")], policy)
    assert {line.parity for line in found} == {ParityClass.MISSING}
    told = [line.change.action for line in found[:-1] if line.level is Level.WARN]
    assert set(told) == {DELETE, REPLACE, FORGET}
    assert found[-1].level is Level.WARN, "the glob is about the whole address"
    assert found[0].why == "only ops has it (`only_here` in kubestack.yaml)"
    for action in (DELETE, REPLACE, FORGET):
        assert one(change(action, own)).level is Level.BLOCK
        assert one(change(action, own), change(UPDATE, own)).level is Level.BLOCK


def test_parity_stacks_are_apart() -> None:
    planned = {"infra": [change(DELETE)], "dns": [change(DELETE)]}
    found = parity_lines(Environment(name="apps", apply_on=TAGS), OPS, planned, {"dns": [change(DELETE)]})
    assert [(line.stack, line.parity) for line in found] == [
        ("infra", ParityClass.UNEXERCISED),
        ("dns", ParityClass.EXERCISED),
    ]


# What a policy makes of it.


def policy(**settings: object) -> ParityPolicy:
    return read_gate({"parity": settings}).parity


@pytest.mark.parametrize(
    ("settings", "parity", "action", "level"),
    [
        ({}, ParityClass.UNEXERCISED, DELETE, Level.BLOCK),
        ({}, ParityClass.UNEXERCISED, REPLACE, Level.BLOCK),
        ({}, ParityClass.UNEXERCISED, FORGET, Level.BLOCK),
        ({}, ParityClass.UNEXERCISED, CREATE, Level.WARN),
        ({}, ParityClass.PARTLY, DELETE, Level.WARN),
        ({}, ParityClass.MISSING, DELETE, Level.WARN),
        ({"delete": "warn"}, ParityClass.UNEXERCISED, DELETE, Level.WARN),
        ({"delete": "allow"}, ParityClass.UNEXERCISED, REPLACE, Level.BLOCK),
        ({"create": "block"}, ParityClass.PARTLY, CREATE, Level.WARN),
        ({"missing": "block"}, ParityClass.MISSING, UPDATE, Level.BLOCK),
        ({"missing": {"delete": "block"}}, ParityClass.MISSING, UPDATE, Level.WARN),
        ({"unexercised": "allow"}, ParityClass.UNEXERCISED, DELETE, Level.ALLOW),
        ({"unexercised": "allow", "delete": "block"}, ParityClass.UNEXERCISED, DELETE, Level.BLOCK),
        ({"unexercised": {"delete": "warn"}, "delete": "block"}, ParityClass.UNEXERCISED, DELETE, Level.WARN),
        ({"partly": {"update": "block"}}, ParityClass.PARTLY, UPDATE, Level.BLOCK),
    ],
)
def test_policy_level(
    settings: dict[str, object], parity: ParityClass, action: ChangeAction, level: Level
) -> None:
    assert policy(**settings).level(parity, action) is level


@given(policies, st.sampled_from(ChangeAction))
def test_policy_exercised_is_always_allowed(any_policy: ParityPolicy, action: ChangeAction) -> None:
    assert any_policy.level(ParityClass.EXERCISED, action) is Level.ALLOW


@given(plans, plans, policies)
def test_policy_changes_levels_and_no_class(
    planned: list[ChangeOutline], lived: list[ChangeOutline], any_policy: ParityPolicy
) -> None:
    plain, strict = lines(planned, lived), lines(planned, lived, any_policy)
    assert [(line.parity, line.why) for line in plain] == [(line.parity, line.why) for line in strict]
    assert all(line.level is any_policy.level(line.parity, line.change.action) for line in strict)

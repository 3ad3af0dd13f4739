from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

import pytest

from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.parity import Level, ParityClass, ParityPolicy, ParityRule
from kubestack_py.model.platform import (
    ApplyOn,
    Delivery,
    Environment,
    EvidenceSettings,
    Gate,
    Platform,
    RefKind,
    Signing,
    StackEntry,
    StackKind,
    ToolRequirement,
    Verification,
    VerifyCommand,
)
from kubestack_py.promotion.settings import settings_changes

if TYPE_CHECKING:
    from collections.abc import Iterator

OPS = Environment(name="ops", apply_on=ApplyOn(kind=RefKind.BRANCH, pattern="main"))
APPS = Environment(name="apps", apply_on=ApplyOn(kind=RefKind.TAG, pattern="apps-*"), names={"vpc": "a"})
INFRA = StackEntry(path="infra", kind=StackKind.TERRAFORM)
WEB = StackEntry(path="manifests/*", needs=("infra",), delivery=Delivery.RENDERED)
ACME = Platform(
    name="acme",
    environments=(OPS, APPS),
    stacks=(INFRA, WEB),
    verify=Verification(commands=(VerifyCommand(argv=("./smoke", "a b"), timeout=60),)),
    tools=(ToolRequirement(name="terraform", version=">= 1.6"),),
)


def with_apps(**changes: Any) -> Platform:
    return replace(ACME, environments=(OPS, replace(APPS, **changes)))


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        (ACME, []),
        (replace(ACME, name="other"), ["name: acme → other"]),
        (replace(ACME, default_branch="trunk"), ["default_branch: main → trunk"]),
        (with_apps(gate=Gate(soak=60)), ["environments[apps].gate.soak: 0 s → 60 s"]),
        (with_apps(gate=Gate(preview=Level.BLOCK)), ["environments[apps].gate.preview: warn → block"]),
        (with_apps(names={"vpc": "b"}), ["environments[apps].names.vpc: a → b"]),
        (with_apps(names={}), ["environments[apps].names.vpc: a → nothing"]),
        (
            with_apps(apply_on=ApplyOn(kind=RefKind.BRANCH, pattern="prod")),
            ["environments[apps].apply_on: tag apps-* → branch prod"],
        ),
        (with_apps(name="prod"), ["environments[apps] is renamed to prod"]),
        (
            replace(ACME, environments=(APPS, OPS)),
            ["promotion chain: ops, apps → apps, ops"],
        ),
        (
            replace(ACME, environments=(OPS,)),
            ["environments[apps] is removed", "promotion chain: ops, apps → ops"],
        ),
        (replace(ACME, stacks=(INFRA,)), ["stacks[manifests/*] is removed"]),
        (
            replace(ACME, stacks=(INFRA, WEB, StackEntry(path="dns", needs=("infra",)))),
            ["stacks[dns] is added: needs infra, force_conflicts false"],
        ),
        (
            replace(ACME, stacks=(INFRA, replace(WEB, needs=()))),
            ["stacks[manifests/*].needs: infra → nothing"],
        ),
        (replace(ACME, tools=()), ["tools[terraform] is removed"]),
        (
            replace(ACME, verify=Verification(converged=False, commands=ACME.verify.commands)),
            ["verify.converged: true → false"],
        ),
        (
            replace(ACME, verify=Verification()),
            ["verify.commands: `./smoke 'a b'` within 60 s → nothing"],
        ),
        (
            replace(ACME, evidence=EvidenceSettings(signing=Signing.SSH)),
            ["evidence.signing: none → ssh"],
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) and value else None,
)
def test_settings_changes_are_lines(after: Platform, lines: list[str]) -> None:
    assert list(settings_changes(ACME, after)) == lines


def test_settings_changes_of_a_new_environment_tell_all_of_it() -> None:
    stage = Environment(
        name="stage", apply_on=ApplyOn(kind=RefKind.BRANCH, pattern="stage"), gate=Gate(soak=9)
    )
    lines = settings_changes(ACME, replace(ACME, environments=(OPS, stage, APPS)))
    assert "environments[stage] is added: apply_on branch stage, gate.soak 9 s, gate.preview warn" in lines


def test_settings_changes_of_a_renamed_environment_tell_what_else_changes() -> None:
    lines = settings_changes(ACME, with_apps(name="prod", gate=Gate(soak=5)))
    assert lines == ("environments[apps] is renamed to prod", "environments[prod].gate.soak: 0 s → 5 s")


def test_settings_changes_name_the_rules_of_parity() -> None:
    rule = ParityRule(parity=ParityClass.UNEXERCISED, action=ChangeAction.DELETE, level=Level.ALLOW)
    (line,) = settings_changes(ACME, with_apps(gate=Gate(parity=ParityPolicy(rules=(rule,)))))
    assert line == "environments[apps].gate.parity.rules: nothing → unexercised delete allow"


def variants(value: object) -> Iterator[object]:
    """The value with one field changed, for every field there is, however deep."""
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            for other in variants(getattr(value, field.name)):
                yield replace(value, **{field.name: other})
    elif isinstance(value, tuple):
        yield value[1:]
        for index, item in enumerate(value):
            yield from ((*value[:index], other, *value[index + 1 :]) for other in variants(item))
    elif value is not None:
        yield other_than(value)


def other_than(value: object) -> object:
    """Another value of the same kind; the same one where there is no other."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case Enum():
            return next((item for item in type(value) if item is not value), value)
        case str():
            return f"{value}-other"
        case dict():
            return {**value, "another": "x"}
    raise AssertionError(value)


@pytest.mark.parametrize("after", [item for item in variants(ACME) if item != ACME], ids=str)
def test_no_setting_is_changed_unseen(after: Platform) -> None:
    assert settings_changes(ACME, after)
    assert settings_changes(after, ACME)

"""What differs between two settings of a platform, in lines for people. Pure.

It goes through every field of the model, so that no setting can be changed unseen, also none that is
added to the model later.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING

from kubestack_py.model.parity import ParityRule
from kubestack_py.model.platform import ApplyOn, VerifyCommand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubestack_py.model.platform import Environment, Platform

Facts = dict[str, str]
_NOTHING = "nothing"
_NAMES = ("name", "path")


def settings_changes(before: Platform, after: Platform) -> tuple[str, ...]:
    """Every difference, a line each; none for settings that mean the same."""
    renamed = _renamed(before, after)
    was, now = _members(replace(before, environments=tuple(_called(renamed, before)))), _members(after)
    lines = [f"environments[{old}] is renamed to {new}" for old, new in renamed.items()]
    lines += [f"{member} is removed" for member in was if member not in now]
    for member, facts in now.items():
        if member in was:
            lines += _changed(member, was[member], facts)
        else:
            lines.append(f"{member} is added: {', '.join(f'{key} {text}' for key, text in facts.items())}")
    return tuple(lines)


def _renamed(before: Platform, after: Platform) -> dict[str, str]:
    """Environments that apply on the same refs under another name."""
    new = {item.apply_on: item.name for item in after.environments if before.find(item.name) is None}
    gone = (item for item in before.environments if after.find(item.name) is None)
    return {item.name: new[item.apply_on] for item in gone if item.apply_on in new}


def _called(renamed: Mapping[str, str], before: Platform) -> Iterator[Environment]:
    for item in before.environments:
        yield replace(item, name=renamed.get(item.name, item.name))


def _members(platform: Platform) -> dict[str, Facts]:
    """What the settings say, by the thing that they say it of: `environments[ops]`, `stacks[infra]`.

    What belongs to the platform as a whole is under the empty name.
    """
    whole = {"promotion chain": ", ".join(item.name for item in platform.environments)}
    members = {"": whole}
    for field in fields(platform):
        value = getattr(platform, field.name)
        if isinstance(value, tuple):
            members |= {f"{field.name}[{_name(item)}]": dict(_facts(item, "")) for item in value}
        else:
            whole.update(_facts(value, field.name))
    return members


def _changed(member: str, was: Facts, now: Facts) -> Iterator[str]:
    for key in dict.fromkeys([*was, *now]):
        if was.get(key) != now.get(key):
            name = f"{member}.{key}" if member else key
            yield f"{name}: {was.get(key, _NOTHING)} → {now.get(key, _NOTHING)}"


def _facts(value: object, key: str) -> Iterator[tuple[str, str]]:
    """The settings inside a value, each by its path; what is None or empty says nothing."""
    if isinstance(value, ApplyOn) or not (is_dataclass(value) or isinstance(value, Mapping | tuple)):
        if value is not None:
            yield key, _text(value, key)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _facts(item, f"{key}.{name}")
    elif isinstance(value, tuple):
        if value:
            yield key, ", ".join(_text(item, key) for item in value)
    else:
        for field in fields(value):
            if field.name not in _NAMES or key:
                yield from _facts(getattr(value, field.name), f"{key}.{field.name}".lstrip("."))


def _text(value: object, key: str) -> str:
    match value:
        case VerifyCommand():
            return f"`{shlex.join(value.argv)}` within {value.timeout} s"
        case ParityRule():
            return " ".join(filter(None, (value.parity, value.action, value.level)))
        case bool():
            return "true" if value else "false"
        case int() if key.endswith("soak"):
            return f"{value} s"
        case _:
            return str(value)


def _name(item: object) -> str:
    return next(str(getattr(item, name)) for name in _NAMES if hasattr(item, name))

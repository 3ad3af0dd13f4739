"""From parsed YAML to a `Platform`, fast and strict.

The JSON Schema says what a settings file may hold, and explains what is wrong with one; this reader
accepts exactly the same (tests/unit/test_config_agreement.py) without the cost of a validator, and
raises `MalformedError` without an explanation for everything else.
"""

from __future__ import annotations

import re
from typing import Any

from kubestack_py.model.platform import (
    ApplyOn,
    Delivery,
    Environment,
    Platform,
    RefKind,
    StackEntry,
    StackKind,
    ToolRequirement,
    Verification,
    VerifyCommand,
)

_PLATFORM_NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
_ENVIRONMENT_NAME = re.compile(r"(?!default$)[a-z]([a-z0-9-]{0,30}[a-z0-9])?")
_BRANCH = re.compile(
    r"(?!HEAD$|env(/|$)|refs/|.*\.lock(/|$))[A-Za-z0-9_][A-Za-z0-9_-]*([./][A-Za-z0-9_][A-Za-z0-9_-]*)*"
)
_PATTERN = re.compile(r"(?!refs/)[A-Za-z0-9_*?][A-Za-z0-9._/*?+-]*")
_PATH = re.compile(r"(?!.*\*\*)[A-Za-z0-9_*][A-Za-z0-9._*-]*(/[A-Za-z0-9_*][A-Za-z0-9._*-]*)*")
_NOTES_REF = re.compile(r"refs/notes/(?!.*\.lock$)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_COMPARISON = r" *(~>|[<>=!]=|[<>]) *[0-9]+(\.[0-9]+)* *"
_REQUIREMENT = re.compile(f"{_COMPARISON}(,{_COMPARISON})*")
_ARGUMENT = re.compile(r"[^\0]+")


class MalformedError(Exception):
    """The value is not what the schema allows; `config.schema` says why."""


def read_platform(value: object) -> Platform:
    """The settings with defaults filled in. Raises `MalformedError`."""
    known = {"version", "name", "default_branch", "environments", "stacks", "verify", "tools", "evidence"}
    settings = _mapping(value, known, required={"version", "name", "environments", "stacks"})
    if _number(settings["version"], 1, 1) != 1:
        raise MalformedError
    return Platform(
        name=_text(settings["name"], _PLATFORM_NAME),
        default_branch=_text(settings.get("default_branch", "main"), _BRANCH),
        environments=tuple(map(_environment, _list(settings["environments"], at_least=1))),
        stacks=tuple(map(_stack, _list(settings["stacks"], at_least=1))),
        verify=_verification(settings.get("verify", {})),
        tools=_tools(settings.get("tools", {})),
        evidence_ref=_text(
            _mapping(settings.get("evidence", {}), {"ref"}).get("ref", "refs/notes/kubestack"), _NOTES_REF
        ),
    )


def _environment(value: object) -> Environment:
    settings = _mapping(value, {"name", "apply_on"}, required={"name", "apply_on"})
    rule = _mapping(settings["apply_on"], {kind.value for kind in RefKind})
    if len(rule) != 1:
        raise MalformedError
    kind, pattern = next(iter(rule.items()))
    return Environment(
        name=_text(settings["name"], _ENVIRONMENT_NAME),
        apply_on=ApplyOn(kind=RefKind(kind), pattern=_text(pattern, _PATTERN)),
    )


def _stack(value: object) -> StackEntry:
    settings = _mapping(value, {"path", "kind", "needs", "delivery"}, required={"path"})
    needs = tuple(_text(item, _PATH) for item in _list(settings.get("needs", [])))
    if len(set(needs)) != len(needs):
        raise MalformedError
    return StackEntry(
        path=_text(settings["path"], _PATH),
        kind=StackKind(_choice(settings["kind"], StackKind)) if "kind" in settings else None,
        needs=needs,
        delivery=Delivery(_choice(settings["delivery"], Delivery)) if "delivery" in settings else None,
    )


def _verification(value: object) -> Verification:
    settings = _mapping(value, {"converged", "checks", "commands"})
    return Verification(
        converged=_boolean(settings.get("converged", True)),
        checks=_boolean(settings.get("checks", True)),
        commands=tuple(map(_verify_command, _list(settings.get("commands", [])))),
    )


def _verify_command(value: object) -> VerifyCommand:
    settings = _mapping(value, {"run", "timeout"}, required={"run"})
    return VerifyCommand(
        argv=tuple(_text(item, _ARGUMENT) for item in _list(settings["run"], at_least=1)),
        timeout=_number(settings.get("timeout", 60), 1, 3600),
    )


def _tools(value: object) -> tuple[ToolRequirement, ...]:
    settings = _mapping(value, {"terraform", "tofu", "kubectl", "kustomize"})
    return tuple(
        ToolRequirement(name=name, version=_text(version, _REQUIREMENT)) for name, version in settings.items()
    )


def _mapping(value: object, known: set[str], required: set[str] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict) or not set(value) <= known or not (required or set()) <= set(value):
        raise MalformedError
    return value


def _list(value: object, at_least: int = 0) -> list[object]:
    if not isinstance(value, list) or len(value) < at_least:
        raise MalformedError
    return value


def _text(value: object, allowed: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not allowed.fullmatch(value):
        raise MalformedError
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise MalformedError
    return value


def _number(value: object, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise MalformedError
    if value != int(value):
        raise MalformedError
    return int(value)


def _choice(value: object, choices: type[StackKind | Delivery]) -> str:
    if not isinstance(value, str) or value not in [choice.value for choice in choices]:
        raise MalformedError
    return value

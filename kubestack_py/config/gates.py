"""Read what an environment asks of a promotion: `gate` and `names`."""

from __future__ import annotations

import re

from kubestack_py.config.values import MalformedError, choice, mapping, text
from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.parity import Level, ParityClass, ParityPolicy, ParityRule
from kubestack_py.model.platform import Gate

_DURATION = re.compile(r"[0-9]{1,6}[smhd]")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_PLACEHOLDER = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")
_DERIVED_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._/:@-]{0,251}[A-Za-z0-9])?")
_ACTIONS = {action.value for action in ChangeAction}
_CLASSES = (ParityClass.PARTLY, ParityClass.UNEXERCISED, ParityClass.MISSING)


def read_gate(value: object) -> Gate:
    """The gate of an environment with defaults filled in. Raises `MalformedError`."""
    settings = mapping(value, {"soak", "preview", "parity"})
    return Gate(
        soak=_seconds(settings.get("soak", "0m")),
        preview=choice(settings.get("preview", Level.WARN.value), Level),
        parity=_parity(settings.get("parity", {})),
    )


def read_names(value: object) -> dict[str, str]:
    """What is called otherwise in every environment: placeholder and name. Raises `MalformedError`."""
    if not isinstance(value, dict):
        raise MalformedError
    return {text(key, _PLACEHOLDER): text(name, _DERIVED_NAME) for key, name in value.items()}


def _seconds(value: object) -> int:
    duration = text(value, _DURATION)
    return int(duration[:-1]) * _SECONDS[duration[-1]]


def _parity(value: object) -> ParityPolicy:
    """Rules by class; an action at the top is a rule for unexercised changes."""
    settings = mapping(value, {*_ACTIONS, *(item.value for item in _CLASSES)})
    rules = [
        rule for parity in _CLASSES if parity in settings for rule in _rules(parity, settings[parity.value])
    ]
    shorthand = {key: level for key, level in settings.items() if key in _ACTIONS}
    return ParityPolicy(rules=(*rules, *_rules(ParityClass.UNEXERCISED, shorthand)))


def _rules(parity: ParityClass, value: object) -> list[ParityRule]:
    if isinstance(value, str):
        return [ParityRule(parity=parity, action=None, level=choice(value, Level))]
    return [
        ParityRule(parity=parity, action=ChangeAction(action), level=choice(level, Level))
        for action, level in mapping(value, _ACTIONS).items()
    ]

"""Read what the platform does not want to see: `policies`."""

from __future__ import annotations

import re

from kubestack_py.config.values import (
    ENVIRONMENT,
    FILE,
    GLOB,
    IDENTIFIER,
    REASON,
    MalformedError,
    choice,
    entries,
    globs,
    mapping,
    text,
)
from kubestack_py.model.policy import PolicyEngine, PolicyMode, PolicySettings, Waiver

_DAY = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_KEYS = {"mode", "environments", "rules", "protected", "labels", "registries", "sizes", "own"}


def read_policies(value: object) -> PolicySettings:
    """The policies with defaults filled in. Raises `MalformedError`."""
    settings = mapping(value, {*_KEYS, "engine", "waivers"})
    engine = mapping(settings.get("engine", {"name": None}), {"name", "policies"}, required={"name"})
    return PolicySettings(
        mode=_mode(settings["mode"]) if "mode" in settings else None,
        environments=_modes(settings.get("environments", {}), ENVIRONMENT),
        rules=_modes(settings.get("rules", {}), IDENTIFIER),
        protected=globs(settings.get("protected", [])),
        labels=globs(settings.get("labels", [])),
        registries=globs(settings.get("registries", [])),
        sizes=globs(settings.get("sizes", [])),
        own=tuple(text(item, FILE) for item in entries(settings.get("own", []))),
        engine=choice(engine["name"], PolicyEngine) if "engine" in settings else None,
        engine_policies=text(engine.get("policies", "policies"), FILE),
        waivers=tuple(map(_waiver, entries(settings.get("waivers", [])))),
    )


def _modes(value: object, name: re.Pattern[str]) -> dict[str, PolicyMode]:
    if not isinstance(value, dict):
        raise MalformedError
    return {text(key, name): _mode(mode) for key, mode in value.items()}


def _mode(value: object) -> PolicyMode:
    """YAML 1.1 reads a plain `off` as false."""
    return PolicyMode.OFF if value is False else choice(value, PolicyMode)


def _waiver(value: object) -> Waiver:
    settings = mapping(value, {"rule", "address", "reason", "until"}, required={"rule", "reason", "until"})
    return Waiver(
        rule=text(settings["rule"], IDENTIFIER),
        address=text(settings.get("address", "*"), GLOB),
        reason=text(settings["reason"], REASON),
        until=text(settings["until"], _DAY),
    )

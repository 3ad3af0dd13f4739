"""Read what `kubestack drift` passes over: `drift`."""

from __future__ import annotations

import re

from kubestack_py.config.values import MalformedError, entries, mapping, text
from kubestack_py.model.platform import DriftIgnore, DriftSettings

_GLOB = re.compile(r"[^\s\0]+")
_REASON = re.compile(r"[^\n\0]*[^\s\0][^\n\0]*")


def read_drift(value: object) -> DriftSettings:
    """What is expected to change without a commit. Raises `MalformedError`."""
    settings = mapping(value, {"ignore"})
    return DriftSettings(ignore=tuple(map(_ignore, entries(settings.get("ignore", [])))))


def _ignore(value: object) -> DriftIgnore:
    settings = mapping(value, {"address", "attributes", "reason"}, required={"address", "reason"})
    if not isinstance(settings["reason"], str):
        raise MalformedError
    return DriftIgnore(
        address=text(settings["address"], _GLOB),
        attributes=tuple(text(item, _GLOB) for item in entries(settings.get("attributes", []))),
        reason=text(settings["reason"], _REASON),
    )

"""Read what `kubestack drift` passes over: `drift`."""

from __future__ import annotations

from kubestack_py.config.values import GLOB, REASON, entries, globs, mapping, text
from kubestack_py.model.platform import DriftIgnore, DriftSettings


def read_drift(value: object) -> DriftSettings:
    """What is expected to change without a commit. Raises `MalformedError`."""
    settings = mapping(value, {"ignore"})
    return DriftSettings(ignore=tuple(map(_ignore, entries(settings.get("ignore", [])))))


def _ignore(value: object) -> DriftIgnore:
    settings = mapping(value, {"address", "attributes", "reason"}, required={"address", "reason"})
    return DriftIgnore(
        address=text(settings["address"], GLOB),
        attributes=globs(settings.get("attributes", [])),
        reason=text(settings["reason"], REASON),
    )

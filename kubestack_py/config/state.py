"""Read where an HTTP server keeps the states: `state`."""

from __future__ import annotations

import re

from kubestack_py.config.values import mapping, text
from kubestack_py.model.state import StateSettings

_PART = r"(?:[A-Za-z0-9._~%-]|\{stack\}|\{environment\})+"
_ADDRESS = re.compile(
    r"(?=.*\{stack\})(?=.*\{environment\})https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/" + _PART + r")+"
)
_SUFFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_METHOD = re.compile(r"[A-Z]{3,10}")


def read_state(value: object) -> StateSettings:
    """The addresses of the states, and how they are locked. Raises `MalformedError`."""
    settings = mapping(
        value, {"address", "lock_suffix", "lock_method", "unlock_method"}, required={"address"}
    )
    default = StateSettings(address="")
    return StateSettings(
        address=text(settings["address"], _ADDRESS),
        lock_suffix=text(settings.get("lock_suffix", default.lock_suffix), _SUFFIX),
        lock_method=text(settings.get("lock_method", default.lock_method), _METHOD),
        unlock_method=text(settings.get("unlock_method", default.unlock_method), _METHOD),
    )

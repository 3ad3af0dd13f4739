"""One thing that `kubestack doctor` looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What was looked at, what was found, and what to do where it is not in order.

    `needed` is False for what is only good to have.
    """

    name: str
    ok: bool
    found: str
    hint: str = ""
    needed: bool = True

"""Paths into documents and resources, as messages and change sets write them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def dotted(path: Sequence[str | int]) -> str:
    """A path for messages, its keys as they are: `stacks[0].needs[1]`."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(parts).removeprefix(".")


def attribute_step(step: str | int) -> str:
    """One step of `AttributeChange.path`: `.port`, `[0]`, and `["a.b"]` for a key that would be ambiguous."""
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _PLAIN_KEY.fullmatch(step) else f"[{json.dumps(step, ensure_ascii=False)}]"

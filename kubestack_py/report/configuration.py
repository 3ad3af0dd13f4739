"""Effective configurations as text: a line for each value, with the place it comes from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from kubestack_py.report.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kubestack_py.model.configuration import EffectiveConfiguration, EffectiveValue
    from kubestack_py.report.text import Paint

WIDEST_NAME = 44
LONGEST_VALUE = 72


def configurations_text(found: Sequence[EffectiveConfiguration], paint: Paint = plain) -> str:
    """Every configuration under its address, values in the order of the base."""
    return "\n".join(line for item in found for line in _configuration(item, paint))


def _configuration(item: EffectiveConfiguration, paint: Paint) -> Iterator[str]:
    yield f"{paint(item.where, 'bold')} in {item.stack}: {' ← '.join(item.line)}"
    names = [value.name for value in item.values]
    width = min(WIDEST_NAME, max(map(len, names), default=0))
    texts = [_value(value) for value in item.values]
    value_width = min(LONGEST_VALUE // 2, max(map(len, texts), default=0))
    for value, text in zip(item.values, texts, strict=True):
        own = value.origins[0].environment == item.line[0]
        origins = ", ".join(f"{origin.environment} {origin.where}" for origin in value.origins)
        shown = paint(f"{text:<{value_width}}", "green") if own else f"{text:<{value_width}}"
        yield f"  {value.name:<{width}} = {shown}  {paint(origins, 'dim')}"


def _value(value: EffectiveValue) -> str:
    if value.computed and isinstance(value.value, str):
        text = f"{' '.join(value.value.split())} (computed)"
    elif value.computed:
        text = f"{json.dumps(value.value, ensure_ascii=False)} (computed in part)"
    else:
        text = json.dumps(value.value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"

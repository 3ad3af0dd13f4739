"""Secrets of a plan: what a mask covers, hidden wherever it occurs in what is shown.

Terraform's masks do not follow copies: the `output` of a `terraform_data` whose input is sensitive
is in the clear, also in Terraform's own text. So every masked value is collected first.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from kubestack_py.model.changes import SENSITIVE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SHORTEST = 6


def leaves(value: object, mask: object) -> Iterator[str]:
    """The text of every scalar that the mask covers; booleans, null and empty text are no secrets."""
    if mask is True:
        yield from _scalars(value)
    elif isinstance(mask, dict) and isinstance(value, dict):
        for key, covered in mask.items():
            yield from leaves(value.get(key), covered)
    elif isinstance(mask, list) and isinstance(value, list):
        for item, covered in zip(value, mask, strict=False):
            yield from leaves(item, covered)


def covers(mask: object) -> bool:
    """Whether a mask covers anything at all."""
    if isinstance(mask, dict | list):
        return any(map(covers, mask.values() if isinstance(mask, dict) else mask))
    return mask is True


def cover(value: object, mask: object) -> object:
    """A JSON value with `(sensitive)` in the places that the mask covers."""
    if mask is True and value is not None:
        return SENSITIVE
    if isinstance(mask, dict) and isinstance(value, dict):
        return {key: cover(item, mask.get(key)) for key, item in value.items()}
    if isinstance(mask, list) and isinstance(value, list):
        return [cover(item, mask[at] if at < len(mask) else None) for at, item in enumerate(value)]
    return value


def _scalars(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _scalars(item)
    elif isinstance(value, str):
        yield from [value] if value else []
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from [text] if len(text := json.dumps(value)) >= SHORTEST else []


@dataclass(frozen=True)
class Secrets:
    """Masked strings of one plan.

    Those of six characters and more are hidden inside other text too, also in their JSON and
    base64 forms; shorter ones only where they are a whole value, since they would match anything.
    """

    values: frozenset[str] = frozenset()

    @classmethod
    def of(cls, values: Iterable[str]) -> Secrets:
        """Secrets from the strings that `leaves` found."""
        return cls(frozenset(values))

    @property
    def long(self) -> tuple[str, ...]:
        """The strings that the rest of the program should hide too, sorted."""
        return tuple(sorted(value for value in self.values if len(value) >= SHORTEST))

    def masked(self, text: str) -> str:
        """The text with every long secret replaced."""
        return self._pattern.sub(SENSITIVE, text) if self._pattern else text

    def hidden(self, value: object) -> object:
        """A JSON value with every secret replaced, also in keys."""
        if isinstance(value, dict):
            return {self.masked(key): self.hidden(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.hidden(item) for item in value]
        if isinstance(value, str):
            return SENSITIVE if value in self.values else self.masked(value)
        if isinstance(value, int | float) and json.dumps(value) in self.values:
            return SENSITIVE
        return value

    def shown(self, value: object) -> str | None:
        """A JSON value as compact JSON with every secret hidden; None for null."""
        if value is None:
            return None
        hidden = self.hidden(value) if self.values else value
        if hidden == SENSITIVE:
            return SENSITIVE
        text = json.dumps(hidden, separators=(",", ":"), ensure_ascii=False)
        return text if text.isprintable() else json.dumps(hidden, separators=(",", ":"))

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        forms = sorted({form for value in self.long for form in _forms(value)}, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, forms))) if forms else None


def _forms(value: str) -> set[str]:
    """How a secret looks in plain text, in `jsonencode` (Go escapes <, > and &) and in base64."""
    escaped = json.dumps(value, ensure_ascii=False)[1:-1]
    as_go = escaped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return {value, escaped, as_go, base64.b64encode(value.encode(errors="surrogatepass")).decode()}

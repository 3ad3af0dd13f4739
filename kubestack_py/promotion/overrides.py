"""Overrides in the annotation of a tag, as trailers: `Kubestack-Override: parity: the reason`.

Only the last paragraph is read, and only lines that begin with the key: the commits that an
annotation lists are text of their authors, and stand behind a dash.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kubestack_py.promotion.gate import CHECKS

if TYPE_CHECKING:
    from collections.abc import Mapping

TRAILER = "Kubestack-Override"
# What was never merged was never reviewed: no reason makes up for that.
OVERRIDABLE = tuple(check for check in CHECKS if check != "ancestry")
_LINE = re.compile(rf"{TRAILER}: (?P<check>[a-z-]+): (?P<reason>\S.*)")


def to_trailers(overrides: Mapping[str, str]) -> str:
    """A line for each override; the mapping holds the reason by the name of the check."""
    return "\n".join(f"{TRAILER}: {check}: {reason}" for check, reason in overrides.items())


def from_annotation(text: str) -> dict[str, str]:
    """The reason by the name of the check, as the last paragraph of an annotation asks for it.

    The names are what somebody wrote: ask `OVERRIDABLE` which of them count.
    """
    last = text.strip().rpartition("\n\n")[2]
    found = (_LINE.fullmatch(line) for line in last.split("\n"))
    return {match["check"]: _printable(match["reason"]) for match in found if match}


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable()).strip()

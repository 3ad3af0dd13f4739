"""A check of `kubestack validate`: its stable name, and what to tell about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What a check finds and how that is mended; each a sentence or two. `id` is also its anchor in
    docs/validation.md.
    """

    id: str
    title: str
    finds: str
    fix: str

"""Waiting after a lost race: longer each time, and never as long as those who wait as well."""

from __future__ import annotations

import random
import time

FIRST_PAUSE = 0.05


def pause(attempt: int, *, longest: float) -> None:
    """Wait after the attempt of that number, which counts from 0; `longest` is in seconds."""
    limit = min(longest, FIRST_PAUSE * 2**attempt)
    time.sleep(limit * random.uniform(0.2, 1.0))  # noqa: S311 - jitter, not a secret

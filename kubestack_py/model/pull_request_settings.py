"""What a pull request may bring: the settings `pull_requests`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class External(StrEnum):
    """What becomes of data sources that run programs or fetch from the network, in a pull request."""

    REFUSE = "refuse"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestSettings:
    """What a pull request may bring that its target has not, and be planned all the same.

    `providers` are globs of `namespace/type`, `modules` of the sources of modules,
    bases and charts that are not in this repository.
    """

    providers: tuple[str, ...] = ("hashicorp/*",)
    modules: tuple[str, ...] = ()
    external: External = External.REFUSE

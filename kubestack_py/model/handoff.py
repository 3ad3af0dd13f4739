"""What an infrastructure repository hands over to its deploy repository."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.model.pull_request import KeptRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """The variables of one environment, and the commit that it was verified at.

    `sensitive` are outputs that are kept back; `reason` says why the whole environment is.
    """

    environment: str
    commit: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    sensitive: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """What a handoff did, or would do: `commit` of `branch` proposes `files`, and `diff` is what is in it.

    Both are empty where the deploy repository has it all; `commit` is too where nothing was written.
    """

    repository: str
    branch: str
    environments: tuple[Handed, ...]
    files: tuple[str, ...] = ()
    diff: str = ""
    commit: str = ""
    pushed: bool = False
    request: KeptRequest | None = None

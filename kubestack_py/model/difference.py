"""How two environments differ, as far as Git knows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kubestack_py.model.changes import Change
from kubestack_py.model.commit import CommitLine


class Content(StrEnum):
    """How the part of a stack that all environments share compares, as it was last delivered."""

    SAME = "same"
    DIFFERENT = "different"
    ONE_SIDED = "one_sided"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two: the commit it runs, empty for none, and the commits that only it has, newest first."""

    environment: str
    commit: str
    subject: str
    ahead: tuple[CommitLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDifference:
    """A unified diff between texts that belong to one environment each; `lines` have no line ends."""

    one: str
    other: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackDifference:
    """One stack in both environments.

    `one` and `other` are the commits that it was last delivered from, empty for never. `manifests`
    are what would have to change in the first for it to be the second, from what was rendered and
    delivered; values of Secrets are masked. `texts` are Terraform's own files of each environment.
    """

    stack: str
    content: Content
    one: str
    other: str
    manifests: tuple[Change, ...] = ()
    texts: tuple[TextDifference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentDifference:
    """Two environments side by side."""

    one: Side
    other: Side
    stacks: tuple[StackDifference, ...]

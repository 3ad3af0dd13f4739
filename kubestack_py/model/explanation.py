"""The story of a ref: what it means, what the gate says, what that rests on, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass

from kubestack_py.model.decision import Resolution
from kubestack_py.model.evidence import Override, RecordStatus
from kubestack_py.model.promotion import Assessment


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What one record of evidence says, and who wrote it; `at` is UTC, `url` leads to the run."""

    environment: str
    stack: str
    status: RecordStatus
    at: str
    commit: str
    actor: str = ""
    url: str = ""
    message: str = ""
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentStory:
    """What stands between a commit and one environment.

    `evidence` are the records of the environment before that prove the content, `past` what happened
    in this environment with this very commit, `missing` the stacks without a proof. `next_step` says
    what to do now.
    """

    environment: str
    assessment: Assessment
    evidence: tuple[Witness, ...]
    missing: tuple[str, ...]
    past: tuple[Witness, ...]
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The whole story. `kind` is `tag`, `branch` or `commit`; `overrides` come from the tag's annotation."""

    ref: str
    kind: str
    commit: str
    date: str
    author: str
    subject: str
    resolution: Resolution
    overrides: tuple[Override, ...]
    environments: tuple[EnvironmentStory, ...]

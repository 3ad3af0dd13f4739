"""A pipeline without a host: which jobs there are, when they run, as whom, and what they may write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from kubestack_py.model.ci import CiHost, CiSettings

_WILDCARD = re.compile(r"\*\*|\*|\?")
_AS_REGULAR_EXPRESSION = {"**": ".*", "*": "[^/]*", "?": "[^/]"}


class On(StrEnum):
    """What starts a job."""

    ANY_CHANGE = "any change"  # a pull request, also from a fork, or a branch that nothing applies on
    PULL_REQUEST = "pull request"  # from a branch of the repository itself
    FORK = "fork"  # a pull request from somewhere else
    BRANCH = "branch"  # a push to a branch that nothing applies on
    APPLY = "apply"  # a push of what an environment applies on
    SCHEDULE = "schedule"


class Identity(StrEnum):
    """As whom a job meets the clouds."""

    NOBODY = "nobody"
    PLAN = "plan"
    APPLY = "apply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refs:
    """The refs that an environment applies on, as in kubestack.yaml: `kind` is `branch` or `tag`."""

    kind: str
    pattern: str

    @property
    def prefix(self) -> str:
        """What every matching name begins with."""
        return _WILDCARD.split(self.pattern, maxsplit=1)[0]

    @property
    def suffix(self) -> str:
        """What every matching name ends with."""
        return _WILDCARD.split(self.pattern)[-1]

    @property
    def exact(self) -> bool:
        """Whether there is only one such name."""
        return self.prefix == self.pattern

    @property
    def full_prefix(self) -> str:
        """The beginning of the full name of the ref."""
        return f"refs/{'heads' if self.kind == 'branch' else 'tags'}/{self.prefix}"

    @property
    def expression(self) -> str:
        """The pattern as a regular expression for whole names, with slashes escaped."""
        parts = re.split(f"({_WILDCARD.pattern})", self.pattern)
        translated = (_AS_REGULAR_EXPRESSION.get(part) or re.escape(part) for part in parts)
        return "".join(translated).replace("/", "\\/").replace("\\-", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job.

    `argv` is what it runs, `environment` what the host protects it by and grants it the secrets of,
    `lock` what at most one run may hold, `after` the job that has to succeed before. `pushes` says
    that it writes evidence and rendered branches, `comments`, `statuses` and `issues` that it may write
    those on the host of the repository.
    """

    name: str
    title: str
    on: On
    argv: tuple[str, ...]
    identity: Identity = Identity.NOBODY
    refs: Refs | None = None
    environment: str = ""
    lock: str = ""
    after: str = ""
    pushes: bool = False
    comments: bool = False
    statuses: bool = False
    issues: bool = False

    @property
    def command(self) -> str:
        """The command line; every word of it comes from names that need no quoting."""
        return " ".join(self.argv)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """The whole: its jobs, the refs that environments apply on, and the settings of the CI system.

    `repository` is the host whose API comments go to; None where nobody says which that is.
    """

    name: str
    default_branch: str
    applied: tuple[Refs, ...]
    jobs: tuple[Job, ...]
    settings: CiSettings
    repository: CiHost | None
    signed: bool = False

    @property
    def branches(self) -> tuple[Refs, ...]:
        """The branches that environments apply on."""
        return tuple(refs for refs in self.applied if refs.kind == "branch")

    @property
    def tags(self) -> tuple[Refs, ...]:
        """The tags that environments apply on."""
        return tuple(refs for refs in self.applied if refs.kind == "tag")

    @property
    def clouds(self) -> tuple[str, ...]:
        """The clouds that jobs sign in to."""
        return tuple(name for name in ("aws", "google", "azure") if getattr(self.settings, name))

    def identity(self, job: Job, cloud: str) -> str:
        """The role, account or client that a job has in a cloud; empty for nobody."""
        access = getattr(self.settings, cloud)
        if access is None or job.identity is Identity.NOBODY:
            return ""
        name: str = access.plan if job.identity is Identity.PLAN else access.apply[job.environment]
        return name

"""Where and as whom a platform's pipelines run: the `ci` section of `kubestack.yaml`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# What stands in pipelines for an image that nobody has named yet; `.invalid` is no domain (RFC 2606).
NO_IMAGE = "registry.invalid/kubestack-ci:0"

# What hosts themselves give to jobs that ask; no store has a secret of that name.
HOST_TOKENS = ("CI_JOB_TOKEN", "GITHUB_TOKEN", "GIT_PASSWORD", "SYSTEM_ACCESSTOKEN")


class CiHost(StrEnum):
    """The CI systems that pipelines are rendered for."""

    GITHUB = "github"
    GITLAB = "gitlab"
    JENKINS = "jenkins"
    AZURE = "azure"
    BITBUCKET = "bitbucket"
    LIGHTHOUSE = "lighthouse"


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsAccess:
    """IAM roles that jobs take on with their OIDC token: one that only reads, and one for each apply."""

    region: str
    plan: str
    apply: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleAccess:
    """Service accounts that jobs act as; `provider` is the full name of the workload identity provider."""

    provider: str
    plan: str
    apply: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureAccess:
    """Client ids of the applications or managed identities with a federated credential for the jobs."""

    tenant: str
    plan: str
    apply: Mapping[str, str]
    subscription: str = ""


REPOSITORY_HOSTS = (CiHost.GITHUB, CiHost.GITLAB, CiHost.BITBUCKET)
WITHOUT_REPOSITORIES = (CiHost.JENKINS, CiHost.LIGHTHOUSE)  # CI systems that watch those of others


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentSettings:
    """What goes with the comment on a pull request.

    `labels` and `statuses` are set beside it. `host` is one of `REPOSITORY_HOSTS`: where the repository
    is, for a CI system that keeps none.
    """

    labels: bool = False
    statuses: bool = True
    host: CiHost | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CiSettings:
    """How pipelines are rendered.

    Without an `image` the tools are those of the runner. `runner` holds the labels that choose one,
    none for the host's usual. `drift` is a cron line in UTC, and `drift_issue` says whether an issue is
    kept about what was found, on hosts that have issues. `timeout` is in minutes. `secrets` are names
    of variables that plans and applies get from the host's store; one of `HOST_TOKENS` among them is
    handed on to Terraform. `approvers` say by environment who may let an apply go on, on hosts that read
    it from the pipeline (Jenkins).
    """

    host: CiHost
    image: str = ""
    runner: tuple[str, ...] = ()
    drift: str = "17 3 * * *"
    drift_issue: bool = True
    comment: CommentSettings = field(default_factory=CommentSettings)
    timeout: int = 60
    secrets: tuple[str, ...] = ()
    approvers: Mapping[str, str] = field(default_factory=dict)
    aws: AwsAccess | None = None
    google: GoogleAccess | None = None
    azure: AzureAccess | None = None

    @property
    def stored_secrets(self) -> tuple[str, ...]:
        """Those of `secrets` that a pipeline has to take from the host's store."""
        return tuple(name for name in self.secrets if name not in HOST_TOKENS)

    @property
    def repository_host(self) -> CiHost | None:
        """What hosts the repository; None where a CI system keeps none and the settings do not tell."""
        return self.comment.host if self.host in WITHOUT_REPOSITORIES else self.host

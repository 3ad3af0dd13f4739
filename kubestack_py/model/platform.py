"""The platform as its settings describe it: environments in order, stacks, how they are verified."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from kubestack_py.model.parity import Level, ParityPolicy
from kubestack_py.model.policy import PolicySettings
from kubestack_py.model.pull_request_settings import PullRequestSettings
from kubestack_py.model.service import ServiceDelivery

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.model.ci import CiSettings
    from kubestack_py.model.state import StateSettings

SETTINGS_FILE = "kubestack.yaml"
OVERLAYS, ITSELF = "overlays", "."
RENDERED_BRANCH_PREFIX = "env/"


class RefKind(StrEnum):
    """The two kinds of refs that an environment can apply on."""

    BRANCH = "branch"
    TAG = "tag"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOn:
    """The refs whose push applies an environment: a kind and a glob (`main`, `apps-deploy-*`)."""

    kind: RefKind
    pattern: str

    def __str__(self) -> str:
        return f"{self.kind} {self.pattern}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What an environment asks of a promotion, beside the proof of its content.

    `soak` is how many seconds the environment before must have been verified. `preview` says what
    becomes of a plan that differs from the one recorded after the environment before was applied.
    """

    soak: int = 0
    preview: Level = Level.WARN
    parity: ParityPolicy = field(default_factory=ParityPolicy)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSettings:
    """The cluster of an environment, as the user's own kubeconfig calls it.

    `kubeconfig` is `/…` or `~/…`, empty for kubectl's own; `namespace` is for objects that name none.
    """

    context: str
    kubeconfig: str = ""
    namespace: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A full replica of the platform: one Terraform state per stack, one overlay per application.

    `names` are texts that stand for the same thing under another name in every environment
    (`{cluster: acme-ops-eu}`), for parity. `only_here` are globs of addresses that later ones lack by design.
    """

    name: str
    apply_on: ApplyOn
    gate: Gate = field(default_factory=Gate)
    names: Mapping[str, str] = field(default_factory=dict)
    only_here: tuple[str, ...] = ()
    cluster: ClusterSettings | None = None

    @property
    def rendered_branch(self) -> str:
        """The branch that carries the rendered manifests of this environment."""
        return RENDERED_BRANCH_PREFIX + self.name


class StackKind(StrEnum):
    """What plans and applies a stack."""

    TERRAFORM = "terraform"
    KUSTOMIZE = "kustomize"


class Delivery(StrEnum):
    """How a Kustomize stack's manifests reach a cluster."""

    RENDERED = "rendered"
    KUBECTL = "kubectl"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackEntry:
    """One item of `stacks:` as written: a path or glob, not yet looked up in the repository."""

    path: str
    kind: StackKind | None = None
    needs: tuple[str, ...] = ()
    delivery: Delivery | None = None
    force_conflicts: bool = False
    overlays: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The unit that is planned and applied.

    `path` is relative to the repository, with forward slashes; it is the stack's name everywhere.
    `needs` holds paths of stacks that go first. With `force_conflicts`, kubectl takes fields over from
    other managers. `overlays` is the directory inside of a Kustomize stack that has one directory for each
    environment, `.` for the stack itself.
    """

    path: str
    kind: StackKind
    needs: tuple[str, ...] = ()
    delivery: Delivery | None = None
    force_conflicts: bool = False
    overlays: str = OVERLAYS

    def overlay(self, environment: str) -> str:
        """The directory of an environment's overlay, relative to the repository."""
        inside = "" if self.overlays == ITSELF else f"{self.overlays}/"
        return f"{self.path}/{inside}{environment}"

    def delivered_to(self, environment: str) -> str:
        """The directory of the rendered branch that holds what the stack renders.

        A stack whose overlays lie in itself (`clusters/ops`) is found there at the same path as in the
        sources, so that an operator may be told to read it from either.
        """
        return self.overlay(environment) if self.overlays == ITSELF else self.path


class Operator(StrEnum):
    """What follows a rendered branch on the cluster."""

    FLUX = "flux"
    ARGO_CD = "argo-cd"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncSettings:
    """Wait for the operator to apply what was delivered; `timeout` in seconds."""

    operator: Operator
    timeout: int = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyCommand:
    """A command of the platform that must succeed in an environment; `timeout` in seconds."""

    argv: tuple[str, ...]
    timeout: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What has to hold after an apply before it counts as verified.

    `rollout` is about what kubectl delivers, with `rollout_timeout` in seconds; `sync` about what an
    operator takes from the rendered branch.
    """

    converged: bool = True
    checks: bool = True
    rollout: bool = True
    rollout_timeout: int = 300
    sync: SyncSettings | None = None
    commands: tuple[VerifyCommand, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRequirement:
    """A program and the versions of it that fit (`>= 1.6, < 2`)."""

    name: str
    version: str


class Signing(StrEnum):
    """Whether evidence has to be signed, and how."""

    NONE = "none"
    SSH = "ssh"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSettings:
    """Where evidence is kept; `allowed_signers` is a file of the default branch, used when signing."""

    ref: str = "refs/notes/kubestack"
    signing: Signing = Signing.NONE
    allowed_signers: str = ".kubestack/allowed_signers"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """How platform services are delivered, and where the platform's own catalog entries are."""

    delivery: ServiceDelivery = ServiceDelivery.FLUX
    catalog: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesSettings:
    """The Kubernetes that the clusters run; an empty `version` stands for the newest known one (`1.36`)."""

    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """Findings that are accepted with a reason: of a check, in files and about objects that fit globs."""

    check: str
    reason: str
    path: str = "*"
    object: str = "*"

    def __str__(self) -> str:
        return f"{self.check} in {self.path} of {self.object}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationSettings:
    """What `kubestack validate` leaves out."""

    ignore: tuple[Ignore, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftIgnore:
    """Changes behind the platform's back that are expected, with the reason.

    `address` is a glob. With `attributes` (globs as well) only changes of these are passed over.
    """

    address: str
    reason: str
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftSettings:
    """What the search for drift passes over."""

    ignore: tuple[DriftIgnore, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """The settings of `kubestack.yaml`, complete with defaults and consistent in themselves."""

    name: str
    environments: tuple[Environment, ...]
    stacks: tuple[StackEntry, ...]
    default_branch: str = "main"
    verify: Verification = field(default_factory=Verification)
    tools: tuple[ToolRequirement, ...] = ()
    evidence: EvidenceSettings = field(default_factory=EvidenceSettings)
    services: ServiceSettings = field(default_factory=ServiceSettings)
    kubernetes: KubernetesSettings = field(default_factory=KubernetesSettings)
    validate: ValidationSettings = field(default_factory=ValidationSettings)
    pull_requests: PullRequestSettings = field(default_factory=PullRequestSettings)
    policies: PolicySettings = field(default_factory=PolicySettings)
    drift: DriftSettings = field(default_factory=DriftSettings)
    ci: CiSettings | None = None
    state: StateSettings | None = None

    @property
    def first(self) -> Environment:
        """The environment where every change begins."""
        return self.environments[0]

    def find(self, name: str) -> Environment | None:
        """The environment of that name, or None."""
        return next((item for item in self.environments if item.name == name), None)

    def before(self, environment: Environment) -> Environment | None:
        """The environment that has to prove a change before this one; None for the first."""
        index = self.environments.index(environment)
        return self.environments[index - 1] if index else None

    def after(self, environment: Environment) -> Environment | None:
        """The environment that a change reaches next; None for the last."""
        index = self.environments.index(environment) + 1
        return self.environments[index] if index < len(self.environments) else None

"""A platform repository that is open for work: settings, stacks, tools, evidence, and where to talk."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from kubestack_py.config.load import load_platform, read_source
from kubestack_py.config.stacks import discover_stacks
from kubestack_py.errors import GitError, UsageError
from kubestack_py.model.platform import Signing
from kubestack_py.model.service import ServiceDelivery
from kubestack_py.promotion.history import History
from kubestack_py.promotion.ledger import Ledger
from kubestack_py.runner.content import CommitContent
from kubestack_py.runner.trust import trusted_evidence
from kubestack_py.system.files import disk_errors
from kubestack_py.system.git import Git
from kubestack_py.system.tools import KUBECTL, KUSTOMIZE, SOPS, TERRAFORM, TOFU, Tool, find_first, find_tool
from kubestack_py.terraform.environment import LOCK_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from kubestack_py.config.source import SettingsSource
    from kubestack_py.model.changes import ContentDigest
    from kubestack_py.model.evidence import Record
    from kubestack_py.model.platform import Environment, Platform, Stack, ToolRequirement
    from kubestack_py.model.policy import OwnRule
    from kubestack_py.promotion.signatures import Signers
    from kubestack_py.system.console import Console
    from kubestack_py.system.tools import ToolSpec


def default_parallel() -> int:
    """Twice the cores: what stacks wait for is mostly the network (measured: no gain beyond four times)."""
    return 2 * (os.cpu_count() or 1)


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """What a command brings along: where it runs, where it talks, what may be used.

    `tool_env` is laid over the environment of Terraform and verification commands; `host_tokens` are the
    variables of CI with which the repository is written. `cache` is this user's private directory;
    `parallel` bounds how many stacks run at once; `lock_seconds` is how long a Terraform state lock is
    waited for. `ref` is the full name of what CI builds, empty where nothing tells; `plan_key` is the file
    with the key of saved plans. `engine` is `terraform` or `tofu` where the settings should not choose.
    """

    start: Path
    console: Console
    cache: Path
    scratch: Path
    tool_env: Mapping[str, str | None] = field(default_factory=dict)
    host_tokens: tuple[str, ...] = ()
    parallel: int = field(default_factory=default_parallel)
    actor: str = ""
    url: str = ""
    ref: str = ""
    signing_key: Path | None = None
    plan_key: Path | None = None
    engine: str = ""
    lock_seconds: int = LOCK_SECONDS


class Session:
    """One platform repository, opened once per command; every part is looked up when first asked for."""

    def __init__(self, place: Workplace) -> None:
        self.place = place
        self.console = place.console
        self._synchronised = False
        self._digests: dict[str, Mapping[str, Mapping[str, ContentDigest]]] = {}

    @cached_property
    def git(self) -> Git:
        """The repository that the command was started in."""
        return Git.discover(self.place.start)

    @property
    def root(self) -> Path:
        """The top of the repository."""
        return self.git.root

    @property
    def policy_root(self) -> Path:
        """The directory in which the files of policies are, and in which their engines run."""
        return self.root

    @cached_property
    def own_rules(self) -> tuple[OwnRule, ...]:
        """The platform's own rules for its policies. Raises `ConfigurationError` for a file that is none."""
        from kubestack_py.runner.own_rules import read_own_rules

        return read_own_rules(self.policy_root, self.platform.policies.own)

    def digests(self, commit: str) -> Mapping[str, Mapping[str, ContentDigest]]:
        """The content digest of every stack in every environment, of the files that a commit has."""
        if commit not in self._digests:
            content = CommitContent(self.git, commit)
            self._digests[commit] = content.digests(self.stacks, self.platform.environments)
        return self._digests[commit]

    @cached_property
    def source(self) -> SettingsSource:
        """The text of kubestack.yaml."""
        return read_source(self.root)

    @cached_property
    def platform(self) -> Platform:
        """The settings."""
        return load_platform(self.source)

    @cached_property
    def stacks(self) -> tuple[Stack, ...]:
        """Every stack of the platform."""
        return discover_stacks(self.platform, self.source, self.root)

    @cached_property
    def remote(self) -> str | None:
        """The remote through which evidence and rendered branches are shared."""
        return self.git.remote()

    @cached_property
    def ledger(self) -> Ledger:
        """The evidence."""
        return Ledger(self.git, self.platform.evidence.ref, self.remote)

    @cached_property
    def terraform(self) -> Tool:
        """Terraform or OpenTofu, in a version that fits."""
        return find_terraform(self.platform.tools, self.place.cache, self.place.engine)

    @property
    def terraform_env(self) -> Mapping[str, str | None]:
        """What is laid over Terraform's environment: no token of CI that the settings do not name."""
        named = self.platform.ci.secrets if self.platform.ci else ()
        return {**self.place.tool_env, **dict.fromkeys(set(self.place.host_tokens).difference(named))}

    @cached_property
    def kustomize(self) -> Tool:
        """`kubectl` with its kustomize, or kustomize itself; it may run helm where the settings say so."""
        tool = find_kustomize(self.platform.tools, self.place.cache)
        by_helm = self.platform.services.delivery is ServiceDelivery.KUSTOMIZE
        return replace(tool, options=("--enable-helm",)) if by_helm else tool

    @cached_property
    def kubectl(self) -> Tool:
        """`kubectl`, which alone can talk to a cluster."""
        wanted = next((tool.version for tool in self.platform.tools if tool.name == KUBECTL.name), "")
        return find_tool(KUBECTL, self.place.cache, wanted)

    @cached_property
    def sops(self) -> Tool:
        """`sops`, asked for where something encrypted is delivered."""
        return find_tool(SOPS, self.place.cache)

    def environment(self, name: str | None) -> Environment:
        """The environment of that name, the first one for None. Raises `UsageError` for an unknown one."""
        found = self.platform.first if name is None else self.platform.find(name)
        if found is None:
            known = ", ".join(environment.name for environment in self.platform.environments)
            raise UsageError(f"there is no environment {name!r}", hint=f"The promotion chain is: {known}.")
        return found

    def select(self, names: Sequence[str]) -> tuple[Stack, ...]:
        """The named stacks, all for no name. Raises `UsageError` for an unknown one."""
        wanted = {name.removeprefix("./").rstrip("/") for name in names}
        unknown = wanted - {stack.path for stack in self.stacks}
        if unknown:
            known = ", ".join(stack.path for stack in self.stacks)
            raise UsageError(
                f"there is no stack {', '.join(map(repr, sorted(unknown)))}", hint=f"The stacks are: {known}."
            )
        return tuple(stack for stack in self.stacks if not wanted or stack.path in wanted)

    def synchronise(self, *, again: bool = False) -> None:
        """Fetch evidence, rendered branches and the default branch in one go; a shallow clone is deepened.

        Done once per command, unless `again` asks for what others wrote meanwhile.
        """
        if not self.remote or (self._synchronised and not again):
            return
        branch = self.platform.default_branch
        refspecs = [
            self.ledger.refspec,
            f"+refs/heads/env/*:refs/kubestack/{self.remote}/env/*",
            f"+refs/heads/{branch}*:refs/remotes/{self.remote}/{branch}*",
        ]
        deepen = ["--unshallow"] if self.git.is_shallow() else []
        self.git.fetch(self.remote, *refspecs, options=["--prune", *deepen])
        self.ledger.join()
        self._synchronised = True
        loss = self.ledger.loss()
        if loss:
            self.console.warn(
                f"{self.platform.evidence.ref} was {loss.how} on {self.remote}; {loss.missing} records that "
                "only this clone has are kept and go back with the next push: see `kubestack evidence verify`"
            )

    def synchronise_if_possible(self) -> None:
        """Like `synchronise`; where the remote cannot be reached, go on with what is here, and say so."""
        try:
            self.synchronise()
        except GitError as error:
            self.console.warn(f"{error.message}; going on with what this clone knows")

    def history(self) -> History:
        """The evidence as it is here now; what does not count is passed over."""
        return History(self.ledger.records(), self.problem)

    @cached_property
    def signer(self) -> Callable[[Record], Record] | None:
        """What signs records, None where the settings ask for no signatures."""
        if self.signers is None:
            return None
        from kubestack_py.promotion.signatures import Signer

        key = self.place.signing_key
        if key is None or not key.is_file():
            raise UsageError(
                f"evidence has to be signed, but there is no key{f' at {key}' if key else ''}",
                hint="Set KUBESTACK_SIGNING_KEY to the path of an SSH key that allowed_signers names.",
            )
        return Signer(key.absolute(), self.signers).sign

    @cached_property
    def signers(self) -> Signers | None:
        """Who may sign, as the default branch says; None where the settings ask for no signatures."""
        settings, tip = trusted_evidence(self.git, self.default_tip(), self.platform), self.default_tip()
        if settings.signing is Signing.NONE:
            return None
        from kubestack_py.promotion.signatures import Signers

        allowed = self.git.read_file(tip, settings.allowed_signers) if tip else None
        scratch = self.place.scratch / "signers"
        with disk_errors(f"make {scratch}"):
            scratch.mkdir(mode=0o700, exist_ok=True)
        return Signers(allowed, scratch, f"{self.platform.default_branch}:{settings.allowed_signers}")

    def problem(self, record: Record) -> str:
        """Why a record does not count; empty for one that does."""
        if record.noted_on and record.noted_on != record.commit:
            return f"it is about {record.commit[:8]} and was copied to {record.noted_on[:8]}"
        return self.signers.problem(record) if self.signers else ""

    def default_tip(self) -> str | None:
        """The newest known commit of the default branch: the remote's, else the local one."""
        branch = self.platform.default_branch
        names = [f"refs/remotes/{self.remote}/{branch}"] if self.remote else []
        names.append(f"refs/heads/{branch}")
        refs = self.git.refs(*names)
        return next((refs[name] for name in names if name in refs), None)


def find_terraform(requirements: Sequence[ToolRequirement], cache: Path, engine: str = "") -> Tool:
    """Terraform or OpenTofu: the `engine`, else the one that the settings name, else the first installed."""
    if engine:
        spec = next(spec for spec in (TERRAFORM, TOFU) if spec.name == engine)
        wanted = next((tool.version for tool in requirements if tool.name == engine), "")
        return find_tool(spec, cache, wanted)
    return find_first(_choices(requirements, TERRAFORM, TOFU), cache)


def find_kustomize(requirements: Sequence[ToolRequirement], cache: Path) -> Tool:
    """`kubectl` or `kustomize`: the one that the settings name, else the first that is installed."""
    return find_first(_choices(requirements, KUBECTL, KUSTOMIZE), cache)


def _choices(requirements: Sequence[ToolRequirement], *specs: ToolSpec) -> list[tuple[ToolSpec, str]]:
    required = {tool.name: tool.version for tool in requirements}
    named = [(spec, required[spec.name]) for spec in specs if spec.name in required]
    return named or [(spec, "") for spec in specs]

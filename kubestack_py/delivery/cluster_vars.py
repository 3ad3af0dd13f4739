"""The variables of a cluster in its deploy repository, and the branch that proposes new ones.

Only Git objects and refs are made: the work tree of a deploy repository is somebody's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kubestack_py.config.load import load_platform
from kubestack_py.config.source import SettingsSource
from kubestack_py.delivery.stream import write_commit
from kubestack_py.errors import ConflictError, UsageError
from kubestack_py.model.platform import SETTINGS_FILE
from kubestack_py.system.git import Git
from kubestack_py.system.yaml import YamlError, dump, load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.model.ci import CiHost

BRANCH = "kubestack/handoff"
_REF = f"refs/heads/{BRANCH}"
_TRAILER = "Handoff-Of"
_NAMESPACE = "flux-system"
_HEAD = """\
# Written by `kubestack handoff` from the outputs of {platform}; it takes back what is changed here by hand.
# Variables of your own go into `postBuild: {{substitute: {{…}}}}` of a Kustomization.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a handoff would change: files by path, before and after; empty where nothing is to be done.

    `standing` is the commit of the branch that proposes exactly this already, or empty.
    """

    files: Mapping[str, tuple[bytes | None, bytes]]
    base: str
    previous: str
    standing: str = ""


class DeployRepository:
    """A deploy repository, in a clone or bare."""

    def __init__(self, git: Git, name: str) -> None:
        self.name = name
        self.git = git
        self.remote = git.remote()
        head = git.head()
        settings = git.read_file(head, SETTINGS_FILE)
        if settings is None:
            raise UsageError(
                f"{name} has no {SETTINGS_FILE}, so it is no deploy repository of kubestack",
                hint="Scaffold one: kubestack new deploy-repository NAME",
            )
        self._platform = load_platform(SettingsSource(name=f"{name}:{SETTINGS_FILE}", content=settings))

    @property
    def default_branch(self) -> str:
        """The branch that handoffs are merged to."""
        return self._platform.default_branch

    @property
    def host(self) -> CiHost | None:
        """The host that its settings name."""
        return self._platform.ci.repository_host if self._platform.ci else None

    def propose(self, source: str, variables: Mapping[str, Mapping[str, str]]) -> Proposal:
        """What has to change for these variables, by environment, on top of the newest default branch.

        Raises `UsageError` for an environment that has no cluster there.
        """
        base, previous = self._fetch()
        files = {}
        for environment, values in variables.items():
            path = f"clusters/{environment}/cluster-vars.yaml"
            if not self.git.list_tree(base, f"clusters/{environment}"):
                chain = ", ".join(item.name for item in self._platform.environments)
                raise UsageError(
                    f"{self.name} has no clusters/{environment}", hint=f"Its promotion chain is: {chain}."
                )
            before = self.git.read_file(base, path)
            after = _text(source, environment, values, _namespace(before)).encode()
            if before != after:
                files[path] = (before, after)
        standing = previous if files and self._holds(previous, base, files) else ""
        return Proposal(files=files, base=base, previous=previous, standing=standing)

    def commit(self, proposal: Proposal, message: str) -> str:
        """Make the proposal the one commit of the branch, in place of an older one; returns its id.

        Raises `ConflictError` where people have committed to that branch.
        """
        if proposal.previous:
            self._refuse_foreign(proposal.previous)
        commit = write_commit(
            self.git,
            parent=proposal.base,
            message=message,
            write={path: after for path, (_, after) in proposal.files.items()},
            delete=(),
            seconds=int(time.time()),
        )
        if self.git.current_branch() == BRANCH:
            raise UsageError(
                f"{BRANCH} is checked out in {self.name}", hint=f"git switch {self._platform.default_branch}"
            )
        self.git.update_ref(_REF, commit)
        return commit

    def push(self, commit: str) -> None:
        """Push the branch in place of what was fetched. Raises `ConflictError` where somebody was faster."""
        if self.remote is None:
            raise UsageError(f"{self.name} has no remote to push to", hint="git remote add origin URL")
        there = self._remote_tip()
        if there == commit:
            return
        if self.git.push(self.remote, f"{commit}:{_REF}", lease=(_REF, there)) is not None:
            raise ConflictError(
                f"{BRANCH} moved meanwhile in {self.name}; nothing was pushed", hint="Run this again."
            )

    def _fetch(self) -> tuple[str, str]:
        """The newest default branch, and the tip of the branch of handoffs or nothing."""
        branch = self._platform.default_branch
        local = self.git.refs("refs/heads")
        if self.remote is None:
            return local.get(f"refs/heads/{branch}") or self.git.head(), local.get(_REF, "")
        tracking = f"refs/remotes/{self.remote}"
        refspecs = [f"+refs/heads/{name}*:{tracking}/{name}*" for name in (branch, BRANCH)]
        self.git.fetch(self.remote, *refspecs, options=["--prune"])
        refs = self.git.refs(tracking)
        base = refs.get(f"{tracking}/{branch}")
        if base is None:
            raise UsageError(
                f"{branch} of {self.name} was never pushed", hint=f"git push -u {self.remote} {branch}"
            )
        return base, refs.get(f"{tracking}/{BRANCH}", "") or local.get(_REF, "")

    def _remote_tip(self) -> str:
        return self.git.refs(f"refs/remotes/{self.remote}").get(f"refs/remotes/{self.remote}/{BRANCH}", "")

    def _holds(self, tip: str, base: str, files: Mapping[str, tuple[bytes | None, bytes]]) -> bool:
        return (
            bool(tip)
            and self.git.is_ancestor(base, tip)
            and all(self.git.read_file(tip, path) == after for path, (_, after) in files.items())
        )

    def _refuse_foreign(self, tip: str) -> None:
        text = self.git.call("log", "-1", f"--format=%(trailers:key={_TRAILER})", tip, "--").text
        if not text.strip():
            raise ConflictError(
                f"somebody has committed to {BRANCH} in {self.name}; nothing was changed",
                hint="Merge it, or delete it, and run this again.",
            )


def commit_message(platform: str, commits: Mapping[str, str]) -> str:
    """The message of a handoff; `commits` are those that the environments were verified at."""
    names = ", ".join(commits)
    trailers = "".join(f"{_TRAILER}: {platform} {name} {commit}\n" for name, commit in commits.items())
    return f"Take over what Terraform knows of {names}\n\n{trailers}"


def _text(source: str, environment: str, values: Mapping[str, str], namespace: str) -> str:
    document = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "cluster-vars", "namespace": namespace},
        "data": dict(sorted({**values, "environment": environment}.items())),
    }
    return _HEAD.format(platform=source) + dump(document)


def _namespace(content: bytes | None) -> str:
    """The namespace that the file has: that of the operator."""
    try:
        document: Any = load(content, "cluster-vars.yaml") if content else None
    except YamlError:
        document = None
    metadata = document.get("metadata") if isinstance(document, dict) else None
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    return namespace if isinstance(namespace, str) else _NAMESPACE

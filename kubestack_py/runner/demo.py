"""The demo: a platform, a Git host and a CI system on one disk, and a change on its way to apps.

Terraform and Kustomize do the work; nothing is acted.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from kubestack_py.runner.demo_changes import (
    BUDGET_GONE_FROM_APPS,
    BUDGET_GONE_FROM_OPS,
    BUDGET_IN_OPS,
    CHANGE,
    HASTY_CHANGE,
)
from kubestack_py.runner.demo_stage import DEVELOPER, Stage
from kubestack_py.scaffold.answers import check
from kubestack_py.scaffold.platform import new_platform
from kubestack_py.system.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kubestack_py.runner.demo_changes import Edit
    from kubestack_py.system.console import Console

NAME = "acme"
BRANCH = "newer-kubernetes"


class Demo:
    """The walk, and the three repositories it happens in: the host's, the developer's, CI's."""

    def __init__(self, directory: Path, console: Console) -> None:
        self._stage = Stage(directory, NAME, console)

    def walk(self) -> None:
        """Set the scene, walk the four steps, and show the proof. Raises when a step does not end as told."""
        self._begin()
        change = self._change()
        merged = self._merge(change)
        self._promote_too_early()
        self._promote(merged)
        self._delete_unproved()
        self._show_proof(merged)

    def _begin(self) -> None:
        self._stage.title("A platform is scaffolded, applied to ops, and promoted to apps")
        new_platform(check({"name": NAME}), self._stage.home.parent, lambda _: None)
        self._stage.open()
        self._tree()
        self._stage.in_ci("refs/heads/main", quiet=True)
        self._stage.tag("apps-deploy-1", self._stage.head(), "The first promotion")
        self._stage.in_ci("refs/tags/apps-deploy-1", quiet=True)

    def _change(self) -> str:
        self._stage.title("1. Change: a branch is pushed, and CI plans it against ops")
        developer = Repository.open(self._stage.home)
        developer.branch(BRANCH, self._stage.head())
        commit = self._stage.commit("Move to Kubernetes 1.33 and give web more CPU", CHANGE)
        developer.push(f"refs/heads/{BRANCH}")
        self._stage.in_ci(f"refs/heads/{BRANCH}")
        self._stage.say("2. Review happens here: the pull request shows this plan. Approved.")
        return commit

    def _merge(self, change: str) -> str:
        self._stage.title("3. Merge: ops applies the change, verifies it, and shows what apps would get")
        developer = Repository.open(self._stage.home)
        developer.checkout("main")
        merged = developer.merge(BRANCH, f"Merge {BRANCH} ({change[:8]})", DEVELOPER)
        developer.push("refs/heads/main")
        self._stage.in_ci("refs/heads/main")
        return merged

    def _promote_too_early(self) -> None:
        self._stage.title("4. Promote, too early: a commit that ops has not applied yet is tagged")
        hasty = self._stage.commit("Let the node pool grow further", HASTY_CHANGE)
        Repository.open(self._stage.home).push("refs/heads/main")
        self._stage.tag("apps-deploy-2", hasty, "In a hurry")
        self._stage.in_ci("refs/tags/apps-deploy-2", expected=5)

    def _promote(self, merged: str) -> None:
        self._stage.title("4. Promote: the commit that ops has proved is tagged")
        self._stage.tag("apps-deploy-3", merged, "Kubernetes 1.33")
        self._stage.in_ci("refs/tags/apps-deploy-3")

    def _delete_unproved(self) -> None:
        self._stage.title("5. Parity: apps would delete what ops never deleted")
        commit = self._land("Drop the disruption budget of web", BUDGET_GONE_FROM_APPS)
        self._stage.tag("apps-deploy-4", commit, "One object less")
        self._stage.in_ci("refs/tags/apps-deploy-4", expected=5)
        self._stage.title("5. Parity: ops lives through it, then the same promotion passes")
        self._land("Give ops the budget, to see it go", BUDGET_IN_OPS)
        commit = self._land("Drop it in ops too", BUDGET_GONE_FROM_OPS)
        self._stage.tag("apps-deploy-5", commit, "One object less, proved")
        self._stage.in_ci("refs/tags/apps-deploy-5")

    def _land(self, message: str, edits: Sequence[Edit]) -> str:
        """A change that is reviewed and merged: it is on main, and ops has applied it."""
        commit = self._stage.commit(message, edits)
        Repository.open(self._stage.home).push("refs/heads/main")
        self._stage.in_ci("refs/heads/main", quiet=True)
        return commit

    def _show_proof(self, merged: str) -> None:
        stage = self._stage
        stage.title("Where everything stands now")
        stage.kubestack(stage.home, "status")
        stage.title("The proof, as Git keeps it")
        stage.shell(stage.home, "git", "log", "--notes=kubestack", "-1", "--format=%h %s%n%N", merged[:8])
        stage.say("The manifests that apps runs are commits of their own, each naming its source:")
        stage.shell(
            stage.ci,
            "git",
            "log",
            "-2",
            "--format=%h %s%n   %(trailers:key=Source-Commit)",
            "refs/kubestack/origin/env/apps",
        )

    def _tree(self) -> None:
        for name, text in (
            (f"{NAME}.git", "the Git host: a bare repository"),
            (NAME, "your clone of the platform"),
            ("ci", "what the CI system checks out"),
        ):
            self._stage.say(f"  {self._stage.home.parent / name}{os.sep}  {text}")

"""The demo: a platform, a Git host and a CI system on one disk, and a change on its way to apps.

Everything is real: Git pushes to a bare repository, CI is a clone of it in which `kubestack run` is
started for each event, Terraform and Kustomize do the work.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from kubestack_py.errors import ScaffoldError, ToolError
from kubestack_py.runner.demo_changes import (
    BUDGET_GONE_FROM_APPS,
    BUDGET_GONE_FROM_OPS,
    BUDGET_IN_OPS,
    CHANGE,
    HASTY_CHANGE,
)
from kubestack_py.scaffold.answers import check
from kubestack_py.scaffold.platform import new_platform
from kubestack_py.system.files import disk_errors
from kubestack_py.system.process import Command, run
from kubestack_py.system.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kubestack_py.runner.demo_changes import Edit
    from kubestack_py.system.console import Console

NAME = "acme"
DEVELOPER = ("Dana Developer", "dana@example.com")
LONGEST_LINE = 150
BRANCH = "newer-kubernetes"


class Demo:
    """The walk, and the three repositories it happens in: the host's, the developer's, CI's."""

    def __init__(self, directory: Path, console: Console) -> None:
        self._console = console
        self._host = directory / f"{NAME}.git"
        self._home = directory / NAME
        self._ci = directory / "ci"

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
        self._title("A platform is scaffolded, applied to ops, and promoted to apps")
        new_platform(check({"name": NAME}), self._home.parent, lambda _: None)
        Repository.create_bare(self._host, "main")
        developer = Repository.open(self._home)
        developer.add_remote("origin", self._host)
        developer.push("refs/heads/main")
        Repository.clone(self._host, self._ci)
        self._tree()
        self._in_ci("refs/heads/main", quiet=True)
        self._tag("apps-deploy-1", self._head(), "The first promotion")
        self._in_ci("refs/tags/apps-deploy-1", quiet=True)

    def _change(self) -> str:
        self._title("1. Change: a branch is pushed, and CI plans it against ops")
        developer = Repository.open(self._home)
        developer.branch(BRANCH, self._head())
        commit = self._commit("Move to Kubernetes 1.33 and give web more CPU", CHANGE)
        developer.push(f"refs/heads/{BRANCH}")
        self._in_ci(f"refs/heads/{BRANCH}")
        self._say("2. Review happens here: the pull request shows this plan. Approved.")
        return commit

    def _merge(self, change: str) -> str:
        self._title("3. Merge: ops applies the change, verifies it, and shows what apps would get")
        developer = Repository.open(self._home)
        developer.checkout("main")
        merged = developer.merge(BRANCH, f"Merge {BRANCH} ({change[:8]})", DEVELOPER)
        developer.push("refs/heads/main")
        self._in_ci("refs/heads/main")
        return merged

    def _promote_too_early(self) -> None:
        self._title("4. Promote, too early: a commit that ops has not applied yet is tagged")
        hasty = self._commit("Let the node pool grow further", HASTY_CHANGE)
        Repository.open(self._home).push("refs/heads/main")
        self._tag("apps-deploy-2", hasty, "In a hurry")
        self._in_ci("refs/tags/apps-deploy-2", expected=5)

    def _promote(self, merged: str) -> None:
        self._title("4. Promote: the commit that ops has proved is tagged")
        self._tag("apps-deploy-3", merged, "Kubernetes 1.33")
        self._in_ci("refs/tags/apps-deploy-3")

    def _delete_unproved(self) -> None:
        self._title("5. Parity: apps would delete what ops never deleted")
        commit = self._land("Drop the disruption budget of web", BUDGET_GONE_FROM_APPS)
        self._tag("apps-deploy-4", commit, "One object less")
        self._in_ci("refs/tags/apps-deploy-4", expected=5)
        self._title("5. Parity: ops lives through it, then the same promotion passes")
        self._land("Give ops the budget, to see it go", BUDGET_IN_OPS)
        commit = self._land("Drop it in ops too", BUDGET_GONE_FROM_OPS)
        self._tag("apps-deploy-5", commit, "One object less, proved")
        self._in_ci("refs/tags/apps-deploy-5")

    def _land(self, message: str, edits: Sequence[Edit]) -> str:
        """A change that is reviewed and merged: it is on main, and ops has applied it."""
        commit = self._commit(message, edits)
        Repository.open(self._home).push("refs/heads/main")
        self._in_ci("refs/heads/main", quiet=True)
        return commit

    def _show_proof(self, merged: str) -> None:
        self._title("Where everything stands now")
        self._kubestack(self._home, "status")
        self._title("The proof, as Git keeps it")
        self._shell(self._home, "git", "log", "--notes=kubestack", "-1", "--format=%h %s%n%N", merged[:8])
        self._say("The manifests that apps runs are commits of their own, each naming its source:")
        self._shell(
            self._ci,
            "git",
            "log",
            "-2",
            "--format=%h %s%n   %(trailers:key=Source-Commit)",
            "refs/kubestack/origin/env/apps",
        )

    def _commit(self, message: str, edits: Sequence[Edit]) -> str:
        files: dict[str, str | None] = {}
        for edit in edits:
            files[edit.path] = edit.applied(self._home)
            self._say(f"  {edit}")
        return Repository.open(self._home).commit(message, files, DEVELOPER)

    def _tag(self, name: str, commit: str, message: str) -> None:
        developer = Repository.open(self._home)
        developer.tag(name, commit, message)
        developer.push(f"refs/tags/{name}")
        self._say(f"git tag -a {name} {commit[:8]} && git push origin {name}")

    def _head(self) -> str:
        return Repository.open(self._home).head()

    def _in_ci(self, ref: str, *, expected: int = 0, quiet: bool = False) -> None:
        """What a pipeline does: fetch, check out the event's commit, run."""
        for args in (
            ("fetch", "--quiet", "--tags", "origin"),
            ("checkout", "--quiet", "--detach", _fetched(ref)),
        ):
            run(Command(argv=("git", *args), cwd=self._ci))
        self._say(f"CI: kubestack run --ref {ref}")
        self._kubestack(self._ci, "run", "--ref", ref, expected=expected, quiet=quiet)

    def _kubestack(self, where: Path, *args: str, expected: int = 0, quiet: bool = False) -> None:
        """Start this very program, as a pipeline would, and hold it to the exit code that is told."""
        lines: list[str] = []
        done = run(
            Command(
                argv=(sys.executable, "-m", "kubestack_py", *args),
                cwd=where,
                env={
                    "FORCE_COLOR": "1" if self._console.color else None,
                    "GITHUB_ACTIONS": None,
                    "GITHUB_STEP_SUMMARY": None,
                    "CI": "true",
                },
                ok=range(256),
                interruptible=True,
                merged=True,
            ),
            lines.append if quiet else self._indented,
        )
        if done.code != expected:
            raise ToolError(
                f"`kubestack {' '.join(args)}` ended with {done.code}, not with {expected}",
                detail="\n".join(lines),
            )
        if expected:
            self._say(f"  (exit code {done.code}: refused, and nothing was touched)")

    def _shell(self, where: Path, *argv: str) -> None:
        self._say(f"$ {' '.join(argv)}")
        run(Command(argv=argv, cwd=where, env={"GIT_PAGER": "cat"}), self._indented)

    def _tree(self) -> None:
        for name, text in (
            (f"{NAME}.git", "the Git host: a bare repository"),
            (NAME, "your clone of the platform"),
            ("ci", "what the CI system checks out"),
        ):
            self._say(f"  {self._home.parent / name}{os.sep}  {text}")

    def _indented(self, line: str) -> None:
        shown = line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"
        self._console.data(f"    {shown}".rstrip())

    def _say(self, text: str) -> None:
        self._console.data(self._console.paint(text, "cyan"))

    def _title(self, text: str) -> None:
        self._console.data("\n" + self._console.paint(f"── {text} ", "bold"))


def prepare(directory: Path) -> None:
    """Make the directory of a demo that is to be kept; one that holds something is refused."""
    with disk_errors(f"create {directory}"):
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise ScaffoldError(f"{directory} is not empty", hint="Name a directory that does not exist yet.")
        directory.mkdir(parents=True, exist_ok=True)


def _fetched(ref: str) -> str:
    """How a ref of the host is called in CI's clone."""
    return ref.replace("refs/heads/", "refs/remotes/origin/", 1)

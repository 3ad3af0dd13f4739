"""Where the demos happen: a repository on a Git host, the developer's clone, and what CI checks out.

Everything is real: Git pushes to a bare repository, CI is a clone of it in which `kubestack run` is
started for each event.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from kubestack_py.errors import ScaffoldError, ToolError
from kubestack_py.system.files import disk_errors
from kubestack_py.system.process import Command, run
from kubestack_py.system.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from kubestack_py.runner.demo_changes import Edit
    from kubestack_py.system.console import Console

DEVELOPER = ("Developer", "developer@example.com")
CI = ("CI", "ci@example.com")
LONGEST_LINE = 150


class Stage:
    """One repository in its three places; `ci` names the directory of the third."""

    def __init__(self, directory: Path, name: str, console: Console, ci: str = "ci") -> None:
        self.host = directory / f"{name}.git"
        self.home = directory / name
        self.ci = directory / ci
        self._console = console

    def open(self) -> None:
        """Give the repository that was made at `home` a host, and CI a clone of it."""
        Repository.create_bare(self.host, "main")
        developer = Repository.open(self.home)
        developer.set_identity(*DEVELOPER)
        developer.add_remote("origin", self.host)
        developer.push("refs/heads/main")
        Repository.clone(self.host, self.ci).set_identity(*CI)

    def commit(self, message: str, edits: Sequence[Edit]) -> str:
        """Commit edits as the developer; returns the commit."""
        files: dict[str, str | None] = {}
        for edit in edits:
            files[edit.path] = edit.applied(self.home)
            self.say(f"  {edit}")
        return Repository.open(self.home).commit(message, files, DEVELOPER)

    def tag(self, name: str, commit: str, message: str) -> None:
        """Tag a commit, and push the tag."""
        developer = Repository.open(self.home)
        developer.tag(name, commit, message)
        developer.push(f"refs/tags/{name}")
        self.say(f"git tag -a {name} {commit[:8]} && git push origin {name}")

    def head(self) -> str:
        """The commit that the developer has checked out."""
        return Repository.open(self.home).head()

    def in_ci(self, ref: str, *, expected: int = 0, quiet: bool = False) -> None:
        """What a pipeline does: fetch, check out the event's commit, run."""
        for args in (
            ("fetch", "--quiet", "--tags", "origin"),
            ("checkout", "--quiet", "--detach", _fetched(ref)),
        ):
            run(Command(argv=("git", *args), cwd=self.ci))
        self.say(f"CI: kubestack run --ref {ref}")
        self.kubestack(self.ci, "run", "--ref", ref, expected=expected, quiet=quiet)

    def kubestack(self, where: Path, *args: str, expected: int = 0, quiet: bool = False) -> None:
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
            lines.append if quiet else self.indented,
        )
        if done.code != expected:
            raise ToolError(
                f"`kubestack {' '.join(args)}` ended with {done.code}, not with {expected}",
                detail="\n".join(lines),
            )
        if expected:
            self.say(f"  (exit code {done.code}: refused, and nothing was touched)")

    def shell(self, where: Path, *argv: str) -> None:
        """Run a command, and show it with what it prints."""
        self.say(f"$ {' '.join(argv)}")
        run(Command(argv=argv, cwd=where, env={"GIT_PAGER": "cat"}), self.indented)

    def indented(self, line: str) -> None:
        """A line that a program printed."""
        shown = line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"
        self._console.data(f"    {shown}".rstrip())

    def say(self, text: str) -> None:
        """What happens, in words."""
        self._console.data(self._console.paint(text, "cyan"))

    def title(self, text: str) -> None:
        """The beginning of a step."""
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

"""The CI systems, each as real as it can be had here, behind one question: what runs when this happens?"""

from __future__ import annotations

import os
import subprocess
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.conftest import git
from tests.platforms import Platform, program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REPOSITORY = "acme/platform"


@dataclass(frozen=True, kw_only=True)
class Happened:
    """Something that a CI system is told of: `ref` is a full name, `target` that of a pull request."""

    kind: str
    ref: str = ""
    target: str = "main"
    fork: bool = False
    author: str = "alice"

    @property
    def name(self) -> str:
        """The short name of the branch or tag."""
        return self.ref.split("/", 2)[2] if self.ref else ""

    @property
    def tag(self) -> bool:
        """Whether it is about a tag."""
        return self.ref.startswith("refs/tags/")


@dataclass(kw_only=True)
class Ran:
    """What ran: each job with its success, in order, and everything that was said."""

    jobs: dict[str, bool] = field(default_factory=dict)
    said: str = ""

    @property
    def succeeded(self) -> set[str]:
        """The jobs that did."""
        return {job for job, success in self.jobs.items() if success}


class Host(ABC):
    """A CI system with its Git host, a bare repository, and an empty home directory.

    `more` are further variables of this host, which every job gets.
    """

    def __init__(self, platform: Platform, scratch: Path) -> None:
        assert platform.remote
        self.platform = platform
        self.remote = platform.remote
        self.scratch = scratch
        self.more: dict[str, str] = {}
        self._number = 0
        for name in ("bin", "home"):
            (scratch / name).mkdir()
        shim = scratch / "bin" / "kubestack"
        shim.write_text('#!/bin/sh\nexec {} "$@"\n'.format(" ".join(f"'{word}'" for word in program())))
        shim.chmod(0o755)

    def head(self, happened: Happened) -> str:
        """The newest commit of a branch, on the host."""
        return git(self.remote, "rev-parse", f"{happened.ref}^{{commit}}") if happened.ref else ""

    @abstractmethod
    def run(self, happened: Happened) -> Ran:
        """Whatever the pipeline in the repository does about it, to its end."""

    def checkout(self, happened: Happened, *, merged: bool = True, detached: bool = True) -> Path:
        """A new clone as a job gets it; that of a pull request is merged into its target or not."""
        self._number += 1
        path = self.scratch / f"work-{self._number}"
        git(self.scratch, "clone", "--quiet", str(self.remote), str(path))
        if happened.kind == "pull_request" and merged:
            git(path, "checkout", "--quiet", "--detach", f"origin/{happened.target}")
            git(path, "merge", "--quiet", "--no-ff", "--no-edit", f"origin/{happened.name}")
        elif happened.ref:
            at = happened.ref if happened.tag else f"refs/remotes/origin/{happened.name}"
            git(path, "checkout", "--quiet", "--detach", at)
        if not detached and happened.kind == "push" and not happened.tag:
            git(path, "checkout", "--quiet", "-B", happened.name)
        return path

    def environment(self, **more: str) -> dict[str, str]:
        """Nothing of this process but the tools."""
        return {
            "PATH": f"{self.scratch / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.scratch / "home"),
            "CI": "true",
            **more,
        }

    def bash(self, where: Path, script: str, variables: Mapping[str, str]) -> tuple[bool, str]:
        """A script as the agents of hosts run one: by bash, ending at the first line that fails."""
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=where,
            env=self.environment(**variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        return done.returncode == 0, done.stdout

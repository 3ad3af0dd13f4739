"""What the fake hosts know of pull requests; each shows it in its own words."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(kw_only=True)
class Pull:
    """A pull request; `fork` is one whose branch is in another repository."""

    number: int
    source: str
    target: str
    title: str
    body: str
    open: bool = True
    fork: bool = False
    labels: list[str] = field(default_factory=list)


@dataclass
class Pulls:
    """All of them. Where `repository` is set, a branch has to be there to be proposed."""

    all: list[Pull] = field(default_factory=list)
    said: list[tuple[int, str]] = field(default_factory=list)
    repository: Path | None = None

    def add(self, source: str, target: str, title: str, body: str, *, fork: bool = False) -> Pull:
        pull = Pull(
            number=11 + len(self.all), source=source, target=target, title=title, body=body, fork=fork
        )
        self.all.append(pull)
        return pull

    def of(self, source: str, target: str) -> list[Pull]:
        return [pull for pull in self.all if pull.open and (pull.source, pull.target) == (source, target)]

    def duplicate(self, source: str, target: str) -> Pull | None:
        """An open one of the same branches, which hosts refuse to open again."""
        return next((pull for pull in self.of(source, target) if not pull.fork), None)

    def get(self, number: str) -> Pull:
        return next(pull for pull in self.all if pull.number == int(number))

    def problem(self, source: str) -> str:
        """Why a branch cannot be proposed."""
        if self.repository is None:
            return ""
        command = ["git", "rev-parse", "--verify", "--quiet", f"refs/heads/{source}"]
        done = subprocess.run(command, cwd=self.repository, capture_output=True, check=False)
        return "no such branch" if done.returncode else ""

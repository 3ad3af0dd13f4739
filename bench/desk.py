"""A place to work in: programs, a home without anybody's settings, and platforms to measure with."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.measure import LeftOut, Work, run

if TYPE_CHECKING:
    from pathlib import Path

PASSED_ON = ("PATH", "TMPDIR", "LANG", "TF_CLI_CONFIG_FILE")
GIT_CONFIG = "[user]\n\tname = Bench\n\temail = bench@example.com\n[init]\n\tdefaultBranch = main\n"

Tree = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A new directory, the environment of every program, and how many may run at once."""

    place: Path
    environment: Mapping[str, str]
    parallel: int

    @classmethod
    def at(cls, place: Path) -> Desk:
        """A desk in an empty directory."""
        home = place / "home"
        home.mkdir()
        (home / ".gitconfig").write_text(GIT_CONFIG, encoding="utf-8")
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        own = {"HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "CHECKPOINT_DISABLE": "1"}
        return cls(place=place, environment=kept | own, parallel=2 * (os.cpu_count() or 1))

    def directory(self, name: str) -> Path:
        """A new directory."""
        path = self.place / name
        path.mkdir(parents=True)
        return path

    def run(self, cwd: Path, *command: str) -> str:
        """Run a command that is not measured."""
        return run(command, cwd, self.environment)

    def attempt(self, cwd: Path, *command: str) -> None:
        """Run a command without which a case makes no sense here; raises `LeftOut` when it fails."""
        try:
            self.run(cwd, *command)
        except SystemExit as error:
            raise LeftOut(f"{' '.join(command)} does not work here") from error

    def kubestack(self, cwd: Path, *args: str) -> Work:
        """The installed command."""
        return Work(cwd=cwd, commands=((program("kubestack"), *args),))

    def forget(self) -> None:
        """Remove what earlier commands have kept in the user's cache."""
        shutil.rmtree(self.place / "home" / ".cache", ignore_errors=True)

    def script(self, cwd: Path, text: str, *args: str) -> Work:
        """A shell script that stops at the first failure."""
        return Work(cwd=cwd, commands=(("sh", "-euc", text, "sh", *args),))

    def scaffold(self, name: str) -> Path:
        """A platform as `kubestack new platform` writes it, in a directory of that name."""
        parent = self.directory(name)
        self.run(parent, program("kubestack"), "new", "platform", "acme", "--no-input")
        return parent / "acme"

    def platform(self, name: str, tree: Tree) -> Path:
        """A repository of these files, with one commit."""
        root = self.directory(name)
        write(root, tree)
        self.run(root, "git", "init", "--quiet")
        self.commit(root)
        return root

    def commit(self, root: Path) -> None:
        """Commit everything, and push it where there is a remote."""
        self.run(root, "git", "add", "--all")
        self.run(root, "git", "commit", "--quiet", "--message", "Change")
        if self.run(root, "git", "remote"):
            self.run(root, "git", "push", "--quiet", "origin", "main")

    def add_remote(self, root: Path) -> Path:
        """A bare repository beside this one, as its remote `origin`."""
        remote = root.with_name(f"{root.name}.git")
        self.run(root, "git", "init", "--quiet", "--bare", str(remote))
        self.run(root, "git", "remote", "add", "origin", str(remote))
        self.run(root, "git", "push", "--quiet", "origin", "main")
        return remote

    def clone(self, source: Path, name: str) -> Path:
        """A checkout that nothing was run in yet."""
        target = self.place / name
        self.run(self.place, "git", "clone", "--quiet", str(source), str(target))
        return target


def program(name: str) -> str:
    """A program of the Python environment that this runs in."""
    path = shutil.which(name, path=sysconfig.get_path("scripts"))
    if path is None:
        raise SystemExit(f"{name} is not installed beside {sys.executable}; `make bench` installs it")
    return path


def write(root: Path, tree: Tree) -> None:
    """Write `{path: text}` below a directory."""
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

"""Build Terraform stacks for tests, and count what the driver starts."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from kubestack_py.model.state import by_workspace
from kubestack_py.system.tools import Tool
from kubestack_py.terraform.driver import TerraformStack
from kubestack_py.terraform.environment import scrub
from tests.conftest import write_tree

BACKEND = """
terraform {
  backend "local" {
    path          = "../.state/infra/terraform.tfstate"
    workspace_dir = "../.state/infra"
  }
}
"""
FAKE = Path(__file__).parent.parent / "fake" / "terraform"


@dataclass(frozen=True)
class Bench:
    """A repository with one stack, `infra`, and a Terraform whose starts are written to a log."""

    root: Path
    tool: Tool
    log: Path

    def stack(self, environment: str = "ops") -> TerraformStack:
        env, _ = scrub(os.environ)
        scratch = self.root.parent / "scratch"
        scratch.mkdir(mode=0o700, exist_ok=True)
        return TerraformStack(
            tool=self.tool,
            root=self.root,
            stack="infra",
            environment=environment,
            selection=by_workspace(environment),
            env=env,
            scratch=scratch,
        )

    def write(self, **files: str) -> None:
        """Write files of the stack; `main=` is `main.tf`."""
        write_tree(self.root / "infra", {f"{name}.tf": text for name, text in files.items()})

    def commands(self) -> list[str]:
        """What was started since the last time, by the word after the program's name."""
        started = self.log.read_text(encoding="utf-8").split() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return started


def real_bench(path: Path) -> Bench:
    """A bench with the real Terraform behind a wrapper that keeps count."""
    terraform = shutil.which("terraform")
    assert terraform, "the tests need terraform on PATH"
    wrapper, log = path / "bin" / "terraform", path / "starts.log"
    script = f'#!/bin/sh\necho "$1" >> "{log}"\nexec "{terraform}" "$@"\n'
    return _bench(path, wrapper, script, log)


def fake_bench(path: Path) -> Bench:
    """A bench with the Terraform of tests/fake."""
    log = path / "starts.log"
    script = f'#!/bin/sh\necho "$1" >> "{log}"\nexec "{FAKE}" "$@"\n'
    return _bench(path, path / "bin" / "terraform", script, log)


def _bench(path: Path, wrapper: Path, script: str, log: Path) -> Bench:
    write_tree(path, {"bin/terraform": script, "repository/infra/main.tf": BACKEND})
    wrapper.chmod(0o755)
    return Bench(path / "repository", Tool(name="terraform", path=str(wrapper), version="1.11.4"), log)


def quiet(_line: str) -> None:
    """Progress that nobody reads."""

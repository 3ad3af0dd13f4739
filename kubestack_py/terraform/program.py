"""Terraform or OpenTofu in the directory of one stack, for one environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.errors import KubestackError, TerraformError
from kubestack_py.system.interrupts import interrupts
from kubestack_py.system.process import Command, Completed, run
from kubestack_py.terraform.diagnostics import Diagnostic, joined
from kubestack_py.terraform.hints import Scene, hint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from kubestack_py.model.state import Selection
    from kubestack_py.system.tools import Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """How to run it: `root` is the repository, `stack` a directory in it, `env` the overlay of `scrub`.

    `selection` says whose state it works on.
    """

    tool: Tool
    root: Path
    stack: str
    environment: str
    env: Mapping[str, str | None]
    selection: Selection

    @property
    def directory(self) -> Path:
        """Where Terraform runs."""
        return self.root / self.stack

    @property
    def scene(self) -> Scene:
        """The same in words that commands for people are made of."""
        return Scene(
            tool=self.tool.name, stack=self.stack, environment=self.environment, selection=self.selection
        )

    def run(
        self,
        verb: str,
        *args: str,
        on_line: Callable[[str], None] | None = None,
        selection: Selection | None = None,
    ) -> Completed:
        """Run one command on the environment's state, or on another one; returns for exit codes 0 and 1.

        An interrupt is passed on to it. Raises `TerraformError` for any other end, or the
        interrupt's error when there was one.
        """
        command = Command(
            argv=(self.tool.path, verb, *args),
            cwd=self.directory,
            env={**self.env, **(selection or self.selection).variables},
            ok=(0, 1),
            error=TerraformError,
            interruptible=True,
            purpose=self._purpose(verb),
        )
        try:
            return run(command, on_line)
        except TerraformError as error:
            if interrupts.requested:
                raise _interrupted(str(error)) from error
            raise

    def failure(
        self, verb: str, errors: Sequence[Diagnostic], said: str = "", advice: str = ""
    ) -> KubestackError:
        """What to raise for a command that ended with 1: the interrupt if there was one, else its errors.

        `said` is shown where there are no errors to show, `advice` replaces the usual hint.
        """
        detail = joined(errors) or said.strip()
        advice = advice or hint(errors, self.scene)
        if interrupts.requested:
            return _interrupted(detail, advice)
        return TerraformError(f"{self._purpose(verb)} failed", detail=detail, hint=advice)

    def _purpose(self, verb: str) -> str:
        return f"{self.tool.name} {verb} of {self.stack} for {self.environment}"


def _interrupted(detail: str, advice: str = "") -> KubestackError:
    error = interrupts.error()
    error.detail = detail
    error.hint = advice or error.hint
    return error

"""Plan and apply one stack in one environment with Terraform or OpenTofu."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.errors import KubestackError, TerraformError
from kubestack_py.model.changes import PlannedStack
from kubestack_py.system.files import disk_errors
from kubestack_py.system.interrupts import interrupts
from kubestack_py.system.process import Command, Completed, run
from kubestack_py.terraform.diagnostics import joined
from kubestack_py.terraform.hints import Scene, errored_state_hint, hint
from kubestack_py.terraform.initialise import Initialisation
from kubestack_py.terraform.layout import keep_errored_state, variables_file
from kubestack_py.terraform.ui import Listener

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kubestack_py.system.tools import Tool
    from kubestack_py.terraform.ui import Progress

LOCK_TIMEOUT = "60s"


@dataclass(frozen=True, slots=True, kw_only=True)
class TerraformStack:
    """One stack in one environment.

    `root` is the repository, `stack` the directory of the root module relative to it, `environment`
    the workspace. `env` is the overlay of `environment.scrub`. `scratch` is a private directory of
    the caller for plan files: they hold secrets in the clear.

    The workspace is chosen by `TF_WORKSPACE` for each command, so that environments can be worked on
    at once in one directory; Terraform creates one that is missing.
    """

    tool: Tool
    root: Path
    stack: str
    environment: str
    env: Mapping[str, str | None]
    scratch: Path

    def plan(self, progress: Progress) -> PlannedStack:
        """Plan to a file and read it. Initialises the directory when needed.

        `progress` gets a short line for what happens. Raises `TerraformError` with what Terraform
        complains about, or the interrupt's error.
        """
        file = self._plan_file()
        initialisation = Initialisation(
            tool=self.tool, directory=self._directory, scene=self._scene, env=self.env
        )
        initialisation.ensure(progress)
        listener = self._plan_to(file, progress)
        if listener.wants_init:
            initialisation.ensure(progress, force=True)
            listener = self._plan_to(file, progress)
        if listener.errors:
            raise self._error("plan", listener)
        return self._read(file)

    def apply(self, planned: PlannedStack, progress: Progress) -> None:
        """Apply exactly this plan; nothing is run when it is empty.

        Raises `TerraformError` when the plan is another stack's or environment's: a workspace is not
        part of what Terraform checks before 1.15.
        """
        self._check_own(planned)
        if planned.changes.is_empty:
            return
        listener = Listener(self.stack, progress)
        args = ("apply", "-json", "-input=false", f"-lock-timeout={LOCK_TIMEOUT}", planned.plan_file)
        done = run(self._command(args), listener)
        if done.code or listener.errors:
            raise self._error("apply", listener, done)

    @property
    def _directory(self) -> Path:
        return self.root / self.stack

    @property
    def _scene(self) -> Scene:
        return Scene(tool=self.tool.name, stack=self.stack, environment=self.environment)

    def _plan_file(self) -> Path:
        directory = self.scratch / _slug(self.environment) / _slug(self.stack)
        with disk_errors(f"make {directory}"):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return directory / "plan.tfplan"

    def _plan_to(self, file: Path, progress: Progress) -> Listener:
        """Run the plan; complaints are left to the caller, who may know a remedy."""
        listener = Listener(self.stack, progress)
        variables = variables_file(self._directory, self.environment)
        args = ["plan", "-json", "-input=false", f"-lock-timeout={LOCK_TIMEOUT}", f"-out={file}"]
        if variables:
            args.append(f"-var-file={variables.name}")
        done = run(self._command(tuple(args)), listener)
        if done.code and not listener.errors:
            raise self._error("plan", listener, done)
        return listener

    def _read(self, file: Path) -> PlannedStack:
        from kubestack_py.terraform.plan import read_plan

        done = run(self._command(("show", "-json", "-no-color", str(file))))
        if done.code:
            raise self._error("show", done=done)
        changes, sensitive = read_plan(done.out, stack=self.stack, environment=self.environment)
        return PlannedStack(
            changes=changes,
            plan_file=str(file),
            tool=f"{self.tool.name} {self.tool.version}",
            sensitive=sensitive,
        )

    def _check_own(self, planned: PlannedStack) -> None:
        made_for = (planned.changes.stack, planned.changes.environment)
        if made_for != (self.stack, self.environment) or planned.plan_file != str(self._plan_file()):
            raise TerraformError(
                f"the plan of {made_for[0]} for {made_for[1]} ({planned.plan_file or 'without a file'}) "
                f"is not one of {self.stack} for {self.environment}",
                hint="Plan again in the same run; plans are not carried between stacks or environments.",
            )

    def _command(self, args: tuple[str, ...]) -> Command:
        return Command(
            argv=(self.tool.path, *args),
            cwd=self._directory,
            env={**self.env, "TF_WORKSPACE": self.environment},
            ok=(0, 1),
            error=TerraformError,
            interruptible=True,
            purpose=self._purpose(args[0]),
        )

    def _purpose(self, verb: str) -> str:
        return f"{self.tool.name} {verb} of {self.stack} for {self.environment}"

    def _error(
        self, verb: str, listener: Listener | None = None, done: Completed | None = None
    ) -> KubestackError:
        """What to raise for a command that failed: the interrupt, if there was one, else its errors."""
        errors = listener.errors if listener else []
        stray = [*(listener.stray if listener else ()), done.err if done else ""]
        detail = joined(errors) or "\n".join(stray).strip()
        advice = hint(errors, self._scene)
        if any(error.leaves_state_aside for error in errors):
            advice = errored_state_hint(self._scene, keep_errored_state(self._directory, self.environment))
        if interrupts.requested:
            error: KubestackError = interrupts.error()
            error.detail, error.hint = detail, advice or error.hint
            return error
        return TerraformError(f"{self._purpose(verb)} failed", detail=detail, hint=advice)


def _slug(name: str) -> str:
    """A file name that is safe, readable, and different for different names."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9_-]+', '-', name)[:60]}-{digest}"

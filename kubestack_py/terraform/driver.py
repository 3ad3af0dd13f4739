"""Plan and apply one stack in one environment with Terraform or OpenTofu."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.errors import TerraformError
from kubestack_py.model.changes import PlannedStack
from kubestack_py.model.state import ENVIRONMENT_VARIABLE
from kubestack_py.system.files import disk_errors, write_atomically
from kubestack_py.terraform.environment import LOCK_SECONDS
from kubestack_py.terraform.hints import errored_state_hint
from kubestack_py.terraform.initialise import Initialisation
from kubestack_py.terraform.layout import keep_errored_state, variables_file
from kubestack_py.terraform.program import Program
from kubestack_py.terraform.ui import Listener

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kubestack_py.errors import KubestackError
    from kubestack_py.model.saved import TerraformBinding
    from kubestack_py.model.state import Selection
    from kubestack_py.system.process import Completed
    from kubestack_py.system.tools import Tool
    from kubestack_py.terraform.outputs import Outputs
    from kubestack_py.terraform.ui import Progress

_OPTIONS = ("-json", "-input=false")


@dataclass(frozen=True, slots=True, kw_only=True)
class TerraformStack:
    """One stack in one environment.

    `root` is the repository, `stack` the directory of the root module relative to it, `selection` whose
    state it works on. `env` is the overlay of `environment.scrub`. `scratch` is a private directory of
    the caller for plan files: they hold secrets in the clear. `lock_seconds` is how long a state lock is
    waited for.

    The state is selected for each command by the process environment, so that environments can be worked
    on at once in one directory; Terraform creates a workspace that is missing.
    """

    tool: Tool
    root: Path
    stack: str
    environment: str
    selection: Selection
    env: Mapping[str, str | None]
    scratch: Path
    lock_seconds: int = LOCK_SECONDS

    def plan(self, progress: Progress) -> PlannedStack:
        """Plan to a file and read it. Initialises the directory when needed.

        `progress` gets a short line for what happens. Raises `TerraformError` with what Terraform
        complains about, or the interrupt's error.
        """
        return self._read(self._plan_to_file(progress))

    def binding(self, progress: Progress) -> TerraformBinding:
        """What a plan made now rests on. Initialises the directory when needed; raises `TerraformError`."""
        from kubestack_py.terraform.binding import read_binding

        Initialisation(self._program).ensure(progress)
        return read_binding(self._program)

    def restore(self, content: bytes) -> PlannedStack:
        """A plan file that was saved elsewhere, read and ready for `apply`.

        The caller has compared its binding with `binding`. Raises `TerraformError` when Terraform
        cannot read it.
        """
        file = self._plan_file()
        write_atomically(file, content, mode=0o600)
        return self._read(file)

    def drift(self, progress: Progress) -> PlannedStack:
        """What was changed outside of Terraform since the last apply; changes of the files do not count.

        The result has no plan file and cannot be applied. Raises like `plan`.
        """
        from kubestack_py.terraform.plan import read_drift

        document = self._show(self._plan_to_file(progress, "-refresh-only"))
        changes, sensitive = read_drift(document, stack=self.stack, environment=self.environment)
        return PlannedStack(changes=changes, sensitive=sensitive)

    def outputs(self, progress: Progress) -> Outputs:
        """What the state says of the outputs. Initialises when needed; raises `TerraformError`."""
        from kubestack_py.terraform.outputs import read_outputs

        Initialisation(self._program).ensure(progress)
        done = self._program.run("output", "-json", "-no-color")
        if done.code:
            raise self._program.failure("output", (), said=done.err)
        return read_outputs(done.out)

    def apply(self, planned: PlannedStack, progress: Progress) -> None:
        """Apply exactly this plan; nothing is run when it is empty.

        Raises `TerraformError` when the plan is another stack's or environment's (Terraform itself
        compares workspaces only since 1.15), with what Terraform complains about, or the
        interrupt's error.
        """
        self._check_own(planned)
        if planned.changes.is_empty:
            return
        listener = Listener(self.stack, progress)
        done = self._program.run("apply", *self._options, planned.plan_file, on_line=listener)
        if done.code:
            raise self._failure("apply", listener, done)

    @property
    def _program(self) -> Program:
        return Program(
            tool=self.tool,
            root=self.root,
            stack=self.stack,
            environment=self.environment,
            env=self.env,
            selection=self.selection,
        )

    @property
    def _options(self) -> tuple[str, ...]:
        return (*_OPTIONS, f"-lock-timeout={self.lock_seconds}s")

    def _plan_file(self) -> Path:
        directory = self.scratch / _slug(self.environment) / _slug(self.stack)
        with disk_errors(f"make {directory}"):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return directory / "plan.tfplan"

    def _plan_to_file(self, progress: Progress, *options: str) -> Path:
        """Plan, after an init when one is needed, and after another one when Terraform asks for it."""
        file = self._plan_file()
        initialisation = Initialisation(self._program)
        initialisation.ensure(progress)
        done, listener = self._plan_once(file, progress, *options)
        if done.code and listener.wants_init:
            initialisation.ensure(progress, force=True)
            done, listener = self._plan_once(file, progress, *options)
        if done.code:
            raise self._failure("plan", listener, done)
        return file

    def _plan_once(self, file: Path, progress: Progress, *options: str) -> tuple[Completed, Listener]:
        listener = Listener(self.stack, progress)
        variables = variables_file(self._program.directory, self.environment)
        given = [f"-var-file={variables.name}"] if variables else []
        done = self._program.run("plan", *self._options, f"-out={file}", *given, *options, on_line=listener)
        return done, listener

    def _read(self, file: Path) -> PlannedStack:
        from kubestack_py.terraform.plan import is_confidential, read_plan

        document = self._show(file)
        changes, sensitive = read_plan(document, stack=self.stack, environment=self.environment)
        return PlannedStack(
            changes=changes,
            plan_file=str(file),
            tool=f"{self.tool.name} {self.tool.version}",
            sensitive=sensitive,
            confidential=is_confidential(document),
        )

    def _show(self, file: Path) -> bytes:
        done = self._program.run("show", "-json", "-no-color", str(file))
        if done.code:
            raise self._program.failure("show", (), said=done.err)
        if self.selection.address:
            self._check_environment(done.out)
        return done.out

    def _check_environment(self, document: bytes) -> None:
        """A file of variables wins over what `selection` says, and would plan another environment here."""
        from kubestack_py.terraform.plan import planned_environment

        planned = planned_environment(document)
        if planned not in {None, self.environment}:
            raise TerraformError(
                f"{self.stack} was planned with {ENVIRONMENT_VARIABLE} = {json.dumps(planned)} "
                f"on the state of {self.environment}",
                hint=f"Take `{ENVIRONMENT_VARIABLE}` out of *.tfvars: kubestack sets it.",
            )

    def _check_own(self, planned: PlannedStack) -> None:
        made_for = (planned.changes.stack, planned.changes.environment)
        if made_for != (self.stack, self.environment) or planned.plan_file != str(self._plan_file()):
            raise TerraformError(
                f"the plan of {made_for[0]} for {made_for[1]} ({planned.plan_file or 'without a file'}) "
                f"is not one of {self.stack} for {self.environment}",
                hint="Plan again in the same run; plans are not carried between stacks or environments.",
            )

    def _failure(self, verb: str, listener: Listener, done: Completed) -> KubestackError:
        """The error for a plan or an apply; a state that could not be saved is put aside first."""
        advice = ""
        if any(error.leaves_state_aside for error in listener.errors):
            file = keep_errored_state(self._program.directory, self.environment)
            advice = errored_state_hint(self._program.scene, file)
        said = "\n".join([*listener.stray, done.err])
        return self._program.failure(verb, listener.errors, said=said, advice=advice)


def _slug(name: str) -> str:
    """A file name that is safe, readable, and different for different names."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9_-]+', '-', name)[:60]}-{digest}"

"""Terraform stacks as the workflows see them; the work is in `terraform.driver`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from kubestack_py.errors import KubestackError
from kubestack_py.runner.selecting import selection_of
from kubestack_py.terraform.driver import TerraformStack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kubestack_py.model.changes import PlannedStack
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.model.saved import Binding, SavedPlan
    from kubestack_py.runner.engines import Planned
    from kubestack_py.runner.session import Session
    from kubestack_py.system.tools import Tool
    from kubestack_py.terraform.outputs import Outputs


class TerraformEngine:
    """One environment's state of every Terraform stack."""

    def __init__(
        self, session: Session, environment: Environment, progress: Callable[[str, str], None]
    ) -> None:
        self._session = session
        self._environment = environment
        self._progress = progress

    @property
    def tool(self) -> Tool:
        """Terraform or OpenTofu."""
        return self._session.terraform

    def plan(self, stacks: Sequence[Stack]) -> dict[str, Planned]:
        """Plan to a file, one stack after the other."""
        return {stack.path: self._look(stack.path, TerraformStack.plan) for stack in stacks}

    def drift(self, stacks: Sequence[Stack]) -> dict[str, Planned]:
        """What a refresh finds changed."""
        return {stack.path: self._look(stack.path, TerraformStack.drift) for stack in stacks}

    def apply(self, planned: Mapping[str, PlannedStack]) -> None:
        """Apply exactly these plan files."""
        for path, plan in planned.items():
            self._stack(path).apply(plan, partial(self._progress, path))

    def binding(self, stack: Stack) -> Binding:
        """Workspace, backend, state, lock file and version."""
        return self._stack(stack.path).binding(partial(self._progress, stack.path))

    def restore(self, saved: SavedPlan) -> PlannedStack:
        """The plan file, put where an apply takes it from."""
        return self._stack(saved.stack).restore(saved.file)

    def outputs(self, stack: str) -> Outputs:
        """What the state of a stack says of its outputs."""
        return self._stack(stack).outputs(partial(self._progress, stack))

    def _look(
        self, path: str, look: Callable[[TerraformStack, Callable[[str], None]], PlannedStack]
    ) -> Planned:
        self._progress(path, "planning")
        try:
            return look(self._stack(path), partial(self._progress, path))
        except KubestackError as error:
            return error

    def _stack(self, path: str) -> TerraformStack:
        place = self._session.place
        return TerraformStack(
            tool=self.tool,
            root=self._session.root,
            stack=path,
            environment=self._environment.name,
            selection=selection_of(self._session, self._environment, path),
            env=self._session.terraform_env,
            scratch=place.scratch,
            lock_seconds=place.lock_seconds,
        )

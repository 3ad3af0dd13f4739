"""Plan and apply units of stacks: Terraform through its driver, Kustomize through the rendered branch."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubestack_py.delivery.rendered import RenderedBranch
from kubestack_py.errors import KubestackError, KustomizeError
from kubestack_py.kustomize.build import Overlay, Rendered, build
from kubestack_py.kustomize.diff import difference
from kubestack_py.model.changes import PlannedStack
from kubestack_py.model.platform import StackKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.runner.schedule import Unit
    from kubestack_py.runner.session import Session
    from kubestack_py.terraform.driver import TerraformStack

Planned = PlannedStack | KubestackError


@dataclass(kw_only=True)
class Engine:
    """Both tools for one environment at one commit.

    `commit` is what deliveries name as their source; empty where only plans are made. Manifests are
    rendered once, for all Kustomize stacks of `stacks` together.
    """

    session: Session
    environment: Environment
    commit: str
    stacks: Sequence[Stack]
    _rendered: Mapping[str, Rendered | KustomizeError] | None = field(init=False, default=None)
    _rendering: threading.Lock = field(init=False, default_factory=threading.Lock)

    def plan(self, unit: Unit) -> dict[str, Planned]:
        """What applying each stack of a unit would do, or the error that kept it from being planned."""
        if unit.stacks[0].kind is StackKind.TERRAFORM:
            stack = unit.stacks[0].path
            try:
                return {stack: self._terraform(stack).plan(lambda line: self._progress(stack, line))}
            except KubestackError as error:
                return {stack: error}
        return {stack.path: self._difference(stack.path) for stack in unit.stacks}

    def apply(self, unit: Unit, planned: Mapping[str, PlannedStack]) -> None:
        """Carry out what was planned for a unit: that very plan file, or those very manifests."""
        first = unit.stacks[0]
        if first.kind is StackKind.TERRAFORM:
            plan = planned[first.path]
            self._terraform(first.path).apply(plan, lambda line: self._progress(first.path, line))
            return
        everything = self._render()
        changed = [everything[path] for path, plan in planned.items() if not plan.changes.is_empty]
        rendered = [item for item in changed if isinstance(item, Rendered)]
        if rendered:
            tip = self._branch().deliver(rendered, source=self.commit)
            for item in rendered:
                self._progress(item.stack, f"delivered to {self.environment.rendered_branch} as {tip[:8]}")

    def tool_versions(self, stack: Stack) -> dict[str, str]:
        """The program that did the work, for the record."""
        tool = self.session.terraform if stack.kind is StackKind.TERRAFORM else self.session.kustomize
        return {tool.name: tool.version}

    def _difference(self, stack: str) -> Planned:
        rendered = self._render()[stack]
        if isinstance(rendered, KustomizeError):
            return rendered
        for warning in rendered.warnings:
            self.session.console.warn(f"{stack} ({self.environment.name}): {warning}")
        delivered = self._branch().delivered(stack)
        changes = difference(stack, self.environment.name, delivered, rendered.manifests)
        return PlannedStack(changes=changes)

    def _render(self) -> Mapping[str, Rendered | KustomizeError]:
        """Every overlay of this environment, rendered when the first unit asks for it."""
        with self._rendering:
            if self._rendered is None:
                overlays = [
                    Overlay(stack=stack.path, path=f"{stack.path}/overlays/{self.environment.name}")
                    for stack in self.stacks
                    if stack.kind is StackKind.KUSTOMIZE
                ]
                place = self.session.place
                scratch = place.scratch / "kustomize" / self.environment.name
                scratch.mkdir(parents=True, exist_ok=True)
                self._rendered = build(
                    self.session.kustomize, self.session.root, overlays, scratch, place.parallel
                )
            return self._rendered

    def _branch(self) -> RenderedBranch:
        return RenderedBranch(git=self.session.git, environment=self.environment, remote=self.session.remote)

    def _terraform(self, stack: str) -> TerraformStack:
        from kubestack_py.terraform.driver import TerraformStack

        place = self.session.place
        return TerraformStack(
            tool=self.session.terraform,
            root=self.session.root,
            stack=stack,
            environment=self.environment.name,
            env=place.tool_env,
            scratch=place.scratch,
        )

    def _progress(self, stack: str, line: str) -> None:
        self.session.console.say(f"  {stack} ({self.environment.name}): {line}")

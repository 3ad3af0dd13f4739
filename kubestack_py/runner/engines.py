"""The seam between the workflows and the tools: what plans, applies and looks for drift."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from kubestack_py.errors import KubestackError
from kubestack_py.model.changes import PlannedStack
from kubestack_py.model.platform import Delivery, StackKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubestack_py.model.evidence import VerificationResult
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.model.saved import Binding, SavedPlan
    from kubestack_py.runner.kubectl_engine import KubectlEngine
    from kubestack_py.runner.overlays import Overlays
    from kubestack_py.runner.schedule import Unit
    from kubestack_py.runner.session import Session
    from kubestack_py.system.tools import Tool

Planned = PlannedStack | KubestackError
_PASSING = ("planning", ": refreshing", ": reading")


class Engine(Protocol):
    """What one tool can do with the stacks of a unit, in one environment at one commit.

    Results are by stack; a stack that cannot be planned has its error as the result, so that the
    others of its unit go on.
    """

    @property
    def tool(self) -> Tool:
        """The program that does the work."""

    def plan(self, stacks: Sequence[Stack]) -> dict[str, Planned]:
        """What applying each stack would do."""

    def drift(self, stacks: Sequence[Stack]) -> dict[str, Planned]:
        """What changed in the environment without a commit."""

    def apply(self, planned: Mapping[str, PlannedStack]) -> None:
        """Carry out exactly what was planned."""

    def binding(self, stack: Stack) -> Binding:
        """What a plan of a stack rests on now."""

    def restore(self, saved: SavedPlan) -> PlannedStack:
        """A plan that another job made and that still fits, ready to be applied as it is."""


class Engines:
    """The engines for one environment, each made when the first stack of its kind needs it.

    `commit` is what deliveries name as their source; empty where nothing is applied. `stacks` are
    all that this run is about, so that what can be done for all at once is done once.
    """

    def __init__(
        self, session: Session, environment: Environment, stacks: Sequence[Stack], commit: str = ""
    ) -> None:
        self._session = session
        self._environment = environment
        self._stacks = stacks
        self._commit = commit

    def plan(self, unit: Unit) -> dict[str, Planned]:
        """What applying each stack of a unit would do, or the error that kept it from being planned."""
        return self._engine(unit.stacks[0]).plan(unit.stacks)

    def drift(self, unit: Unit) -> dict[str, Planned]:
        """What changed in the environment without a commit, or the error that kept it from being seen."""
        return self._engine(unit.stacks[0]).drift(unit.stacks)

    def apply(self, unit: Unit, planned: Mapping[str, PlannedStack]) -> None:
        """Carry out what was planned for a unit: that very plan file, or those very manifests."""
        self._engine(unit.stacks[0]).apply(planned)

    def binding(self, stack: Stack) -> Binding:
        """What a plan of a stack rests on now; to be asked again before a saved plan is applied."""
        return self._engine(stack).binding(stack)

    def restore(self, stack: Stack, saved: SavedPlan) -> PlannedStack:
        """A plan that another job made, ready to be applied as it is. Its binding was compared before."""
        return self._engine(stack).restore(saved)

    def tool_versions(self, stack: Stack) -> dict[str, str]:
        """The program that does the work for a stack, for the record."""
        tool = self._engine(stack).tool
        return {tool.name: tool.version}

    def wait(self, stacks: Sequence[Stack]) -> dict[str, tuple[VerificationResult, ...]]:
        """Wait until what was delivered has arrived: rolled out by kubectl, or taken by an operator.

        Nothing for stacks where the settings ask for neither.
        """
        from kubestack_py.runner.syncing import wait_for_sync

        chosen = [stack for stack in stacks if stack.delivery is Delivery.KUBECTL]
        rolled_out = self._kubectl.wait(chosen) if chosen and self._session.platform.verify.rollout else {}
        return rolled_out | wait_for_sync(self._session, self._environment, stacks)

    def _engine(self, stack: Stack) -> Engine:
        if stack.kind is StackKind.TERRAFORM:
            return self._terraform
        return self._kubectl if stack.delivery is Delivery.KUBECTL else self._kustomize

    @cached_property
    def _terraform(self) -> Engine:
        from kubestack_py.runner.terraform_engine import TerraformEngine

        return TerraformEngine(self._session, self._environment, self._progress)

    @cached_property
    def _kustomize(self) -> Engine:
        from kubestack_py.runner.kustomize_engine import KustomizeEngine

        return KustomizeEngine(self._session, self._environment, self._overlays, self._commit, self._progress)

    @cached_property
    def _kubectl(self) -> KubectlEngine:
        from kubestack_py.runner.kubectl_engine import KubectlEngine

        return KubectlEngine(self._session, self._environment, self._overlays, self._progress)

    @cached_property
    def _overlays(self) -> Overlays:
        from kubestack_py.runner.overlays import Overlays

        own = [stack for stack in self._stacks if stack.kind is StackKind.KUSTOMIZE]
        return Overlays(self._session, self._environment, own)

    def _progress(self, stack: str, line: str) -> None:
        """Say what happens; what only passes by is drawn over, where the terminal can do that."""
        console = self._session.console
        text = f"  {stack} ({self._environment.name}): {line}"
        if line.endswith(_PASSING):
            console.transient(text)
        else:
            console.say(text)

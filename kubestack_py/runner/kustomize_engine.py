"""Kustomize stacks as the workflows see them: render, compare with the rendered branch, deliver."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from kubestack_py.delivery.rendered import RenderedBranch
from kubestack_py.errors import KubestackError
from kubestack_py.kustomize.build import Rendered
from kubestack_py.kustomize.diff import difference
from kubestack_py.model.changes import PlannedStack
from kubestack_py.model.saved import KustomizeBinding
from kubestack_py.runner.arriving import refuse_encrypted
from kubestack_py.runner.overlays import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.model.saved import Binding, SavedPlan
    from kubestack_py.runner.engines import Planned
    from kubestack_py.runner.overlays import Overlays
    from kubestack_py.runner.session import Session
    from kubestack_py.system.tools import Tool


class KustomizeEngine:
    """One environment's overlays, and the branch they are delivered to."""

    def __init__(
        self,
        session: Session,
        environment: Environment,
        overlays: Overlays,
        commit: str,
        progress: Callable[[str, str], None],
    ) -> None:
        self._session = session
        self._environment = environment
        self._overlays = overlays
        self._commit = commit
        self._progress = progress
        self._branch = RenderedBranch(
            git=session.git, environment=environment, remote=session.remote, stacks=session.stacks
        )
        self._lock = threading.RLock()

    @property
    def tool(self) -> Tool:
        """kubectl or kustomize."""
        return self._session.kustomize

    def plan(self, stacks: Sequence[Stack]) -> dict[str, Planned]:
        """How what the overlays render differs from what the branch holds."""
        return {stack.path: self._difference(stack) for stack in stacks}

    def drift(self, stacks: Sequence[Stack]) -> dict[str, Planned]:
        """How what the branch holds differs from what was delivered last: somebody else's commits."""
        drift: dict[str, Planned] = {}
        for stack in stacks:
            with self._lock:
                ours, now = self._branch.last_delivery(stack.path), self._branch.delivered(stack.path)
            changes = difference(stack.path, self._environment.name, ours, tuple(now.values()))
            drift[stack.path] = PlannedStack(changes=changes)
        return drift

    def apply(self, planned: Mapping[str, PlannedStack]) -> None:
        """Deliver the stacks that differ, in one commit."""
        changed = [path for path, plan in planned.items() if not plan.changes.is_empty]
        everything = self._overlays.all()
        rendered = [item for path in changed if isinstance(item := everything[path], Rendered)]
        if rendered:
            with self._lock:
                tip = self._branch.deliver(rendered, source=self._commit)
            for item in rendered:
                self._progress(item.stack, f"delivered to {self._environment.rendered_branch} as {tip[:8]}")

    def binding(self, stack: Stack) -> Binding:
        """Digests of what the overlay renders and of what the branch holds."""
        rendered = self._overlays.one(stack.path)
        with self._lock:
            delivered = self._branch.delivered(stack.path).values()
        return KustomizeBinding(rendered=digest_of(rendered.manifests), delivered=digest_of(delivered))

    def restore(self, saved: SavedPlan) -> PlannedStack:
        """The same plan made again: nothing was saved but the digests that it was compared by."""
        planned = self._difference(next(item for item in self._session.stacks if item.path == saved.stack))
        if isinstance(planned, KubestackError):
            raise planned
        return planned

    def _difference(self, stack: Stack) -> Planned:
        try:
            rendered = self._overlays.one(stack.path).manifests
            refuse_encrypted(self._session, self._environment, stack, rendered)
        except KubestackError as error:
            return error
        with self._lock:
            delivered = self._branch.delivered(stack.path)
        changes = difference(stack.path, self._environment.name, delivered, rendered)
        return PlannedStack(changes=changes, manifests=rendered)

"""Kustomize stacks as the workflows see them: render, compare with the rendered branch, deliver."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

from kubestack_py.delivery.rendered import RenderedBranch
from kubestack_py.errors import KubestackError, KustomizeError
from kubestack_py.kustomize.build import Overlay, Rendered, build
from kubestack_py.kustomize.diff import difference
from kubestack_py.model.changes import PlannedStack
from kubestack_py.model.saved import KustomizeBinding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from kubestack_py.model.manifest import Manifest
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.model.saved import Binding, SavedPlan
    from kubestack_py.runner.engines import Planned
    from kubestack_py.runner.session import Session
    from kubestack_py.system.tools import Tool


class KustomizeEngine:
    """One environment's overlays, rendered once and together, and the branch they are delivered to."""

    def __init__(
        self,
        session: Session,
        environment: Environment,
        stacks: Sequence[Stack],
        commit: str,
        progress: Callable[[str, str], None],
    ) -> None:
        self._session = session
        self._environment = environment
        self._stacks = stacks
        self._commit = commit
        self._progress = progress
        self._branch = RenderedBranch(git=session.git, environment=environment, remote=session.remote)
        self._rendered: Mapping[str, Rendered | KustomizeError] | None = None
        self._lock = threading.RLock()

    @property
    def tool(self) -> Tool:
        """kubectl or kustomize."""
        return self._session.kustomize

    def plan(self, stacks: Sequence[Stack]) -> dict[str, Planned]:
        """How what the overlays render differs from what the branch holds."""
        return {stack.path: self._difference(stack.path) for stack in stacks}

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
        everything = self._render()
        rendered = [item for path in changed if isinstance(item := everything[path], Rendered)]
        if rendered:
            with self._lock:
                tip = self._branch.deliver(rendered, source=self._commit)
            for item in rendered:
                self._progress(item.stack, f"delivered to {self._environment.rendered_branch} as {tip[:8]}")

    def binding(self, stack: Stack) -> Binding:
        """Digests of what the overlay renders and of what the branch holds."""
        rendered = self._render()[stack.path]
        if isinstance(rendered, KustomizeError):
            raise rendered
        with self._lock:
            delivered = self._branch.delivered(stack.path).values()
        return KustomizeBinding(rendered=_digest(rendered.manifests), delivered=_digest(delivered))

    def restore(self, saved: SavedPlan) -> PlannedStack:
        """The same plan made again: nothing was saved but the digests that it was compared by."""
        planned = self._difference(saved.stack)
        if isinstance(planned, KubestackError):
            raise planned
        return planned

    def _difference(self, stack: str) -> Planned:
        rendered = self._render()[stack]
        if isinstance(rendered, KustomizeError):
            return rendered
        with self._lock:
            delivered = self._branch.delivered(stack)
        changes = difference(stack, self._environment.name, delivered, rendered.manifests)
        return PlannedStack(changes=changes, manifests=rendered.manifests)

    def _render(self) -> Mapping[str, Rendered | KustomizeError]:
        """Every overlay of this environment, rendered when the first unit asks for it."""
        with self._lock:
            if self._rendered is None:
                place = self._session.place
                scratch = place.scratch / "kustomize" / self._environment.name
                scratch.mkdir(parents=True, exist_ok=True)
                overlays = [
                    Overlay(stack=stack.path, path=f"{stack.path}/overlays/{self._environment.name}")
                    for stack in self._stacks
                ]
                self._rendered = build(self.tool, self._session.root, overlays, scratch, place.parallel)
                self._warn(self._rendered.values())
            return self._rendered

    def _warn(self, results: Iterable[Rendered | KustomizeError]) -> None:
        for result in results:
            if isinstance(result, Rendered):
                for warning in result.warnings:
                    self._session.console.warn(f"{result.stack} ({self._environment.name}): {warning}")


def _digest(manifests: Iterable[Manifest]) -> str:
    """SHA-256 over objects in the order of their addresses."""
    digest = hashlib.sha256()
    for manifest in sorted(manifests, key=lambda item: item.address):
        for part in (manifest.address.encode(), manifest.content):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()

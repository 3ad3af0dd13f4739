"""The overlays of one environment, rendered once and together, for whoever delivers them."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

from kubestack_py.errors import KustomizeError
from kubestack_py.kustomize.build import Overlay, Rendered, build

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kubestack_py.model.manifest import Manifest
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.runner.session import Session


class Overlays:
    """Every overlay of these stacks in an environment, rendered when the first is asked for."""

    def __init__(self, session: Session, environment: Environment, stacks: Sequence[Stack]) -> None:
        self._session = session
        self._environment = environment
        self._stacks = stacks
        self._rendered: Mapping[str, Rendered | KustomizeError] | None = None
        self._lock = threading.RLock()

    def all(self) -> Mapping[str, Rendered | KustomizeError]:
        """What each stack renders, or why it does not."""
        with self._lock:
            if self._rendered is None:
                place = self._session.place
                scratch = place.scratch / "kustomize" / self._environment.name
                scratch.mkdir(parents=True, exist_ok=True)
                overlays = [
                    Overlay(stack=stack.path, path=stack.overlay(self._environment.name))
                    for stack in self._stacks
                ]
                session = self._session
                self._rendered = build(session.kustomize, session.root, overlays, scratch, place.parallel)
                self._warn(self._rendered.values())
            return self._rendered

    def one(self, stack: str) -> Rendered:
        """What a stack renders. Raises its `KustomizeError`."""
        rendered = self.all()[stack]
        if isinstance(rendered, KustomizeError):
            raise rendered
        return rendered

    def _warn(self, results: Iterable[Rendered | KustomizeError]) -> None:
        for result in results:
            if isinstance(result, Rendered):
                for warning in result.warnings:
                    self._session.console.warn(f"{result.stack} ({self._environment.name}): {warning}")


def digest_of(manifests: Iterable[Manifest]) -> str:
    """SHA-256 over objects in the order of their addresses."""
    digest = hashlib.sha256()
    for manifest in sorted(manifests, key=lambda item: item.address):
        for part in (manifest.address.encode(), manifest.content):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()

"""Kustomize stacks that kubectl delivers, as the workflows see them: rehearse, apply, wait."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from kubestack_py.delivery.kubectl.api import Cluster
from kubestack_py.delivery.kubectl.applying import PlanApply
from kubestack_py.delivery.kubectl.objects import manifest
from kubestack_py.delivery.kubectl.planning import Wanted, prepare, upcoming
from kubestack_py.delivery.kubectl.rollout import Rollout
from kubestack_py.delivery.kubectl.sops import decrypted, is_encrypted, secret_texts
from kubestack_py.errors import ConfigurationError, KubestackError
from kubestack_py.kustomize.build import Rendered
from kubestack_py.kustomize.diff import difference
from kubestack_py.model.changes import PlannedStack
from kubestack_py.model.evidence import VerificationResult
from kubestack_py.model.saved import KustomizeBinding
from kubestack_py.runner.arriving import refuse_encrypted
from kubestack_py.runner.overlays import digest_of
from kubestack_py.runner.past_overlays import render_past

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kubestack_py.delivery.kubectl.api import Kind
    from kubestack_py.delivery.kubectl.planning import Prepared, Upcoming
    from kubestack_py.model.manifest import Manifest
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.model.saved import Binding, SavedPlan
    from kubestack_py.runner.engines import Planned
    from kubestack_py.runner.overlays import Overlays
    from kubestack_py.runner.session import Session
    from kubestack_py.system.tools import Tool


class KubectlEngine:
    """One environment's overlays, and the cluster they are applied to."""

    def __init__(
        self,
        session: Session,
        environment: Environment,
        overlays: Overlays,
        progress: Callable[[str, str], None],
    ) -> None:
        self._session = session
        self._environment = environment
        self._overlays = overlays
        self._progress = progress
        self._prepared: dict[str, Prepared] = {}
        self._kinds: Mapping[tuple[str, str], Kind] | None = None
        self._lock = threading.RLock()
        self._cluster = open_cluster(session, environment)

    @property
    def tool(self) -> Tool:
        """kubectl."""
        return self._session.kubectl

    def plan(self, stacks: Sequence[Stack]) -> dict[str, Planned]:
        """What the API server says that applying would change."""
        return {stack.path: self._attempt(self._plan, stack) for stack in stacks}

    def drift(self, stacks: Sequence[Stack]) -> dict[str, Planned]:
        """How the cluster differs from what the last delivery would make of it, also in fields taken over."""
        return {stack.path: self._attempt(self._drift, stack) for stack in stacks}

    def apply(self, planned: Mapping[str, PlannedStack]) -> None:
        """Apply what differs and delete what is no longer rendered, one stack after the other."""
        verify = self._session.platform.verify
        for path in planned:
            prepared = self._prepared[path]
            if prepared.is_due:
                say = partial(self._progress, path)
                stack = next(stack for stack in self._session.stacks if stack.path == path)
                work = PlanApply(self._cluster, prepared, say, force=stack.force_conflicts)
                work.run(verify.rollout_timeout if verify.rollout else 0)
                with self._lock:
                    self._kinds = None  # it may have brought definitions

    def wait(self, stacks: Sequence[Stack]) -> dict[str, tuple[VerificationResult, ...]]:
        """Wait for the rollout of stacks, each for as long as the settings say."""
        return {stack.path: (self._wait(stack),) for stack in stacks}

    def binding(self, stack: Stack) -> Binding:
        """Digests of what the overlay renders, and of what the cluster holds of it."""
        rendered = self._overlays.one(stack.path).manifests
        before = self._prepare(stack, rendered, force=stack.force_conflicts)[0].before
        return KustomizeBinding(rendered=digest_of(rendered), delivered=digest_of(before.values()))

    def restore(self, saved: SavedPlan) -> PlannedStack:
        """The same plan made again: nothing was saved but the digests that it was compared by."""
        return self._plan(next(stack for stack in self._session.stacks if stack.path == saved.stack))

    def _attempt(self, look: Callable[[Stack], PlannedStack], stack: Stack) -> Planned:
        self._progress(stack.path, "planning")
        try:
            return look(stack)
        except KubestackError as error:
            return error

    def _plan(self, stack: Stack) -> PlannedStack:
        rendered = self._overlays.one(stack.path).manifests
        prepared, secrets = self._prepare(stack, rendered, force=stack.force_conflicts)
        self._prepared[stack.path] = prepared
        return PlannedStack(
            changes=prepared.changes,
            manifests=rendered,
            sensitive=secrets,
            confidential=any(item.kind == "Secret" for item in rendered),
        )

    def _drift(self, stack: Stack) -> PlannedStack:
        delivered = self._session.history().delivered(self._environment.name, stack.path)
        if delivered is None:
            return PlannedStack(changes=difference(stack.path, self._environment.name, {}, ()))
        rendered = render_past(self._session, self._environment, stack, delivered.commit)
        prepared, secrets = self._prepare(stack, rendered, force=True)
        ours = {item.address: item for item in prepared.after}
        now = list(prepared.before.values())
        changes = difference(stack.path, self._environment.name, ours, now, prepared.masked)
        return PlannedStack(changes=changes, sensitive=secrets)

    def _prepare(
        self, stack: Stack, rendered: Sequence[Manifest], *, force: bool
    ) -> tuple[Prepared, tuple[str, ...]]:
        """The plan, and the texts that were decrypted for it."""
        refuse_encrypted(self._session, self._environment, stack, rendered)
        env, root = self._session.place.tool_env, self._session.root
        clear = [decrypted(item, lambda: self._session.sops, root, env) for item in rendered]
        pairs = zip(rendered, clear, strict=True)
        secrets = {text for item, value in pairs for text in secret_texts(item.document, value)}
        self._session.console.mask(secrets)
        wanted = Wanted(
            stack=stack.path,
            environment=self._environment.name,
            manifests=[manifest(value) for value in clear],
            masked=[item.address for item in rendered if is_encrypted(item.document)],
            force=force,
        )
        return prepare(self._cluster, wanted, self._served(), self._coming()), tuple(sorted(secrets))

    def _served(self) -> Mapping[tuple[str, str], Kind]:
        with self._lock:
            if self._kinds is None:
                self._kinds = self._cluster.kinds()
            return self._kinds

    def _coming(self) -> Upcoming:
        rendered = (item for item in self._overlays.all().values() if isinstance(item, Rendered))
        return upcoming(manifest for item in rendered for manifest in item.manifests)

    def _wait(self, stack: Stack) -> VerificationResult:
        try:
            prepared = self._prepare(stack, self._overlays.one(stack.path).manifests, force=True)[0]
            say = partial(self._progress, stack.path)
            seconds = self._session.platform.verify.rollout_timeout
            late = Rollout(self._cluster, prepared.members, say, gone=prepared.leaving).wait(seconds)
        except KubestackError as error:
            self._session.console.error(f"{stack.path}: {error}")
            return VerificationResult(name="rollout", passed=False, message=error.message)
        return VerificationResult(name="rollout", passed=not late, message="; ".join(late))


def open_cluster(session: Session, environment: Environment) -> Cluster:
    """The cluster of an environment. Raises `ConfigurationError` where the settings name none."""
    if environment.cluster is None:
        raise ConfigurationError(
            f"{environment.name} names no cluster in kubestack.yaml",
            hint="Name a context of your kubeconfig: `cluster: {context: …}`; none is ever guessed.",
        )
    place = session.place
    return Cluster(tool=session.kubectl, settings=environment.cluster, cwd=session.root, env=place.tool_env)

"""Carry out a plan in a cluster: foundations, objects, then what must come last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.delivery.kubectl.applyset import ApplySet
from kubestack_py.delivery.kubectl.objects import manifest, reference
from kubestack_py.delivery.kubectl.ordering import Phase, phase
from kubestack_py.delivery.kubectl.rollout import Rollout
from kubestack_py.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kubestack_py.delivery.kubectl.api import Cluster
    from kubestack_py.delivery.kubectl.planning import Prepared
    from kubestack_py.model.manifest import Manifest

ESTABLISH_SECONDS = 60.0


class PlanApply:
    """The apply of one plan of one stack."""

    def __init__(
        self, cluster: Cluster, prepared: Prepared, say: Callable[[str], None], *, force: bool
    ) -> None:
        self._cluster = cluster
        changes = prepared.changes
        self._set = ApplySet(changes.stack, changes.environment, cluster.settings.namespace)
        self._plan = prepared
        self._say = say
        self._force = force
        self._done = 0

    def run(self, patience: float) -> None:
        """Apply, wait where something is taken away or could refuse others, then do that.

        `patience` is how many seconds a rollout is waited for in between, 0 for not at all.

        The parent of the set is widened before and narrowed at the end, so that a run that is killed
        leaves nothing behind that nobody remembers. Raises `DeliveryError` with what was and was not done.
        """
        foundations = self._of(Phase.FOUNDATIONS)
        self._apply(foundations)
        self._wait(foundations, ESTABLISH_SECONDS)
        self._keep_parent(self._plan.members, before=self._plan.parent)
        self._apply(self._of(Phase.OBJECTS))
        webhooks = self._of(Phase.WEBHOOKS)
        if patience and (webhooks or self._plan.delete):
            self._wait(self._plan.members, patience)
        self._apply(webhooks)
        try:
            self._cluster.delete([reference(item) for item in self._plan.delete], self._say)
            self._keep_parent([*self._plan.members, *self._not_gone_yet()])
        except DeliveryError as error:
            raise self._described(error, (), ()) from error

    def _of(self, wanted: Phase) -> list[Manifest]:
        return [item for item in self._plan.apply if phase(item) is wanted]

    def _keep_parent(self, members: Sequence[Manifest], before: Mapping[str, Any] | None = None) -> None:
        self._cluster.apply([self._set.parent(members, before)], lambda _: None, force=True)

    def _not_gone_yet(self) -> list[Manifest]:
        """What finalizers hold back: verification waits for its end, so the parent has to name its kind."""
        deleted = [reference(item) for item in (*self._plan.delete, *self._plan.leaving)]
        return [manifest(item) for item in self._cluster.read(deleted)]

    def _wait(self, objects: Sequence[Manifest], seconds: float) -> None:
        late = Rollout(self._cluster, objects, self._say).wait(seconds)
        if late:
            raise DeliveryError(
                "; ".join(late), hint="Nothing was deleted. Mend it and apply again: what is in place stays."
            )

    def _apply(self, manifests: Sequence[Manifest]) -> None:
        lines: list[str] = []

        def note(line: str) -> None:
            lines.append(line)
            self._say(line.replace("serverside-applied", "applied"))

        try:
            self._cluster.apply([item.document for item in manifests], note, force=self._force)
        except DeliveryError as error:
            raise self._described(error, manifests, lines) from error
        self._done += len(manifests)

    def _described(
        self, error: DeliveryError, manifests: Sequence[Manifest], lines: Sequence[str]
    ) -> DeliveryError:
        """The error with the objects that are and are not in place."""
        applied = {line.split()[0] for line in lines if line.strip()}
        left = [item.address for item in manifests if _said(item) not in applied]
        message = error.message
        if len(left) == 1:
            message = message.replace("an object", left[0], 1)
        count, total = self._done + len(manifests) - len(left), len(self._plan.apply)
        rest = f"; not applied: {', '.join(left[:5])}{f' and {len(left) - 5} more' if len(left) > 5 else ''}"
        words = f"{message}; {count} of {total} changed objects were applied{rest if left else ''}"
        return DeliveryError(words, hint=error.hint, detail=error.detail)


def _said(item: Manifest) -> str:
    """How kubectl calls an object in its lines: `deployment.apps/web`."""
    return f"{'.'.join(part for part in (item.kind.lower(), item.group) if part)}/{item.name}"

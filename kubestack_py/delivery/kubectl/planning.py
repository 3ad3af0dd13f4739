"""What delivering a stack to a cluster would do, found out by a server-side dry run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kubestack_py.delivery.kubectl.applyset import ApplySet
from kubestack_py.delivery.kubectl.membership import find_members, is_being_deleted, refuse_foreign
from kubestack_py.delivery.kubectl.objects import manifest
from kubestack_py.delivery.kubectl.ordering import in_order
from kubestack_py.delivery.kubectl.refusals import UnreachableError
from kubestack_py.errors import DeliveryError
from kubestack_py.kustomize.diff import difference

if TYPE_CHECKING:
    from kubestack_py.delivery.kubectl.api import Cluster, Kind
    from kubestack_py.model.changes import ChangeSet
    from kubestack_py.model.manifest import Manifest

Kinds = Mapping[tuple[str, str], "Kind"]
_ALONE_AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a stack renders, in the clear. `masked` are addresses of objects that were encrypted."""

    stack: str
    environment: str
    manifests: Sequence[Manifest]
    masked: Collection[str] = ()
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcoming:
    """What other stacks of the same environment bring: scopes of kinds by group and name, and namespaces."""

    scopes: Mapping[tuple[str, str], bool]
    namespaces: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A plan that can be applied: `apply` in order, `delete` afterwards; `leaving` was deleted before.

    `parent` is that of the set, None in a first delivery. `before` is what the cluster holds, by address,
    and `after` what it would hold. The values of objects at `masked` addresses are secrets.
    """

    changes: ChangeSet
    before: Mapping[str, Manifest]
    after: Sequence[Manifest]
    masked: Collection[str]
    members: Sequence[Manifest]
    apply: Sequence[Manifest]
    delete: Sequence[Manifest]
    leaving: Sequence[Manifest]
    parent: Mapping[str, Any] | None

    @property
    def is_due(self) -> bool:
        """Whether there is something to do, be it only to write the lost parent anew."""
        return not self.changes.is_empty or (bool(self.members) and self.parent is None)


def upcoming(manifests: Iterable[Manifest]) -> Upcoming:
    """What these objects bring that others may rest on."""
    scopes: dict[tuple[str, str], bool] = {}
    namespaces = set()
    for item in manifests:
        if (item.group, item.kind) == ("", "Namespace"):
            namespaces.add(item.name)
        if (item.group, item.kind) == ("apiextensions.k8s.io", "CustomResourceDefinition"):
            spec = item.document["spec"]
            scopes[spec["group"], spec["names"]["kind"]] = spec["scope"] == "Namespaced"
    return Upcoming(scopes=scopes, namespaces=namespaces)


def prepare(cluster: Cluster, wanted: Wanted, kinds: Kinds, coming: Upcoming) -> Prepared:
    """Ask the cluster what applying these objects would do. Raises `DeliveryError` with all refusals."""
    applyset = ApplySet(wanted.stack, wanted.environment, cluster.settings.namespace)
    placed = _Placing(cluster, kinds, coming, applyset).placed(wanted.manifests)
    known = [item for item in placed if (item.group, item.kind) in kinds]
    # First by itself: where the server's own store is down, every single object is waited for until it fails.
    parent = next(iter(cluster.read([applyset.parent()])), None)
    live = {item.address: item for item in map(manifest, cluster.read([item.document for item in known]))}
    refuse_foreign(live.values(), applyset, wanted.stack)
    members = find_members(cluster, applyset, parent, kinds, live.values())
    ours = {item.address for item in placed}
    gone = [item for address, item in sorted(members.items()) if address not in ours]
    delete = [item for item in gone if not is_being_deleted(item)]
    after = _rehearsed(cluster, placed, known, coming, force=wanted.force)
    before = live | {item.address: item for item in delete}
    masked = {
        now.address
        for item, now in zip(wanted.manifests, placed, strict=True)
        if item.address in wanted.masked
    }
    changes = difference(wanted.stack, wanted.environment, before, after, masked)
    differing = {item.address: item for item in after if _differs(live.get(item.address), item)}
    return Prepared(
        changes=changes,
        before=before,
        after=after,
        masked=masked,
        members=placed,
        apply=[item for item in in_order(placed) if item.address in differing],
        delete=delete,
        leaving=[item for item in gone if is_being_deleted(item)],
        parent=parent,
    )


class _Placing:
    """Objects as members of the set, each in the namespace that it ends up in."""

    def __init__(self, cluster: Cluster, kinds: Kinds, coming: Upcoming, applyset: ApplySet) -> None:
        self._cluster = cluster
        self._kinds = kinds
        self._coming = coming
        self._set = applyset

    def placed(self, manifests: Iterable[Manifest]) -> list[Manifest]:
        return [manifest(self._set.labelled(self._in_namespace(item))) for item in manifests]

    def _in_namespace(self, item: Manifest) -> Mapping[str, Any]:
        kind = self._kinds.get((item.group, item.kind))
        namespaced = kind.namespaced if kind else self._coming.scopes.get((item.group, item.kind))
        if namespaced is None:
            raise DeliveryError(
                f"{self._cluster.name} serves no {item.kind} of {item.api_version}, as {item.address} asks",
                hint="Deliver its CustomResourceDefinition in this stack or one that it `needs`.",
            )
        metadata = {key: value for key, value in item.document["metadata"].items() if key != "namespace"}
        if namespaced:
            metadata["namespace"] = item.namespace or self._cluster.settings.namespace
        return {**item.document, "metadata": metadata}


def _rehearsed(
    cluster: Cluster,
    placed: Sequence[Manifest],
    known: Sequence[Manifest],
    coming: Upcoming,
    *,
    force: bool,
) -> list[Manifest]:
    """What the server would make of each object.

    What rests on a namespace or a kind that is not there yet cannot be asked about: it is new for sure.
    """
    there = _existing(cluster, known, coming)
    askable = [item for item in in_order(known) if not item.namespace or item.namespace in there]
    answers = {item.address: item for item in _rehearse(cluster, askable, force=force)}
    return [answers.get(item.address, item) for item in placed]


def _existing(cluster: Cluster, known: Sequence[Manifest], coming: Upcoming) -> set[str]:
    """The namespaces of these objects without those that this platform is yet to make."""
    used = {item.namespace for item in known if item.namespace}
    doubtful = used & set(coming.namespaces)
    asked = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in sorted(doubtful)
    ]
    return (used - doubtful) | {str(item["metadata"]["name"]) for item in cluster.read(asked)}


def _rehearse(cluster: Cluster, manifests: Sequence[Manifest], *, force: bool) -> list[Manifest]:
    documents = [item.document for item in manifests]
    try:
        return [manifest(item) for item in cluster.rehearse(documents, force=force)]
    except UnreachableError:
        raise
    except DeliveryError:
        return _one_by_one(cluster, manifests, force=force)


def _one_by_one(cluster: Cluster, manifests: Sequence[Manifest], *, force: bool) -> list[Manifest]:
    """The answer for each object; kubectl does not tell which of many was refused."""

    def ask(item: Manifest) -> list[Manifest] | DeliveryError:
        try:
            return [manifest(answer) for answer in cluster.rehearse([item.document], force=force)]
        except UnreachableError:
            raise
        except DeliveryError as error:
            words = error.message.replace("an object", item.address, 1)
            return DeliveryError(words, hint=error.hint, detail=error.detail)

    with ThreadPoolExecutor(max_workers=_ALONE_AT_ONCE) as pool:
        answers = list(pool.map(ask, manifests))
    refused = [answer for answer in answers if isinstance(answer, DeliveryError)]
    if refused:
        raise DeliveryError(
            "; ".join(error.message for error in refused),
            hint=next((error.hint for error in refused if error.hint), ""),
            detail="\n".join(error.detail for error in refused if error.detail),
        )
    return [item for answer in answers if not isinstance(answer, DeliveryError) for item in answer]


def _differs(before: Manifest | None, after: Manifest) -> bool:
    return before is None or before.content != after.content

"""What delivering a stack's manifests would change: delivered against rendered, object by object."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from kubestack_py.kustomize.generated import stable_address
from kubestack_py.model.changes import SENSITIVE, AttributeChange, Change, ChangeAction, ChangeSet
from kubestack_py.model.paths import attribute_step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from kubestack_py.model.manifest import Manifest

_SECRET_FIELDS = frozenset({"data", "stringData"})
_LAST_APPLIED = attribute_step("kubectl.kubernetes.io/last-applied-configuration")
_LIST_KEYS = (
    *("name", "mountPath", "devicePath", "containerPort", "port"),
    *("ip", "host", "path", "key", "topologyKey"),
)
_PLAIN_ITEM = re.compile(r"(?!\d+$)[\w./:@-]+", re.ASCII)
_ABSENT = object()

Steps = tuple[str, ...]


def difference(
    stack: str,
    environment: str,
    delivered: Mapping[str, Manifest],
    rendered: Sequence[Manifest],
    masked: Collection[str] = (),
) -> ChangeSet:
    """The change set from what is delivered (by address) to what is rendered.

    It is empty exactly when both say the same; how the YAML is written does not count. An object
    that is created or deleted is listed without its attributes. The items of a list are compared by
    their `name`, or another key that all have, so that an insertion is one change; a list of plain
    values is compared as a whole. The values of a Secret are masked, and so are all of an object whose
    address is in `masked`. An object whose name carries the hash of its content is followed through its
    renaming, under an address with `<hash>` in it.
    """
    before, after = _by_identity(delivered.values()), _by_identity(rendered)
    changes = (
        _change(address, before.get(address), after.get(address), masked)
        for address in sorted({*before, *after})
    )
    found = tuple(change for change in changes if change)
    return ChangeSet(stack=stack, environment=environment, changes=found)


def _by_identity(manifests: Iterable[Manifest]) -> dict[str, Manifest]:
    """Objects by the address that stays the same while their content changes."""
    found = list(manifests)
    stable = [stable_address(manifest) for manifest in found]
    counted = Counter(stable)
    return {
        address if counted[address] == 1 else manifest.address: manifest
        for address, manifest in zip(stable, found, strict=True)
    }


def _change(
    address: str, before: Manifest | None, after: Manifest | None, masked: Collection[str]
) -> Change | None:
    if before is None:
        return Change(address=address, action=ChangeAction.CREATE)
    if after is None:
        return Change(address=address, action=ChangeAction.DELETE)
    if before.content == after.content:
        return None
    is_secret = after.kind == "Secret" and not after.group
    attributes = tuple(
        _attribute(path, old, new, masked=after.address in masked or (is_secret and _is_secret(path)))
        for path, old, new in _compare((), before.document, after.document)
    )
    return Change(address=address, action=ChangeAction.UPDATE, attributes=attributes) if attributes else None


def _attribute(path: Steps, before: Any, after: Any, *, masked: bool) -> AttributeChange:
    return AttributeChange(
        path="".join(path).removeprefix("."), before=_shown(before, masked), after=_shown(after, masked)
    )


def _is_secret(path: Steps) -> bool:
    """Whether a path leads into the values of a Secret, or to a copy of them that kubectl keeps."""
    if path[0].removeprefix(".") in _SECRET_FIELDS:
        return True
    return path[:2] == (".metadata", ".annotations") and (len(path) == 2 or path[2] == _LAST_APPLIED)


def _shown(value: Any, masked: bool) -> str | None:
    if value is _ABSENT:
        return None
    return SENSITIVE if masked else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _compare(path: Steps, before: Any, after: Any) -> Iterator[tuple[Steps, Any, Any]]:
    """Every smallest part that differs, with its path."""
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _compare_mappings(path, before, after)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _compare_lists(path, before, after)
    elif before is _ABSENT or after is _ABSENT or not _is_equal(before, after):
        yield path, before, after


def _compare_mappings(
    path: Steps, before: dict[str, Any], after: dict[str, Any]
) -> Iterator[tuple[Steps, Any, Any]]:
    for key in sorted(before.keys() | after.keys()):
        yield from _compare((*path, attribute_step(key)), before.get(key, _ABSENT), after.get(key, _ABSENT))


def _compare_lists(path: Steps, before: list[Any], after: list[Any]) -> Iterator[tuple[Steps, Any, Any]]:
    key = _common_key(before, after)
    if key is not None:
        yield from _compare_keyed(path, key, before, after)
    elif all(isinstance(item, dict) for item in (*before, *after)):
        for index in range(max(len(before), len(after))):
            yield from _compare((*path, f"[{index}]"), _item(before, index), _item(after, index))
    elif not _is_equal(before, after):
        yield path, before, after


def _compare_keyed(
    path: Steps, key: str, before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> Iterator[tuple[Steps, Any, Any]]:
    old = {item[key]: item for item in before}
    new = {item[key]: item for item in after}
    kept = [name for name in old if name in new]
    order = [name for name in new if name in old]
    if kept != order:  # the order of init containers, say, has a meaning: one change for the list
        yield (*path, "[]"), kept, order
    for name in old | new:
        yield from _compare((*path, _keyed_step(key, name)), old.get(name, _ABSENT), new.get(name, _ABSENT))


def _common_key(before: list[Any], after: list[Any]) -> str | None:
    """The first key that all items have, with a value of its own on each side."""
    if not before and not after:
        return None
    return next((key for key in _LIST_KEYS if _is_keyed(before, key) and _is_keyed(after, key)), None)


def _is_keyed(items: list[Any], key: str) -> bool:
    values = [item.get(key) if isinstance(item, dict) else None for item in items]
    if not all(isinstance(value, str | int) and not isinstance(value, bool) for value in values):
        return False
    return len(set(values)) == len(values)


def _item(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else _ABSENT


def _is_equal(before: Any, after: Any) -> bool:
    """Equal as JSON: to Python 1 is true, and to Kubernetes it is not."""
    return before == after and json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)


def _keyed_step(key: str, value: str | int) -> str:
    text = str(value)
    shown = text if _PLAIN_ITEM.fullmatch(text) else json.dumps(value, ensure_ascii=False)
    return f"[{shown}]" if key == "name" else f"[{key}={shown}]"

"""Who owns which field of an object: server-side apply as the Kubernetes API does it, for tests."""

from __future__ import annotations

import copy
import json
from typing import Any

Path = tuple[str, ...]
_OUTSIDE = {("f:apiVersion",), ("f:kind",), ("f:metadata", "f:name"), ("f:metadata", "f:namespace")}
_KEYS = {
    "ports": (("port", "protocol"), ("containerPort", "protocol")),
    "conditions": (("type",),),
    "containerStatuses": (("name",),),
    **dict.fromkeys(
        ("containers", "initContainers", "env", "volumes", "webhooks", "imagePullSecrets"), (("name",),)
    ),
    "volumeMounts": (("mountPath",),),
}


class ConflictError(Exception):
    """Fields that others own and that would change, by manager."""

    def __init__(self, fields: dict[str, list[Path]]) -> None:
        super().__init__(str(fields))
        self.fields = fields


def apply(
    live: dict[str, Any] | None,
    config: dict[str, Any],
    owned: dict[str, set[Path]],
    manager: str,
    force: bool,
) -> tuple[dict[str, Any], dict[str, set[Path]]]:
    """What an apply by a manager makes of an object, and who owns what afterwards."""
    wanted = paths(config)
    owned = {name: set(fields) for name, fields in owned.items()}
    if live is not None:
        differing = {
            path for path in wanted if get(live, path) != get(config, path) and _is_leaf(config, path)
        }
        rivals = {
            name: sorted(fields & differing)
            for name, fields in owned.items()
            if name != manager and fields & differing
        }
        if rivals and not force:
            raise ConflictError(rivals)
        for name, fields in rivals.items():
            owned[name] -= set(fields)
    result = merge(copy.deepcopy(live or {}), config)
    for path in sorted(owned.get(manager, set()) - wanted, key=len, reverse=True):
        if not any(path in fields for name, fields in owned.items() if name != manager):
            remove(result, path)
    owned[manager] = wanted
    return result, {name: fields for name, fields in owned.items() if fields}


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[Path]:
    """The fields that somebody who wrote `after` over `before` owns from now on."""
    return {path for path in paths(after) if get(before, path) != get(after, path)}


def paths(value: dict[str, Any]) -> set[Path]:
    """Every field of an object and every item of a list with keys."""
    return {path for path in _paths((), value, "") if path not in _OUTSIDE}


def _paths(path: Path, value: Any, name: str) -> set[Path]:
    if isinstance(value, dict) and value:
        return set().union(*(_paths((*path, f"f:{key}"), item, key) for key, item in value.items()))
    if isinstance(value, list) and (keys := _list_keys(name, value)):
        found = set()
        for item in value:
            inner = (*path, _item_key(item, keys))
            found |= {inner, *_paths(inner, item, "")}
        return found
    return {path}


def _list_keys(name: str, value: list[Any]) -> tuple[str, ...]:
    for keys in _KEYS.get(name, ()):
        if value and all(isinstance(item, dict) and keys[0] in item for item in value):
            return keys
    return ()


def _item_key(item: dict[str, Any], keys: tuple[str, ...]) -> str:
    chosen = {key: item.get(key, "TCP") if key == "protocol" else item[key] for key in keys}
    return "k:" + json.dumps(chosen, separators=(",", ":"))


def _is_leaf(value: dict[str, Any], path: Path) -> bool:
    return not path[-1].startswith("k:")


def get(value: Any, path: Path) -> Any:
    """What is at a path; None where nothing is."""
    for step in path:
        if step.startswith("f:"):
            value = value.get(step[2:]) if isinstance(value, dict) else None
        else:
            value = _find(value, json.loads(step[2:])) if isinstance(value, list) else None
    return value


def _find(items: list[Any], key: dict[str, Any]) -> Any:
    return next((item for item in items if _has(item, key)), None)


def _has(item: Any, key: dict[str, Any]) -> bool:
    return isinstance(item, dict) and all(
        item.get(name, "TCP" if name == "protocol" else None) == value for name, value in key.items()
    )


def remove(value: Any, path: Path) -> None:
    """Take away what is at a path."""
    holder = get(value, path[:-1])
    last = path[-1]
    if last.startswith("f:") and isinstance(holder, dict):
        holder.pop(last[2:], None)
    elif last.startswith("k:") and isinstance(holder, list):
        holder[:] = [item for item in holder if not _has(item, json.loads(last[2:]))]


def merge(live: Any, config: Any, name: str = "") -> Any:
    """An apply's values over live ones; lists with keys are merged item by item."""
    if isinstance(live, dict) and isinstance(config, dict):
        for key, value in config.items():
            live[key] = merge(live.get(key), value, key)
        return live
    if isinstance(live, list) and isinstance(config, list) and (keys := _list_keys(name, config)):
        for item in config:
            key = json.loads(_item_key(item, keys)[2:])
            found = _find(live, key)
            if found is None:
                live.append(copy.deepcopy(item))
            else:
                merge(found, item)
        return live
    return copy.deepcopy(config)


def encoded(fields: set[Path]) -> dict[str, Any]:
    """Fields as `fieldsV1` has them."""
    tree: dict[str, Any] = {}
    for path in sorted(fields):
        place = tree
        for step in path:
            place = place.setdefault(step, {})
    return tree


def shown(path: Path) -> str:
    """A field as an API server names it in a conflict."""
    text = ""
    for step in path:
        if step.startswith("f:"):
            text += f".{step[2:]}"
        else:
            inner = ",".join(f"{key}={json.dumps(value)}" for key, value in json.loads(step[2:]).items())
            text += f"[{inner}]"
    return text

"""Values of charts: merging, names in braces, and `--set`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kubestack_py.errors import UsageError
from kubestack_py.system.yaml import YamlError, load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NAME = re.compile(r"\{([a-z]+)\}")
_DOT = re.compile(r"(?<!\\)\.")
_GONE = object()


def merged(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Layers one upon the other: maps are merged at every depth, everything else is replaced.

    It is what Helm does with values, Kustomize with a patch of a HelmRelease, and the module
    `configuration` with environments.
    """
    result: dict[str, Any] = {}
    for layer in layers:
        for key, value in layer.items():
            below = result.get(key)
            if isinstance(value, dict):
                result[key] = merged(below if isinstance(below, dict) else {}, value)
            else:
                result[key] = value
    return result


def filled(values: Mapping[str, Any], names: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Values with the names in braces filled in, and the keys left out, as a name in them is not known."""
    left_out: list[str] = []
    result = _filled(dict(values), names, "", left_out)
    return (result if isinstance(result, dict) else {}), tuple(left_out)


def _filled(value: Any, names: Mapping[str, str], path: str, left_out: list[str]) -> Any:
    if isinstance(value, dict):
        items = {
            key: _filled(item, names, f"{path}.{key}".lstrip("."), left_out) for key, item in value.items()
        }
        kept = {key: item for key, item in items.items() if item is not _GONE}
        return kept if kept or not value else _GONE
    if isinstance(value, list):
        kept_items = [_filled(item, names, path, []) for item in value]
        complete = all(_is_known(item, names) for item in value)
        if not complete:
            left_out.append(path)
        return kept_items if complete else _GONE
    if isinstance(value, str) and not _is_known(value, names):
        left_out.append(path)
        return _GONE
    return _NAME.sub(lambda found: names.get(found[1], found[0]), value) if isinstance(value, str) else value


def _is_known(value: object, names: Mapping[str, str]) -> bool:
    """Whether every name of the catalog's own in a value can be filled in."""
    if isinstance(value, dict):
        return all(_is_known(item, names) for item in value.values())
    if isinstance(value, list):
        return all(_is_known(item, names) for item in value)
    return not isinstance(value, str) or all(name in names for name in _NAME.findall(value))


def parse_sets(sets: Sequence[str], environments: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What `--set` says, by environment; under the empty name what all environments share.

    `KEY=VALUE` is for all, `ENV:KEY=VALUE` for one. The value is YAML, dots in the key lead into maps, and
    `\\\\.` is a dot itself. Raises `UsageError` for what is none of that.
    """
    found: dict[str, dict[str, Any]] = {}
    for text in sets:
        place, key, value = _assignment(text, environments)
        found[place] = merged(found.get(place, {}), _nested(key, value, text))
    return found


def _assignment(text: str, environments: Sequence[str]) -> tuple[str, str, object]:
    key, equals, written = text.partition("=")
    if not equals:
        raise UsageError(
            f"--set {text} has no value", hint="Write KEY=VALUE, or ENV:KEY=VALUE for one environment."
        )
    place, colon, rest = key.partition(":")
    if not (colon and place in environments):
        place, rest = "", key
    try:
        return place, rest, load(written.encode(), "--set")
    except YamlError as error:
        raise UsageError(
            f"--set {text}: {error.problem}", hint="The value is read as YAML; quote it."
        ) from error


def _nested(key: str, value: object, text: str) -> dict[str, Any]:
    parts = [part.replace("\\.", ".") for part in _DOT.split(key)]
    if not all(parts) or "[" in key:
        hint = "Write a key such as controller.replicaCount; a list is given whole: KEY='[a, b]'."
        raise UsageError(f"--set {text}: {key!r} is no key of values", hint=hint)
    for part in reversed(parts):
        value = {part: value}
    return value  # type: ignore[return-value]

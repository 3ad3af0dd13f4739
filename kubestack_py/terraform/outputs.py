"""Outputs of a stack in one environment, as names and texts that manifests can hold."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_UNFIT = re.compile(r"[^A-Za-z0-9_]")
_CLUSTER = {"name": "cluster_name", "fqdn": "cluster_domain"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """`variables` by name; `sensitive` are the names of outputs whose values nobody is given."""

    variables: Mapping[str, str]
    sensitive: tuple[str, ...]


def read_outputs(document: bytes) -> Outputs:
    """The outputs in what `terraform output -json` prints.

    Objects become one variable for each leaf (`<output>_<key>`), lists of plain values are joined by commas,
    and what names cannot hold becomes an underscore. Where one object alone has `name` and `fqdn`, as the
    output of a cluster has, these are also `cluster_name` and `cluster_domain`.
    """
    outputs: Mapping[str, Mapping[str, Any]] = json.loads(document)
    open_ones = {name: item["value"] for name, item in outputs.items() if not item.get("sensitive")}
    objects = [value for value in open_ones.values() if isinstance(value, dict)]
    clusters = [value for value in objects if _CLUSTER.keys() <= value.keys()]
    found: dict[str, str] = {}
    if len(clusters) == 1:
        found |= {alias: str(clusters[0][key]) for key, alias in _CLUSTER.items() if clusters[0][key]}
    for name, value in open_ones.items():
        found |= dict(_leaves(_UNFIT.sub("_", name), value))
    hidden = sorted(name for name, item in outputs.items() if item.get("sensitive"))
    return Outputs(variables=dict(sorted(found.items())), sensitive=tuple(hidden))


def _leaves(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(f"{name}_{_UNFIT.sub('_', str(key))}", item)
    elif isinstance(value, list):
        if value and not any(isinstance(item, dict | list) for item in value):
            yield name, ",".join(map(_text, value))
    elif value is not None:
        yield name, _text(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)

"""The clouds that clusters run in, each a folder of `templates/clusters/`.

`provider.json` says how a cluster of the provider is written, `cloud.json` what the cloud has to offer:
lists that work offline, so each carries the date it was taken.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kubestack_py.system.files import disk_errors, read_once, resource

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPLATES = "templates/clusters"
LOCAL = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A Terraform provider that a cluster needs: `aws`, `hashicorp/aws`, `~> 5.100`.

    `locked` and `hashes` are its entry in the lock file; empty where no checksums are known, and
    `terraform init` writes the entry.
    """

    name: str
    source: str
    version: str
    locked: str = ""
    hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something only one provider asks for (`project_id`): what it is, and what it may look like."""

    title: str
    pattern: str
    allowed: str
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network of a cluster's own: the attribute that says it (`network.vpc_cidr`), and its default.

    It is none where the attribute `unless` is said (`network.vpc_id`).
    """

    path: str
    usual: str
    unless: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """How clusters of one provider are written.

    `modules` are folders of `templates/modules/`. `node_pool` maps what every provider has (`node_type`,
    `min_size`, `max_size`, `zones`) to the name of the attribute in its module. `zones` is how many zones
    a cluster takes when nobody says, `longest_name` what the cloud allows less what the module adds.
    `longest_account` is what an account of the nodes may be called at most, 0 where they have none.
    `networks` must not overlap. `notes` are said when a cluster goes to that region.
    """

    name: str
    title: str
    cloud: str
    modules: tuple[str, ...]
    requires: tuple[Requirement, ...]
    longest_name: int
    longest_account: int
    region: str
    zones: int
    kubernetes_version: str
    node_type: str
    min_size: int
    max_size: int
    node_pool: Mapping[str, str]
    networks: tuple[Network, ...]
    answers: Mapping[str, Question]
    notes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """What a cloud had to offer on the days in `as_of`: zones by region, machine types, versions."""

    as_of: Mapping[str, str]
    kubernetes_versions: tuple[str, ...]
    regions: Mapping[str, tuple[str, ...]]
    node_types: tuple[str, ...]


def provider_names() -> tuple[str, ...]:
    """The providers that clusters can be added for, in the order of their names."""
    return tuple(sorted(path.parent.name for path in resource(TEMPLATES).glob("*/provider.json")))


@read_once
def provider(name: str) -> Provider:
    """The provider of that name; it has to be one of `provider_names()`."""
    read = _read(name, "provider.json")
    return Provider(
        **read
        | {
            "name": name,
            "modules": tuple(read["modules"]),
            "requires": tuple(_requirement(item) for item in read["requires"]),
            "networks": tuple(Network(**item) for item in read["networks"]),
            "answers": {key: Question(**item) for key, item in read["answers"].items()},
            "notes": read.get("notes", {}),
            "longest_account": read.get("longest_account", 0),
        }
    )


@read_once
def cloud(name: str) -> Cloud:
    """What the cloud of a provider has to offer."""
    read = _read(name, "cloud.json")
    return Cloud(
        as_of=read["as_of"],
        kubernetes_versions=tuple(read["kubernetes_versions"]),
        regions={region: tuple(zones) for region, zones in read["regions"].items()},
        node_types=tuple(read["node_types"]),
    )


def _requirement(read: dict[str, Any]) -> Requirement:
    return Requirement(**read | {"hashes": tuple(read.get("hashes", ()))})


def _read(provider: str, name: str) -> dict[str, Any]:
    path = resource(f"{TEMPLATES}/{provider}/{name}")
    with disk_errors(f"read {path}"):
        read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read

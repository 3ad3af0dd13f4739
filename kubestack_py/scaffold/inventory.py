"""Read what a platform is made of: its settings, its record, and the files of its stacks."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from kubestack_py.errors import UsageError
from kubestack_py.model.file_names import TERRAFORM_SUFFIXES
from kubestack_py.model.finding import Location
from kubestack_py.model.inventory import App, EnvironmentItem, Inventory, Service, StackItem
from kubestack_py.model.platform import OVERLAYS, StackKind
from kubestack_py.scaffold.record import RECORD, parse_record
from kubestack_py.system.files import disk_errors
from kubestack_py.terraform import hcl
from kubestack_py.terraform.clusters import clusters_in, may_hold_clusters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from kubestack_py.model.inventory import Cluster
    from kubestack_py.model.platform import Platform, Stack

SERVICE = "_service_"


def read_inventory(root: Path, platform: Platform, stacks: Sequence[Stack]) -> Inventory:
    """Everything that `kubestack list` shows.

    An application is told from a service by the record: what `kubestack add service` added is one.
    """
    clusters: list[Cluster] = []
    services: list[Service] = []
    apps: list[App] = []
    recorded = _recorded_services(root)
    for path in terraform_files(root, stacks):
        with disk_errors(f"read {path}"):
            clusters += clusters_in((root / path).read_bytes(), path)
        services += _service_file(path)
    for stack in stacks:
        if stack.kind is StackKind.KUSTOMIZE and stack.overlays == OVERLAYS:
            name, where = stack.path.rpartition("/")[2], Location(path=stack.path)
            if name in recorded:
                services.append(Service(name=name, delivery=recorded[name], where=where))
            else:
                apps.append(App(name=name, where=where, environments=tuple(_overlays(root, stack))))
    return Inventory(
        clusters=tuple(clusters),
        services=tuple(services),
        apps=tuple(apps),
        environments=tuple(
            EnvironmentItem(
                name=item.name, applies_on=str(item.apply_on), base=item is platform.environments[-1]
            )
            for item in platform.environments
        ),
        stacks=tuple(StackItem(name=stack.path, kind=str(stack.kind), needs=stack.needs) for stack in stacks),
    )


def terraform_files(root: Path, stacks: Iterable[Stack]) -> tuple[str, ...]:
    """The configuration files of every Terraform stack itself, without those of its modules."""
    return tuple(
        path.relative_to(root).as_posix()
        for stack in stacks
        if stack.kind is StackKind.TERRAFORM
        for path in sorted((root / stack.path).iterdir())
        if path.name.endswith(TERRAFORM_SUFFIXES) and path.is_file()
    )


def broken_files(root: Path, stacks: Iterable[Stack], cache: Path) -> tuple[Location, ...]:
    """Where files that may hold a cluster are broken, so that they are read in part or not at all.

    `cache` is as for `hcl.syntax_error`.
    """
    found = []
    for path in terraform_files(root, stacks):
        with disk_errors(f"read {path}"):
            source = (root / path).read_bytes()
        if may_hold_clusters(source) and (place := hcl.syntax_error(source, cache=cache, name=path)):
            found.append(Location(path=path, line=place[0], column=place[1]))
    return tuple(found)


def choose(what: str, name: str, known: Iterable[str]) -> None:
    """Raise `UsageError` for a name that is not known, with those that look like it."""
    names = list(known)
    if name not in names:
        raise UsageError(f"there is no {what} {name!r}", hint=near(name, names))


def near(name: str, known: Sequence[str]) -> str:
    """Which of the known names may be meant, as a sentence."""
    alike = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    alike = alike or [item for item in known if name in item][:3]
    if alike:
        return f"Did you mean {' or '.join(alike)}?"
    return f"There are: {', '.join(known)}." if known else "There is none yet."


def _service_file(path: str) -> Iterator[Service]:
    name = path.rpartition("/")[2].removesuffix(".json").removesuffix(".tf").removesuffix(".tofu")
    cluster, found, service = name.partition(SERVICE)
    if found:
        yield Service(name=service, delivery="terraform", where=Location(path=path), cluster=cluster)


def _recorded_services(root: Path) -> dict[str, str]:
    """How each service that was added through `kubestack add service` is delivered."""
    with disk_errors(f"read {RECORD}"):
        content = (root / RECORD).read_bytes() if (root / RECORD).is_file() else b""
    added = parse_record(content).added if content else ()
    return {
        str(entry.options.get("name", "")): str(entry.options.get("delivery", ""))
        for entry in added
        if entry.kind == "service"
    }


def _overlays(root: Path, stack: Stack) -> Iterator[str]:
    overlays = root / stack.path / "overlays"
    if overlays.is_dir():
        yield from sorted(path.name for path in overlays.iterdir() if path.is_dir())

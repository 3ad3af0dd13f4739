"""What a configuration makes a plan run or fetch: providers, modules from elsewhere, data sources that run.

A plan is not only read: Terraform starts the providers, the data source `external` starts any program,
and `http` can carry what a file function reads out of the network. All of that can be told before
anything is downloaded, and what cannot be read here counts as the worst.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from kubestack_py.model.file_names import TERRAFORM_SUFFIXES
from kubestack_py.model.finding import Location
from kubestack_py.terraform import hcl, hcl_json, steering, syntax
from kubestack_py.terraform.layout import DATA_DIRECTORY
from kubestack_py.terraform.pins import BUILT_IN, provider_requirements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_DEFAULT_HOST = re.compile(r"^registry\.(terraform\.io|opentofu\.org)/", re.IGNORECASE)
_TYPED = ("resource", "data", "ephemeral")
_RUNNING = ("external", "http")
_VERSION_OF_SOURCE = re.compile(r"([?&])ref=[^&]*")


class Kind(StrEnum):
    """What it is, in the words of a message."""

    PROVIDER = "provider"
    MODULE = "module"
    DATA = "data source"
    SETTING = "setting"
    UNREADABLE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """One thing that a plan would run or fetch, and where it is asked for.

    `name` is `namespace/type` of a provider (with its host where it is not the default one), the source
    of a module without its revision, the type of a data source, what a setting is called (`steering`), or the
    path of a file that cannot be read. `content` is what a setting says, empty where that cannot be told.
    """

    kind: Kind
    name: str
    where: Location
    content: str = ""


@dataclass(slots=True)
class _Named:
    """The providers of one module directory: what `required_providers` calls them, and which are used."""

    sources: dict[str, str]
    found: list[Foreign]
    used: dict[str, Location]


def foreign_code(files: Mapping[str, bytes]) -> tuple[Foreign, ...]:
    """Everything of that kind in these files of one stack, by path, in their order; each thing once."""
    found: dict[tuple[Kind, str, str], Foreign] = {}
    directories: dict[str, list[str]] = {}
    for path in sorted(files):
        if path.endswith(TERRAFORM_SUFFIXES):
            directories.setdefault(posixpath.dirname(path), []).append(path)
    for paths in directories.values():
        for item in _of_module({path: files[path] for path in paths}):
            found.setdefault((item.kind, item.name, item.content), item)
    return tuple(found.values())


def _of_module(files: Mapping[str, bytes]) -> Iterator[Foreign]:
    named = _Named({}, [], {})
    for path, source in files.items():
        if hcl.is_json(path):
            _read_json(path, source, named)
            settings = steering.in_json(source)
        else:
            _read_hcl(path, source, named)
            settings = steering.in_hcl(syntax.parse(source))
        for item in settings:
            where = Location(path=path, line=item.line)
            named.found.append(Foreign(kind=Kind.SETTING, name=item.name, where=where, content=item.content))
        for call in hcl.module_calls(source, name=path):
            if not call.is_local:
                name = _VERSION_OF_SOURCE.sub("", call.source) or "(computed)"
                named.found.append(_at(Kind.MODULE, name, path, call.line))
    yield from named.found
    for name, where in named.used.items():
        provider = _normal(
            named.sources.get(name) or (BUILT_IN if name == "terraform" else f"hashicorp/{name}")
        )
        if not provider.startswith(BUILT_IN):
            yield Foreign(kind=Kind.PROVIDER, name=provider, where=where)


def _read_hcl(path: str, source: bytes, named: _Named) -> None:
    root = syntax.parse(source)
    if root.has_error or any("\\" in label for block in syntax.blocks(root) for label in block.labels):
        named.found.append(_at(Kind.UNREADABLE, path, path, syntax.line(syntax.first_error(root))))
    for item in provider_requirements(source):
        named.sources[item.name] = item.source
        named.used.setdefault(item.name, Location(path=path, line=item.line))
    for block in syntax.blocks(root):
        if block.labels:
            _use(named, block.type, block.labels[0], Location(path=path, line=syntax.line(block.node)))


def _read_json(path: str, source: bytes, named: _Named) -> None:
    here = Location(path=path)
    if not hcl_json.is_unambiguous(source):
        named.found.append(Foreign(kind=Kind.UNREADABLE, name=path, where=here))
    document = hcl_json.load(source)
    for settings in hcl_json.objects(document.get("terraform")):
        for required in hcl_json.objects(settings.get("required_providers")):
            for name, value in required.items():
                named.sources[name] = _source(value)
                named.used.setdefault(name, here)
    for kind in (*_TYPED, "provider"):
        for label, _ in hcl_json.labelled(document, kind):
            _use(named, kind, label, here)


def _use(named: _Named, kind: str, label: str, where: Location) -> None:
    """A resource uses the provider that its type begins with (developer.hashicorp.com, "provider")."""
    if kind == "data" and label in _RUNNING:
        named.found.append(Foreign(kind=Kind.DATA, name=label, where=where))
    if kind == "provider" or kind in _TYPED:
        named.used.setdefault(label if kind == "provider" else label.partition("_")[0], where)


def _source(value: Any) -> str:
    found = value.get("source", "") if isinstance(value, dict) else ""
    return found if isinstance(found, str) else ""


def _normal(source: str) -> str:
    return _DEFAULT_HOST.sub("", source.strip().lower())


def _at(kind: Kind, name: str, path: str, line: int) -> Foreign:
    return Foreign(kind=kind, name=name, where=Location(path=path, line=line))


def programs(paths: Iterable[str], directories: Iterable[str]) -> list[str]:
    """Files, or links, from which Terraform would start providers that lie in the repository itself."""
    places = [f"{directory}/{name}" for directory in directories for name in (DATA_DIRECTORY, "terraform.d")]
    inside = tuple(f"{place}/" for place in places)
    return [path for path in paths if path in places or path.startswith(inside)]

"""The catalog of platform services: the entries that ship with the program, and a platform's own beside them.

`schemas/catalog.schema.json` says what an entry may hold. The entries that ship are held against it by a
test; those of a platform are held against it whenever they are read.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from kubestack_py.config.source import SettingsSource
from kubestack_py.errors import ConfigurationError, UsageError
from kubestack_py.model.service import Chart, CrdSource, Need, Retirement, Service, Source, Step
from kubestack_py.system.files import disk_errors, resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from kubestack_py.model.finding import Finding

BUILT_IN = "templates/catalog"
_SUFFIXES = (".yaml", ".yml")


class Catalog:
    """Services by name."""

    def __init__(self, services: Mapping[str, Service]) -> None:
        self._services = dict(sorted(services.items()))

    @property
    def services(self) -> tuple[Service, ...]:
        """Every service, by name."""
        return tuple(self._services.values())

    def find(self, name: str) -> Service:
        """The service of that name. Raises `UsageError` with those that look like it."""
        if name in self._services:
            return self._services[name]
        near = difflib.get_close_matches(name, self._services, n=3, cutoff=0.5)
        near += [known for known in self._services if name and name in known and known not in near]
        hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(self._services)}."
        raise UsageError(
            f"the catalog has no service {name}", hint=f"{hint} `kubestack catalog list` shows them all."
        )

    def with_needs(self, service: Service) -> tuple[Service, ...]:
        """The service after everything that it needs, each once, in an order to add them."""
        ordered: dict[str, Service] = {}
        self._collect(service, ordered)
        return tuple(ordered.values())

    def depth(self, service: Service) -> int:
        """How many services stand one upon the other below this one."""
        return max((1 + self.depth(self.find(need.service)) for need in service.needs), default=0)

    def _collect(self, service: Service, ordered: dict[str, Service]) -> None:
        for need in service.needs:
            self._collect(self.find(need.service), ordered)
        ordered.setdefault(service.name, service)


def built_in_catalog() -> Catalog:
    """The entries that ship with the program."""
    return Catalog(_by_name(_sources(resource(BUILT_IN), BUILT_IN.rpartition("/")[2])))


def load_catalog(root: Path, paths: Sequence[str]) -> Catalog:
    """The built-in entries, and those of a platform's files and directories, which win over them by name.

    Raises `ConfigurationError` with every finding about the platform's entries.
    """
    services = _by_name(_sources(resource(BUILT_IN), "built in"))
    if paths:
        own = [source for path in paths for source in _own_sources(root, path)]
        _refuse_malformed(own)
        added = _by_name(own)
        services |= added
        _refuse_contradictions(own, added, services)
    return Catalog(services)


def _own_sources(root: Path, path: str) -> Iterator[SettingsSource]:
    place = root / path
    if not place.exists():
        raise ConfigurationError(
            f"{path}, named by services.catalog in kubestack.yaml, does not exist",
            hint="Name a YAML file with one entry, or a directory of such files.",
        )
    yield from _sources(place, path)


def _sources(place: Path, name: str) -> Iterator[SettingsSource]:
    with disk_errors(f"read {place}"):
        if place.is_file():
            yield SettingsSource(name=name, content=place.read_bytes())
            return
        for path in sorted(place.iterdir()):
            if path.suffix in _SUFFIXES:
                yield SettingsSource(name=f"{name}/{path.name}", content=path.read_bytes())


def _refuse_malformed(sources: Sequence[SettingsSource]) -> None:
    from kubestack_py.config.schema import findings  # jsonschema is only loaded for entries of a platform

    found = [item for source in sources for item in findings(source, source.parse(), "catalog")]
    if found:
        raise ConfigurationError("the platform's own catalog is not valid", findings=found)


def _refuse_contradictions(
    sources: Sequence[SettingsSource], added: Mapping[str, Service], services: Mapping[str, Service]
) -> None:
    found: list[Finding] = []
    for source in sources:
        service = next(item for item in added.values() if item.file == source.name)
        found += contradictions(source, service, services)
    if found:
        raise ConfigurationError("the platform's own catalog contradicts itself", findings=found)


def contradictions(
    source: SettingsSource, service: Service, services: Mapping[str, Service]
) -> Iterator[Finding]:
    """What the schema cannot say of an entry."""
    if not service.at(Step.SERVICE):
        yield source.finding("no chart has the step `service`", ["charts"])
    if (service.retired is None) == (_fields(source)["status"] == "retired"):
        yield source.finding(
            "`status: retired` and `retired` go together", ["status"], hint="`retired` says what follows it"
        )
    for index, need in enumerate(service.needs):
        if need.service not in services:
            hint = "add an entry for it, or write it into `provide`"
            yield source.finding(
                f"needs {need.service}, which is in no catalog", ["needs", index, "service"], hint=hint
            )
    for circle in _circle(service, services, ()):
        yield source.finding(f"services need each other in a circle: {circle}", ["needs"])


def _circle(service: Service, services: Mapping[str, Service], trail: tuple[str, ...]) -> Iterator[str]:
    if service.name in trail:
        if service.name == trail[0]:
            yield " → ".join([*trail, service.name])
        return
    for need in service.needs:
        if need.service in services:
            yield from _circle(services[need.service], services, (*trail, service.name))


def _by_name(sources: Sequence[SettingsSource] | Iterator[SettingsSource]) -> dict[str, Service]:
    found: dict[str, Service] = {}
    for source in sources:
        service = _service(_fields(source), source.name)
        if service.name in found:
            raise ConfigurationError(
                f"{source.name} and {found[service.name].file} are both entries for {service.name}",
                hint="Keep one of them.",
            )
        found[service.name] = service
    return found


def _fields(source: SettingsSource) -> dict[str, Any]:
    value = source.parse()
    assert isinstance(value, dict)  # noqa: S101 - by the schema
    return value


def _service(entry: Mapping[str, Any], file: str) -> Service:
    crds = entry.get("crds", {"install": "", "kinds": {}})
    return Service(
        name=entry["name"],
        summary=entry["summary"],
        category=entry["category"],
        charts=tuple(map(_chart, entry["charts"])),
        retired=Retirement(**entry["retired"]) if "retired" in entry else None,
        providers=tuple(entry.get("providers", ())),
        needs=tuple(Need(**need) for need in entry.get("needs", ())),
        provide=tuple(entry.get("provide", ())),
        next=tuple(entry.get("next", ())),
        crds={version: tuple(kinds) for version, kinds in crds["kinds"].items()},
        crds_install=crds["install"],
        sources=tuple(Source(**source) for source in entry["sources"]),
        file=file,
    )


def _chart(entry: Mapping[str, Any]) -> Chart:
    return Chart(**{**entry, "step": Step(entry["step"]), "crds": CrdSource(entry["crds"])})

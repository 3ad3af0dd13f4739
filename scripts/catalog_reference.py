"""docs/catalog.md and docs/catalog/<service>.md from the catalog's entries."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kubestack_py.report.catalog import STEPS, retirement
from kubestack_py.scaffold.catalog import BUILT_IN, built_in_catalog
from kubestack_py.system.yaml import dump
from scripts.markdown import document, fence, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kubestack_py.model.service import Chart, Service

_TEXT = Path(__file__).with_name("catalog.md")


def catalog_documents() -> dict[str, Callable[[], str]]:
    """Every generated document about the catalog, by its path."""
    pages = {
        f"docs/catalog/{service.name}.md": partial(service_page, service)
        for service in built_in_catalog().services
    }
    return {"docs/catalog.md": catalog_index, **pages}


def catalog_index() -> str:
    """The guide, with a row for each service."""
    rows = [
        (
            f"[{service.name}](catalog/{service.name}.md){' (retired)' if service.retired else ''}",
            service.category,
            service.summary,
            service.main.version,
            ", ".join(need.service for need in service.needs),
        )
        for service in built_in_catalog().services
    ]
    services = table(["service", "category", "what it does", "chart version", "needs"], rows)
    return _TEXT.read_text(encoding="utf-8").replace("{table}", services)


def service_page(service: Service) -> str:
    """All that the catalog knows of a service."""
    return document(
        f"# {service.name}",
        f"<!-- Written by `make docs` from {BUILT_IN}/{service.name}.yaml. -->",
        service.summary,
        f"**{retirement(service)}**" if service.retired else "",
        fence("console", f"$ kubestack add service {service.name}{' --with-needs' if service.needs else ''}"),
        *(block for chart in service.charts for block in _chart(chart)),
        *_lists(service),
    )


def _chart(chart: Chart) -> Iterator[str]:
    yield f"## Release {chart.release}"
    facts = [
        ("step", STEPS[chart.step.value]),
        ("repository", f"`{chart.repository}`"),
        ("chart", f"`{chart.chart}` {chart.version}"),
        ("runs", chart.app_version),
        ("namespace", f"`{chart.namespace}`"),
        ("Kubernetes", f"`{chart.kube_version}`" if chart.kube_version else ""),
    ]
    yield table(["", "what"], [row for row in facts if row[1]])
    values = {
        "Values of the base:": chart.values,
        "What the first environment states differently:": chart.first,
        "What every environment states for itself:": chart.each,
    }
    for title, found in values.items():
        if found:
            yield title
            yield fence("yaml", dump(dict(found)).rstrip("\n"))


def _lists(service: Service) -> Iterator[str]:
    sections = {
        "Needs": [f"[{need.service}]({need.service}.md): {need.why}" for need in service.needs],
        "Yours to provide": list(service.provide),
        "CRDs": [f"`{version}`: {', '.join(kinds)}" for version, kinds in service.crds.items()],
        "Made for clusters of": list(service.providers),
        "Afterwards": list(service.next),
        "Sources": [f"{source.date}: {source.what}" for source in service.sources],
    }
    for title, lines in sections.items():
        if lines:
            yield f"## {title}"
            if title == "CRDs":
                yield service.crds_install
            yield "\n".join(f"- {line}" for line in lines)

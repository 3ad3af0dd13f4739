"""The catalog of platform services as rows and as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kubestack_py.report.json import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kubestack_py.model.service import Chart, Service

HEADINGS = ("Service", "Category", "Chart", "Version", "Needs", "What it does")
STEPS = {"crds": "1, CRDs", "service": "2, the service", "webhooks": "3, what its webhooks check"}


def services_value(services: Sequence[Service]) -> dict[str, Any]:
    """`kubestack catalog list` and `show` with `-o json`."""
    return {"services": plain(services)}


def service_rows(services: Sequence[Service]) -> list[tuple[str, ...]]:
    """A row for each service."""
    return [
        (
            service.name + (" (retired)" if service.retired else ""),
            service.category,
            service.main.chart,
            service.main.version,
            ", ".join(need.service for need in service.needs) or "-",
            service.summary,
        )
        for service in services
    ]


def retirement(service: Service) -> str:
    """One sentence for a service that is retired, and what follows it; empty for the others."""
    if service.retired is None:
        return ""
    since, successor = service.retired.since, service.retired.successor
    return f"{service.name} is retired since {since}: {service.retired.why} Its successor is {successor}."


def service_text(service: Service, paint: Callable[[str, str], str]) -> str:
    """Everything that the catalog knows of a service; `paint` takes text and a style."""
    blocks = [f"{paint(service.name, 'bold')}: {service.summary}"]
    if service.retired:
        blocks.append(paint(retirement(service), "yellow"))
    blocks += [_chart(chart) for chart in service.charts]
    blocks += list(_lists(service))
    return "\n\n".join(blocks)


def value_lines(values: object, indent: str = "") -> Iterator[str]:
    """Values as YAML for reading: maps as blocks, everything else as JSON, which is YAML too."""
    if isinstance(values, dict) and values:
        for key, value in values.items():
            nested = isinstance(value, dict) and value
            yield f"{indent}{key}:" + ("" if nested else f" {json.dumps(value, ensure_ascii=False)}")
            if nested:
                yield from value_lines(value, indent + "  ")


def _chart(chart: Chart) -> str:
    facts = {
        "step": STEPS[chart.step.value],
        "chart": f"{chart.repository} {chart.chart} {chart.version}",
        "runs": chart.app_version,
        "namespace": chart.namespace,
        "kubernetes": chart.kube_version,
        "crds": chart.crds.value,
    }
    lines = [f"release {chart.release}"]
    lines += [f"  {name:<11}{fact}" for name, fact in facts.items() if fact]
    for name, values in (("values", chart.values), ("first", chart.first), ("each", chart.each)):
        if values:
            lines += [f"  {name}", *value_lines(values, "    ")]
    return "\n".join(lines)


def _lists(service: Service) -> Iterator[str]:
    sections: dict[str, list[str]] = {
        "needs": [f"{need.service}: {need.why}" for need in service.needs],
        "yours to provide": list(service.provide),
        "CRDs": [service.crds_install] if service.crds_install else [],
        "made for clusters of": list(service.providers),
        "afterwards": list(service.next),
        "sources": [f"{source.date}  {source.what}" for source in service.sources],
    }
    sections["CRDs"] += [f"{version}: {', '.join(kinds)}" for version, kinds in service.crds.items()]
    for title, lines in sections.items():
        if lines:
            yield "\n".join([title, *(f"  {line}" for line in lines)])

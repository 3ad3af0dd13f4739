"""Charts against `versions.lock.yaml`."""

from __future__ import annotations

import pytest

from kubestack_py.checks.versions_lock import check_versions_lock
from kubestack_py.model.examined import TextFile

LOCK = """\
services:
  dns:
    charts:
      external-dns:
        chart: external-dns
        repository: https://charts.example.com
        version: 1.21.1
        namespace: dns
"""
CHART = """\
apiVersion: builtin
kind: HelmChartInflationGenerator
metadata:
  name: external-dns
name: external-dns
repo: https://charts.example.com
version: 1.21.1
releaseName: external-dns
namespace: dns
"""
PATCH = """\
apiVersion: builtin
kind: HelmChartInflationGenerator
metadata:
  name: external-dns
version: 1.22.0
"""
LISTED = """\
kind: Kustomization
helmCharts:
  - name: external-dns
    repo: https://charts.example.com
    version: 1.21.1
    namespace: elsewhere
"""
BASE = "controllers/dns/base/charts/external-dns.yaml"


def found(files: dict[str, str], lock: str = LOCK) -> list[str]:
    texts = [TextFile(path=path, text=text.encode()) for path, text in files.items()]
    findings = check_versions_lock(lock.encode(), texts, ["controllers/dns", "controllers"])
    return [f"{item.where}: {item.message}" for item in findings]


def test_charts_that_are_as_locked_have_no_findings() -> None:
    assert found({BASE: CHART, "controllers/dns/values.yaml": PATCH.replace("version: 1.22.0\n", "")}) == []


@pytest.mark.parametrize(
    ("files", "lock", "said"),
    [
        (
            {BASE: CHART.replace("1.21.1", "1.21.2")},
            LOCK,
            f"{BASE}:7:1: the version of external-dns is 1.21.2",
        ),
        (
            {BASE: CHART.replace("charts.ex", "mirror.ex")},
            LOCK,
            f"{BASE}:6:1: the repository of external-dns",
        ),
        (
            {BASE: CHART, "controllers/dns/ops/p.yaml": PATCH},
            LOCK,
            "controllers/dns/ops/p.yaml:5:1: the version",
        ),
        ({BASE: CHART, "controllers/dns/k.yaml": LISTED}, LOCK, "controllers/dns/k.yaml:6:5: the namespace"),
        ({BASE: CHART, "apps/dns.yaml": LISTED}, LOCK, "external-dns of apps is not in versions.lock.yaml"),
        ({}, LOCK, "versions.lock.yaml:4:7: external-dns of dns is locked, and no file names this chart"),
        ({BASE: CHART}, "services: [dns]\n", "versions.lock.yaml:1:1: the lock has to be"),
        ({BASE: CHART}, "services: {\n", "versions.lock.yaml:2:1: "),
        ({BASE: CHART}, "", "versions.lock.yaml:1:1: the lock has to be"),
    ],
)
def test_charts_against_the_lock(files: dict[str, str], lock: str, said: str) -> None:
    findings = found(files, lock)
    assert len(findings) == 1, findings
    assert said in findings[0]

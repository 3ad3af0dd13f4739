"""`kubestack report`: one page from a real platform."""

from __future__ import annotations

import pytest

from tests.platforms import Platform
from tests.unit.test_report_html import read


@pytest.mark.slow
def test_report_of_a_platform_with_a_past(platform: Platform) -> None:
    platform.ok("run")
    done = platform.ok("report")
    path = platform.root / "kubestack-report.html"
    assert done.out == f"{path}\n"
    page = read(path.read_text("utf-8"))
    for words in ("acme", "up to date", "may be promoted", "ops went through the same", "manifests/web"):
        assert words in page.text


def test_report_with_plans_masks_what_is_sensitive(platform: Platform) -> None:
    secret = "correct-horse-battery"
    platform.commit(
        "add a secret",
        {
            "infra/secret.tf": f'variable "key" {{\n  sensitive = true\n  default   = "{secret}"\n}}\n'
            'resource "terraform_data" "key" {\n  input = var.key\n}\n'
        },
    )
    platform.ok("report", "--plan", "--output-file", "page.html")
    text = (platform.root / "page.html").read_text("utf-8")
    assert "terraform_data.key" in text
    assert "(sensitive)" in text
    assert secret not in text


def test_report_where_it_cannot_be_written(platform: Platform) -> None:
    done = platform.kubestack("report", "--output-file", "nowhere/page.html")
    assert done.code == 1, done.said
    assert "nowhere" in done.err

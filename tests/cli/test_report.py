"""`kubestack report`: one page from a real platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kubestack_py.runner import content
from tests.platforms import Platform, invoke
from tests.unit.test_report_html import read

if TYPE_CHECKING:
    from kubestack_py.model.closure import Closure
    from kubestack_py.model.platform import Stack


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


def test_report_digests_each_stack_once(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    closure = content.closure

    def counted(stack: Stack, files: content.Content) -> Closure:
        if isinstance(files, content.CommitContent):
            asked.append(stack.path)
        return closure(stack, files)

    monkeypatch.setattr(content, "closure", counted)
    assert invoke(platform.root, "report", "--output-file", str(platform.root / "page.html")).code == 0
    assert sorted(asked) == ["infra", "manifests/web"]


def test_report_where_it_cannot_be_written(platform: Platform) -> None:
    done = platform.kubestack("report", "--output-file", "nowhere/page.html")
    assert done.code == 1, done.said
    assert "nowhere" in done.err

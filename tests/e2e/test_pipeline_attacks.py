"""Names from outside on every host, and a contributor who rewrites what decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.ci_hosts import Happened, Host
from tests.e2e.conftest import HOSTS
from tests.platforms import Platform, own_refs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHELL = "x$(touch${IFS}pwned)`touch${IFS}pwned`;touch${IFS}pwned;'\"|touch${IFS}pwned&"
AUTHOR = 'mallory";touch pwned;$(touch pwned)\n::set-output name=x::y\n##vso[task.complete]'
FILE = "notes\n::stop-commands::x\n$(touch pwned)"
TO_APPS = ('apply_on: {tag: "apps-deploy-*"}', 'apply_on: {branch: "evil"}')


def pwned(scratch: Path) -> list[Path]:
    return [path for path in scratch.rglob("pwned*") if path.name == "pwned"]


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTS)
def test_names_are_never_commands(start: Callable[[str], Host], hosted: Platform, name: str) -> None:
    host = start(name)
    hosted.git("checkout", "--quiet", "-b", SHELL)
    hosted.commit("$(touch pwned)\n\n::set-output name=x::y", {FILE: "x\n"})
    hosted.push(f"refs/heads/{SHELL}")
    before = own_refs(host.remote)
    ran = host.run(Happened(kind="push", ref=f"refs/heads/{SHELL}", author=AUTHOR))
    assert ran.succeeded == ran.jobs.keys() == {"validate", "plan"}, ran.said
    assert pwned(host.scratch) == []
    assert own_refs(host.remote) == before


@pytest.mark.slow
def test_pull_request_that_rewrites_settings_and_pipeline_reaches_nothing(
    start: Callable[[str], Host], hosted: Platform
) -> None:
    """The settings of the target decide, and evidence of no other environment stands behind the commit."""
    host = start("github")
    host.run(Happened(kind="push", ref="refs/heads/main"))
    hosted.git("checkout", "--quiet", "-b", "evil")
    hosted.edit("kubestack.yaml", *TO_APPS)
    workflow = ".github/workflows/kubestack.yaml"
    text = (hosted.root / workflow).read_text()
    (hosted.root / workflow).write_text(
        text.replace("kubestack run --only plan", "kubestack run").replace("kubestack validate", "true")
    )
    hosted.commit("Reach for apps")
    hosted.push("refs/heads/evil")
    before = own_refs(host.remote)
    ran = host.run(Happened(kind="pull_request", ref="refs/heads/evil"))
    assert ran.jobs == {"validate": True, "pull-request": True}
    assert "apply_on: tag apps-deploy-* → branch evil" in ran.said
    ran = host.run(Happened(kind="push", ref="refs/heads/evil"))
    assert ran.jobs == {"validate": True, "plan": False}
    assert "evil" in ran.said
    assert "is not part of main" in ran.said or "not in main" in ran.said, ran.said
    assert own_refs(host.remote) == before
    assert hosted.records("apps") == []

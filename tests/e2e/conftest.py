"""Fixtures of tests/platforms.py, for the tests of this folder, and CI systems that watch a platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.ci_hosts import Host
from tests.e2e.ci_hosts.azure import Azure
from tests.e2e.ci_hosts.bitbucket import Bitbucket
from tests.e2e.ci_hosts.github import GitHub
from tests.e2e.ci_hosts.gitlab import GitLab
from tests.e2e.ci_hosts.jenkins import Jenkins
from tests.e2e.ci_hosts.lighthouse import Lighthouse
from tests.platforms import Platform, fake, hosted, platform, proved, proved_world, template

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["HOSTS", "fake", "hosted", "platform", "proved", "proved_world", "start", "template"]

HOSTS: dict[str, type[Host]] = {
    "github": GitHub,
    "gitlab": GitLab,
    "jenkins": Jenkins,
    "azure": Azure,
    "bitbucket": Bitbucket,
    "lighthouse": Lighthouse,
}


@pytest.fixture
def start(hosted: Platform, tmp_path: Path) -> Callable[..., Host]:
    """A CI system that watches a scaffolded platform, whose pipeline is committed."""

    def begin(name: str, more: str = "") -> Host:
        settings = hosted.root / "kubestack.yaml"
        settings.write_text(f"{settings.read_text()}\nci: {{host: {name}{more}}}\n")
        hosted.ok("ci", "render", name)
        hosted.ok("ci", "check")
        hosted.commit("Add the pipeline")
        hosted.push()
        scratch = tmp_path / "ci"
        scratch.mkdir()
        return HOSTS[name](hosted, scratch)

    return begin

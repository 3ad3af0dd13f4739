"""The four steps of a change, by the pipelines that `kubestack ci render` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import git
from tests.e2e.ci_hosts import Happened, Host
from tests.e2e.conftest import HOSTS
from tests.platforms import Platform, own_refs

if TYPE_CHECKING:
    from collections.abc import Callable


def change(platform: Platform, branch: str) -> None:
    """A branch on the host with one change of an application."""
    platform.git("checkout", "--quiet", "-B", branch, "main")
    platform.edit("manifests/web/base/deployment.yaml", "cpu: 50m", "cpu: 200m")
    platform.commit("More CPU")
    platform.push(f"refs/heads/{branch}")
    platform.git("checkout", "--quiet", "main")


def refs(platform: Platform) -> dict[str, str]:
    """What is on the host."""
    assert platform.remote
    return own_refs(platform.remote)


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTS)
def test_four_steps(start: Callable[[str], Host], hosted: Platform, name: str) -> None:
    host = start(name)
    change(hosted, "more-cpu")
    before = refs(hosted)

    ran = host.run(Happened(kind="push", ref="refs/heads/more-cpu"))
    assert ran.succeeded == ran.jobs.keys() == {"validate", "plan"}
    assert "infra (ops): 3 to create" in ran.said

    ran = host.run(Happened(kind="pull_request", ref="refs/heads/more-cpu"))
    assert ran.succeeded == ran.jobs.keys() == {"validate", "pull-request"}
    assert "infra (apps): 3 to create" in ran.said
    assert refs(hosted) == before, "a plan writes nothing"

    hosted.git("merge", "--quiet", "--no-ff", "--no-edit", "more-cpu")
    hosted.push()
    ran = host.run(Happened(kind="push", ref="refs/heads/main"))
    assert ran.succeeded == ran.jobs.keys() == {"apply-ops", "preview-apps"}, ran.said
    assert hosted.statuses("ops") == ["started", "verified"]
    assert {record["stack"] for record in hosted.previews("apps")} == {"infra", "manifests/web"}
    assert "200m" in git(hosted.remote or hosted.root, "grep", "cpu:", "env/ops")

    git(hosted.root, "tag", "--annotate", "--message", "Promote", "apps-deploy-1")
    hosted.push("refs/tags/apps-deploy-1")
    ran = host.run(Happened(kind="push", ref="refs/tags/apps-deploy-1"))
    assert ran.succeeded == ran.jobs.keys() == {"apply-apps"}, ran.said
    assert hosted.statuses("apps") == ["started", "verified"]
    assert "200m" in git(hosted.remote or hosted.root, "grep", "cpu:", "env/apps")

    after = refs(hosted)
    assert host.run(Happened(kind="push", ref="refs/heads/env/ops")).jobs == {}
    ran = host.run(Happened(kind="schedule"))
    assert ran.succeeded == ran.jobs.keys() == {"drift"}
    git(hosted.root, "tag", "v1.0")
    hosted.push("refs/tags/v1.0")
    assert host.run(Happened(kind="push", ref="refs/tags/v1.0")).jobs == {}
    ran = host.run(Happened(kind="pull_request", ref="refs/heads/more-cpu", fork=True))
    assert ran.jobs in ({"validate": True, "fork": True}, {}), "a fork is validated, or starts nothing"
    assert not ran.jobs or "from a fork is validated only" in ran.said
    assert {name: at for name, at in refs(hosted).items() if name != "refs/tags/v1.0"} == after

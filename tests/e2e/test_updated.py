"""A platform of the first version through its life: edited, extended, updated, and still running."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from kubestack_py import __version__
from kubestack_py.scaffold.answers import check
from kubestack_py.scaffold.platform import new_platform
from kubestack_py.scaffold.versions import templates_of
from tests.platforms import Platform

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_platform_of_the_first_version_lives_on(tmp_path: Path) -> None:
    with templates_of("0.1.0"):
        platform = Platform(root=new_platform(check({"name": "acme"}), tmp_path, lambda _: None))
    platform.ok("run", "--ref", "refs/heads/main")

    # The team makes it its own, and grows it.
    platform.edit("infra/cluster.tf", "min_size = 1, max_size = 2 }", "min_size = 1, max_size = 4 }")
    platform.git("mv", "infra/outputs.tf", "infra/results.tf")
    platform.edit("manifests/web/base/deployment.yaml", "cpu: 50m", "cpu: 70m")
    platform.commit("make it ours")
    platform.ok("add", "node-pool", "cluster", "batch", "--max-size", "5")
    platform.ok("add", "service", "cert-manager", "--delivery", "flux")
    platform.ok("add", "environment", "staging", "--after", "ops")
    platform.ok("validate")
    platform.commit("add a pool, a service and an environment")
    platform.ok("run", "--ref", "refs/heads/main")

    # An update conflicts in one place, which a person settles.
    done = platform.kubestack("update")
    assert done.code == 1
    assert "1 conflict" in done.err
    text = (platform.root / "infra/cluster.tf").read_text("utf-8")
    begin, end = text.index("<<<<<<< "), text.index(">>>>>>> ")
    settled = text[begin:end].partition("=======\n")[2].replace("max_size = 2", "max_size = 4")
    rest = text[end:].partition("\n")[2]
    (platform.root / "infra/cluster.tf").write_text(text[:begin] + settled + rest, "utf-8")
    platform.git("add", "infra/cluster.tf")
    platform.ok("validate")
    platform.git("commit", "--quiet", "--no-edit")

    record = json.loads((platform.root / ".kubestack/answers.json").read_text("utf-8"))
    assert record["version"] == __version__
    assert [entry["kind"] for entry in record["added"]] == ["node-pool", "service", "environment"]
    assert "up to date" in platform.ok("update").err
    assert "infra (ops): verified" in platform.ok("run", "--ref", "refs/heads/main").said
    assert platform.git("status", "--porcelain") == ""
    for environment in ("staging", "apps"):
        tag = f"{environment}-deploy-1"
        platform.git("tag", tag)
        platform.git("checkout", "--quiet", "--detach", tag)
        assert f"infra ({environment}): verified" in platform.ok("run", "--ref", f"refs/tags/{tag}").said

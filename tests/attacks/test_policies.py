"""Policies that a pull request rewrites: those of its target judge it, and nothing of its own is run."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from tests.platforms import Platform, assert_refused

if TYPE_CHECKING:
    from pathlib import Path

GITLAB = {
    "GITLAB_CI": "true",
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "change",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
}
RULE = {"id": "three-replicas", "targets": ["Deployment"], "mode": "block"}
SCHEMA = {"properties": {"spec": {"properties": {"replicas": {"minimum": 3}}}}}
SETTINGS = "\nversion: 1\npolicies: {own: [rules/r.json], engine: {name: conftest, policies: rego}}\n"


def test_policies_of_the_target_judge_a_pull_request(hosted: Platform, tmp_path: Path) -> None:
    """Its own would be silent, and Rego or the settings of an engine can run and send what they like."""
    hosted.edit("kubestack.yaml", "\nversion: 1\n", SETTINGS)
    rule = json.dumps({**RULE, "schema": SCHEMA})
    hosted.commit("rules", {"rules/r.json": rule, "rego/x.rego": "package main # of main"})
    hosted.push()
    hosted.git("checkout", "--quiet", "-b", "change")
    weak = json.dumps({**RULE, "schema": {}})
    evil = {
        "rego/x.rego": "package main # evil",
        "rego/y.rego": "# evil",
        ".checkov.yaml": "x",
        "conftest.toml": "x",
    }
    hosted.commit("weaker", {"rules/r.json": weak, **evil})
    engine = tmp_path / "bin" / "conftest"
    engine.parent.mkdir()
    seen = tmp_path / "seen"
    look = f"find . -type f | sort; cat rego/*; }} >> {seen}"
    engine.write_text(f"#!/bin/sh\n{{ {look}\necho '[]'\n")
    engine.chmod(0o755)
    env = {**GITLAB, "PATH": f"{engine.parent}{os.pathsep}{os.environ['PATH']}"}
    words = ["policies block ops"]
    done = assert_refused(hosted, "policy", "check", "-e", "ops", code=5, words=words, **env)
    assert "blocks three-replicas manifests/web" in done.out
    assert "blocks three-replicas manifests/web" in hosted.kubestack("plan", "manifests/web", **env).out
    said = seen.read_text()
    assert "of main" in said
    assert "evil" not in said
    assert set(said.split()) & {"./.checkov.yaml", "./conftest.toml", "./kubestack.yaml"} == set()

"""Policies on a real platform: shown with every plan, a check of the gate, and other engines beside them."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from kubestack_py.system.yaml import load_all
from tests.platforms import Platform, assert_refused, invoke
from tests.programs import program

SETTINGS = "\npolicies:\n  rules: {image-tags: block}\n"
FLOATING = ('newTag: "6.9.2"', 'newTag: "latest"')
OVERLAY = "manifests/web/overlays/ops/kustomization.yaml"


def add_settings(platform: Platform, text: str) -> None:
    path = platform.root / "kubestack.yaml"
    path.write_text(path.read_text("utf-8") + text, encoding="utf-8")
    platform.commit("policies")


def test_scaffolded_platform_violates_nothing(platform: Platform) -> None:
    done = platform.ok("policy", "check")
    assert done.out.count("no violations") == 2, done.out
    assert platform.ok("plan", "-o", "json").json["policies"] == []


@pytest.mark.slow
def test_blocking_violation_keeps_a_commit_out_until_it_is_waived_or_overridden(platform: Platform) -> None:
    add_settings(platform, SETTINGS)
    platform.land(OVERLAY, *FLOATING)
    plan = platform.ok("plan", "manifests/web")
    assert "blocks image-tags manifests/web: apps/Deployment/web/web" in plan.out
    words = ["1 violations of policies block: image-tags", "the tag latest"]
    assert_refused(platform, "apply", "--yes", code=5, words=words)
    assert_refused(platform, "policy", "check", "-e", "ops", code=5, words=["policies block ops"])
    waiver = "  waivers:\n    - {rule: image-tags, address: apps/Deployment/*, reason: a trial, until: %s}\n"
    add_settings(platform, waiver % "2020-01-01")
    assert_refused(platform, "apply", "--yes", code=5, words=words)
    platform.edit("kubestack.yaml", "2020-01-01", "2099-12-31")
    platform.commit()
    done = platform.ok("run")
    assert "waived until 2099-12-31: a trial" in done.out


def test_override_of_the_policy_check_becomes_evidence(platform: Platform) -> None:
    add_settings(platform, SETTINGS)
    platform.land(OVERLAY, *FLOATING)
    platform.ok("run", "--override", "policy", "--reason", "the mirror is down")
    overrides = [item for record in platform.records("ops") for item in record.get("overrides", [])]
    assert {"check": "policy", "reason": "the mirror is down"} in overrides


def test_mode_off_as_yaml_reads_it(platform: Platform) -> None:
    add_settings(platform, "\npolicies: {mode: off}\n")
    platform.land(OVERLAY, *FLOATING)
    assert platform.ok("policy", "check").out.count("no violations") == 2
    listed = platform.ok("policy", "list", "-o", "json").json["rules"]
    assert {mode for rule in listed for mode in rule["modes"].values()} == {"off"}


def test_own_rules_of_a_platform(platform: Platform) -> None:
    rule = {"id": "three-replicas", "targets": ["Deployment"], "mode": "block", "why": "One may go."}
    schema = {"properties": {"spec": {"properties": {"replicas": {"minimum": 3}}}}}
    platform.commit("a rule", {"policies/own/r.json": json.dumps({**rule, "schema": schema})})
    add_settings(platform, "\npolicies: {own: [policies/own]}\n")
    done = platform.kubestack("policy", "check")
    assert done.code == 5
    assert "blocks three-replicas manifests/web: apps/Deployment/web/web: three-replicas" in done.out
    assert "apps: no violations" in done.out
    assert "One may go." in platform.ok("policy", "show", "three-replicas").out


def test_own_rules_are_read_once_for_all_environments(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = {"id": "named", "targets": ["Deployment"], "schema": {}, "why": "x"}
    platform.commit("a rule", {"policies/own/r.json": json.dumps(rule)})
    add_settings(platform, "\npolicies: {own: [policies/own]}\n")
    read: list[str] = []

    def counted(text: bytes, name: str) -> list[object]:
        read.append(name)
        return load_all(text, name)

    monkeypatch.setattr("kubestack_py.runner.own_rules.load_all", counted)
    assert invoke(platform.root, "policy", "check").out.count("no violations") == 2
    assert read == ["policies/own/r.json"]


@pytest.mark.parametrize(
    ("settings", "files", "words"),
    [
        ("policies: {own: [nowhere]}", {}, "names nowhere under policies.own"),
        ("policies: {own: [own]}", {"own/x.yaml": "id: x\n"}, "own/x.yaml: missing: targets, schema"),
        ("policies: {own: [own]}", {"own/x.yaml": "a: [\n"}, "own/x.yaml"),
        ("policies: {mode: loud}", {}, "use off or warn or block"),
        ("policies: {waivers: [{rule: image-tags, reason: x, until: soon}]}", {}, "2026-12-31"),
        ("policies: {engine: {name: conftest}}", {}, "asks for conftest, which is not installed"),
    ],
    ids=["no such file", "no rule", "no YAML", "no mode", "no day", "no engine"],
)
def test_policies_that_cannot_be_asked(
    platform: Platform, settings: str, files: dict[str, str], words: str
) -> None:
    platform.commit("files", files)
    add_settings(platform, f"\n{settings}\n")
    done = platform.kubestack("plan")
    assert done.code in {1, 2}
    assert words in done.err, done.err


def test_policy_show_of_an_unknown_rule_names_the_known_ones(platform: Platform) -> None:
    done = platform.kubestack("policy", "show", "nope")
    assert done.code == 2
    assert "protected-resources" in done.err
    assert "until:" in platform.ok("policy", "show", "protected-resources").out


def test_conftest_judges_beside_the_rules(platform: Platform, tmp_path: Path) -> None:
    """A stand-in that answers as conftest's documentation shows, and that sees what Rego would see."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "conftest").write_text(
        "#!/bin/sh\nfor last; do :; done\n"
        f'cp "$last" {tmp_path}/seen.json\n'
        'echo \'[{"filename": "x", "failures": [{"msg": "not on a Friday"}]}]\'\nexit 1\n'
    )
    (bin_ / "conftest").chmod(0o755)
    add_settings(platform, "\npolicies:\n  engine: {name: conftest}\n  rules: {conftest: block}\n")
    done = platform.kubestack("apply", "--yes", PATH=f"{bin_}{os.pathsep}{os.environ['PATH']}")
    assert done.code == 5, done.said
    assert "conftest (infra: not on a Friday)" in done.said
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert set(seen) == {"stack", "environment", "changes", "manifests"}
    assert seen["environment"] == "ops"


@pytest.mark.slow
def test_checkov_judges_beside_the_rules(platform: Platform) -> None:
    checkov = program("checkov", "checkov")
    add_settings(platform, "\npolicies: {engine: {name: checkov}}\n")
    path = f"{checkov.parent}{os.pathsep}{os.environ['PATH']}"
    assert shutil.which("checkov", path=path)
    done = platform.ok("policy", "check", "-e", "ops", PATH=path)
    assert "warns checkov manifests/web: " in done.out
    assert "CKV_K8S_" in done.out

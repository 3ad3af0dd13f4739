"""Terraform and Kustomize files that are wrong: found by validate, and harmless to plan and apply."""

from __future__ import annotations

import shutil

import pytest

from tests.platforms import Platform, assert_refused


def test_stack_without_an_overlay(hosted: Platform) -> None:
    shutil.rmtree(hosted.root / "manifests/web/overlays/apps")
    hosted.commit()
    hosted.push()
    words = [
        "manifests/web/overlays/apps",
        "manifests/web has no overlay for the environment apps",
        "add manifests/web/overlays/apps/kustomization.yaml",
    ]
    assert_refused(hosted, "validate", code=1, words=words)
    done = hosted.kubestack("plan", "-e", "apps", "manifests/web")
    assert done.code == 1
    assert "manifests/web/overlays/apps" in done.said


def test_environment_without_a_configuration(platform: Platform) -> None:
    platform.edit("infra/cluster.tf", "    ops = {", "    oops = {")
    words = ["infra/cluster.tf:", "has no key for the environment ops", "add `ops = {}`", "the key oops"]
    assert_refused(platform, "validate", code=1, words=words)


def test_broken_hcl_is_found_with_file_and_line(platform: Platform) -> None:
    platform.edit(
        "infra/outputs.tf", "  value       = module.cluster.name\n", "  value       = = module.cluster.name\n"
    )
    words = ["infra/outputs.tf:3", "not valid HCL", "terraform fmt"]
    assert_refused(platform, "validate", code=1, words=words)


def test_broken_hcl_in_a_local_module(platform: Platform) -> None:
    platform.edit("infra/modules/cluster/outputs.tf", "{", "{ {")
    assert_refused(platform, "validate", code=1, words=["infra/modules/cluster/outputs.tf:"])


def test_broken_hcl_is_not_applied(hosted: Platform) -> None:
    hosted.land(
        "infra/outputs.tf", "value       = module.cluster.name\n", "value       = = module.cluster.name\n"
    )
    words = ["infra (ops): failed", "outputs.tf", "3"]
    before = hosted.git("ls-remote", "origin", "refs/heads/env/*")
    done = hosted.kubestack("apply", "infra")
    assert done.code == 1, done.said
    for word in words:
        assert word in done.said
    assert hosted.git("ls-remote", "origin", "refs/heads/env/*") == before
    assert not list((hosted.root.parent / "state").rglob("*.tfstate"))


def test_broken_yaml_is_found_with_file_and_line(platform: Platform) -> None:
    platform.edit("manifests/web/base/service.yaml", "kind: Service", "kind: [Service")
    assert_refused(platform, "validate", code=1, words=["manifests/web/base/service.yaml:"])


def test_broken_yaml_is_not_applied(hosted: Platform) -> None:
    hosted.land("manifests/web/base/service.yaml", "kind: Service", "kind: [Service")
    done = hosted.kubestack("run")
    assert done.code == 1, done.said
    assert "manifests/web (ops): failed" in done.out
    assert "service.yaml" in done.out
    assert hosted.git("ls-remote", "origin", "refs/heads/env/*") == ""


def test_duplicate_key_in_a_manifest(platform: Platform) -> None:
    platform.edit("manifests/web/base/service.yaml", "kind: Service", "kind: Service\nkind: Secret")
    assert_refused(platform, "validate", code=1, words=["manifests/web/base/service.yaml:", "kind"])


def test_resource_that_does_not_exist(platform: Platform) -> None:
    platform.edit("manifests/web/base/kustomization.yaml", "  - service.yaml\n", "  - servce.yaml\n")
    words = ["manifests/web/base/kustomization.yaml", "servce.yaml"]
    assert_refused(platform, "validate", code=1, words=words)


def test_file_outside_of_the_repository(platform: Platform) -> None:
    platform.edit(
        "manifests/web/base/kustomization.yaml", "  - service.yaml\n", "  - ../../../../secrets.yaml\n"
    )
    assert_refused(platform, "validate", code=1, words=["leads out of the repository"])


def test_validate_collects_everything(platform: Platform) -> None:
    platform.edit("infra/outputs.tf", "value       = module.cluster.name\n", "value       = = x\n")
    platform.edit("infra/cluster.tf", "    ops = {", "    oops = {")
    platform.edit("manifests/web/base/service.yaml", "kind: Service", "kind: [Service")
    shutil.rmtree(platform.root / "manifests/web/overlays/apps")
    done = platform.kubestack("validate")
    assert done.code == 1
    expected = [
        "infra/outputs.tf:3",
        "environment ops",
        "base/service.yaml:",
        "no overlay for the environment apps",
    ]
    assert [word for word in expected if word not in done.out] == []
    assert "the platform is not valid" in done.err
    assert "errors" in done.err


def test_validate_findings_as_json(platform: Platform) -> None:
    platform.edit("manifests/web/base/service.yaml", "kind: Service", "kind: [Service")
    done = platform.kubestack("validate", "-o", "json")
    assert done.code == 1
    found = {(finding["check"], finding["severity"]) for finding in done.json["findings"]}
    assert ("yaml", "error") in found
    assert all(finding["where"] is None or finding["where"]["path"] for finding in done.json["findings"])


def test_validate_needs_no_credentials_and_touches_nothing(platform: Platform) -> None:
    before = platform.snapshot()
    done = platform.ok("validate", AWS_PROFILE="nobody", KUBECONFIG="/nowhere")
    assert done.out == "acme is valid: 2 stacks, 2 environments, 11 objects\n"
    assert platform.snapshot() == before
    assert not (platform.root / "infra/.terraform").exists()


@pytest.mark.parametrize("content", ["\ufeff", "\x00\x01", 'resource "a" {\n' * 500])
def test_hostile_terraform_files(platform: Platform, content: str) -> None:
    (platform.root / "infra/hostile.tf").write_text(content)
    done = platform.kubestack("validate")
    assert done.code in {0, 1}, done.said
    assert "bug" not in done.err

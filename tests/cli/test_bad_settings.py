"""A kubestack.yaml that is wrong: where, what, and what would be right; nothing is touched."""

from __future__ import annotations

import pytest

from tests.platforms import Platform, assert_refused

COMMANDS = ("validate", "plan", "apply", "run", "resolve", "status")
BAD = {
    "unknown key": (
        "default_branch:",
        "defaultbranch:",
        ["kubestack.yaml:4", "defaultbranch", "default_branch"],
    ),
    "unknown nested key": (
        "apply_on: {branch:",
        "aply_on: {branch:",
        ["kubestack.yaml:", "environments[0]", "aply_on"],
    ),
    "wrong type": ("version: 1", "version: one", ["kubestack.yaml:2", "version"]),
    "wrong nested type": ("needs: [infra]", "needs: infra", ["kubestack.yaml:", "stacks[1].needs", "list"]),
    "duplicate key": (
        "version: 1",
        "version: 1\nversion: 1",
        ["kubestack.yaml:3:1", "duplicate key 'version'", "first on line 2"],
    ),
    "broken YAML": ("version: 1", "version: [1", ["kubestack.yaml:"]),
    "overlapping rules": (
        '{tag: "apps-deploy-*"}',
        '{branch: "ma*"}',
        ["kubestack.yaml:", "ops", "apps", "ma*", "branch main"],
    ),
    "circle of needs": (
        "- path: infra",
        "- path: infra\n    needs: [manifests/web]",
        ["kubestack.yaml:", "circle", "infra → manifests/web → infra"],
    ),
    "needs nothing known": (
        "needs: [infra]",
        "needs: [network]",
        ["kubestack.yaml:", "network", "known: infra"],
    ),
    "stack that leads nowhere": (
        "- path: infra",
        "- path: infrastructure",
        ["kubestack.yaml:", "infrastructure"],
    ),
    "stack outside": ("- path: infra", "- path: ../other", ["kubestack.yaml:", "../other"]),
    "two environments of one name": ('name: "apps"', 'name: "ops"', ["kubestack.yaml:", "ops"]),
    "environment with a slash": (
        'name: "apps"',
        'name: "a/b"',
        ["kubestack.yaml:", "environments[1].name", "a/b"],
    ),
    "newer version": ("version: 1", "version: 2", ["kubestack.yaml:2", "version"]),
    "command as one string": (
        "commands: []",
        "commands: [{run: make test}]",
        ["kubestack.yaml:", "verify.commands[0].run"],
    ),
    "wrong requirement": ('terraform: ">= 1.6, < 2"', 'terraform: "newest"', ["newest"]),
}


@pytest.mark.parametrize("case", BAD)
def test_settings_that_are_wrong(hosted: Platform, case: str) -> None:
    old, new, words = BAD[case]
    hosted.land("kubestack.yaml", old, new)
    done = assert_refused(hosted, "apply", code=2, words=words)
    assert "bug" not in done.err
    assert hosted.records() == []


@pytest.mark.parametrize("command", COMMANDS)
def test_settings_stop_every_command(hosted: Platform, command: str) -> None:
    hosted.land("kubestack.yaml", "default_branch:", "defaultbranch:")
    done = hosted.kubestack(command)
    assert done.code == 2, done.said
    assert "kubestack.yaml:4" in done.err
    assert "defaultbranch" in done.err


def test_settings_findings_are_shown_together(hosted: Platform) -> None:
    hosted.edit("kubestack.yaml", "version: 1", "version: one")
    hosted.edit("kubestack.yaml", "needs: [infra]", "needs: infra")
    hosted.edit("kubestack.yaml", "converged: true", "converged: 7")
    done = hosted.kubestack("validate")
    assert done.code == 2
    for where in ("kubestack.yaml:2", "stacks[1].needs", "verify.converged"):
        assert where in done.err, done.err


def test_settings_with_bytes_that_are_no_text(hosted: Platform) -> None:
    (hosted.root / "kubestack.yaml").write_bytes(b"version: 1\nname: \xff\xfe\n")
    done = assert_refused(hosted, "plan", code=2, words=["kubestack.yaml"])
    assert "bug" not in done.err


def test_settings_that_are_a_directory(hosted: Platform) -> None:
    (hosted.root / "kubestack.yaml").unlink()
    (hosted.root / "kubestack.yaml").mkdir()
    assert_refused(hosted, "plan", code=2, words=["has no kubestack.yaml", "kubestack new platform NAME"])


def test_settings_as_an_alias_bomb(hosted: Platform) -> None:
    levels = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    levels += [
        f"{this}: &{this} [{', '.join([f'*{last}'] * 9)}]"
        for last, this in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    (hosted.root / "kubestack.yaml").write_text("\n".join(levels))
    done = assert_refused(hosted, "plan", code=2, words=["kubestack.yaml"])
    assert len(done.err) < 20_000

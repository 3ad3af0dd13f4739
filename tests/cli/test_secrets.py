"""Secrets of the environment and of Terraform reach no stream, no summary, no evidence, no branch."""

from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.platforms import FakeTerraform, Platform, assert_refused, reject_pushes

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "hunter2-correct-horse"
TOKEN = "ghs_notatokenbutasecret"
NAMED = "ci: {host: github, secrets: [GITHUB_TOKEN]}\n"
LEAKY = """
variable "password" {
  type      = string
  sensitive = true
}

resource "terraform_data" "database" {
  input            = { password = var.password, size = 1 }
  triggers_replace = [var.password]
}

resource "terraform_data" "copy" {
  input = terraform_data.database.output
}

output "password" {
  value     = var.password
  sensitive = true
}

output "size" {
  value = terraform_data.database.input.size
}
"""


LOGIN = """
resource "terraform_data" "login" {
  input = var.password

  provisioner "local-exec" {
    command = "echo no access with '${nonsensitive(self.input)}' >&2; exit 1"
  }
}
"""


def everything(platform: Platform) -> str:
    """All that Git holds here and on the host: evidence, rendered branches, reflogs."""
    assert platform.remote
    found = [platform.git("log", "--all", "--format=%B", "--patch", "--", ".", ":!infra")]
    for where in (platform.root, platform.remote):
        done = subprocess.run(
            [
                "sh",
                "-c",
                "git cat-file --batch-all-objects --batch='%(objecttype)' | grep -a -v variable || true",
            ],
            cwd=where,
            capture_output=True,
            check=True,
        )
        found.append(done.stdout.decode("utf-8", "replace"))
    return "\n".join(found)


@pytest.mark.slow
def test_sensitive_values_are_nowhere(hosted: Platform, tmp_path: Path) -> None:
    (hosted.root / "infra/leaky.tf").write_text(LEAKY)
    hosted.commit()
    hosted.push()
    summary = tmp_path / "summary.md"
    env = {"TF_VAR_password": SECRET, "GITHUB_STEP_SUMMARY": str(summary)}
    said = hosted.ok("plan", **env).said
    said += hosted.ok("run", **env).said
    said += hosted.ok("plan", "-o", "json", **{**env, "TF_VAR_password": "another-secret-word"}).said
    said += hosted.ok("status").said
    said += summary.read_text(encoding="utf-8")
    said += everything(hosted)
    for secret in (SECRET, "another-secret-word", base64.b64encode(SECRET.encode()).decode()):
        assert secret not in said
    assert "(sensitive)" in said or "***" in said


def test_sensitive_values_in_an_error_are_masked(hosted: Platform, tmp_path: Path) -> None:
    """Terraform itself prints them where a provisioner fails; the plan has told what to mask."""
    (hosted.root / "infra/leaky.tf").write_text(LEAKY + LOGIN)
    hosted.commit()
    hosted.push()
    summary = tmp_path / "summary.md"
    done = hosted.kubestack("run", TF_VAR_password=SECRET, GITHUB_STEP_SUMMARY=str(summary))
    assert done.code == 1, done.said
    assert "local-exec provisioner error" in done.said
    assert "no access with '***'" in done.said
    assert SECRET not in done.said
    assert SECRET not in summary.read_text(encoding="utf-8")
    assert SECRET not in everything(hosted)


def test_secrets_of_the_environment_are_masked(hosted: Platform, tmp_path: Path) -> None:
    hosted.edit(
        "kubestack.yaml",
        "commands: []",
        'commands: [{run: [sh, -c, "echo login with $DEPLOY_TOKEN; exit 1"]}]',
    )
    hosted.commit()
    hosted.push()
    summary = tmp_path / "summary.md"
    done = hosted.kubestack("run", DEPLOY_TOKEN=TOKEN, GITHUB_STEP_SUMMARY=str(summary))
    assert done.code == 1
    assert "login with ***" in done.said
    assert TOKEN not in done.said + summary.read_text(encoding="utf-8")
    assert TOKEN not in everything(hosted)


def test_secrets_in_the_address_of_the_host_are_masked(hosted: Platform) -> None:
    hosted.git("remote", "set-url", "origin", f"https://bot:{TOKEN}@127.0.0.1:1/acme.git")
    here = Platform(root=hosted.root)
    done = assert_refused(here, "run", code=1, words=["git fetch from origin"])
    assert TOKEN not in done.said


def test_secrets_in_an_error_are_masked(hosted: Platform) -> None:
    assert hosted.remote
    reject_pushes(hosted.remote, "refs/notes/*", f"the token {TOKEN} may not")
    done = assert_refused(hosted, "run", code=1, words=["the token *** may not"], DEPLOY_TOKEN=TOKEN)
    assert TOKEN not in done.said


@pytest.mark.parametrize(
    "name",
    ["TF_CLI_ARGS", "TF_CLI_ARGS_plan", "TF_WORKSPACE", "TF_DATA_DIR", "TF_REATTACH_PROVIDERS", "TF_LOG"],
)
def test_variables_that_redirect_terraform_are_dropped(
    hosted: Platform, fake: FakeTerraform, name: str
) -> None:
    done = hosted.ok("plan", "infra", **{name: "trace" if name == "TF_LOG" else "-destroy"})
    assert f"Warning: ignored from the environment: {name}" in done.err
    assert "infra (ops): 2 to create" in done.out
    entries = list(zip(*(fake.entries(key) for key in ("argv", "workspace", "variables")), strict=True))
    of_stacks = [entry for entry in entries if entry[0][0] != "version"]
    assert {entry[0][0] for entry in of_stacks} >= {"init", "plan", "show"}
    assert all(workspace == "ops" for _, workspace, _ in of_stacks)
    assert not any(name in names for _, _, names in of_stacks if name != "TF_WORKSPACE")


@pytest.mark.parametrize(
    ("settings", "given", "inherited"),
    [
        pytest.param("", {"CI": "true"}, False, id="in CI"),
        pytest.param(NAMED, {"CI": "true"}, True, id="where it is named"),
        pytest.param("", {"CI": None}, True, id="the token of a person"),
    ],
)
def test_token_of_the_host_is_not_for_terraform(
    hosted: Platform, fake: FakeTerraform, settings: str, given: dict[str, str | None], *, inherited: bool
) -> None:
    with (hosted.root / "kubestack.yaml").open("a") as file:
        file.write(settings)
    hosted.ok("plan", "infra", GITHUB_TOKEN=TOKEN, **given)
    of_stacks = [
        names
        for argv, names in zip(fake.entries("argv"), fake.entries("variables"), strict=True)
        if argv[0] in {"init", "plan", "show"}
    ]
    assert of_stacks
    assert all(("GITHUB_TOKEN" in names) is inherited for names in of_stacks)


def test_arguments_from_the_environment_do_not_keep_terraform_from_being_found(hosted: Platform) -> None:
    done = hosted.ok("plan", "infra", TF_CLI_ARGS="-destroy")
    assert "infra (ops): 3 to create" in done.out


@pytest.mark.slow
def test_destroy_from_the_environment_changes_nothing(proved: Platform) -> None:
    proved.land("infra/cluster.tf", 'kubernetes_version = "1.32"', 'kubernetes_version = "1.33"')
    done = proved.ok("run", TF_CLI_ARGS_plan="-destroy", TF_CLI_ARGS_apply="-destroy", TF_WORKSPACE="apps")
    assert "TF_CLI_ARGS_apply, TF_CLI_ARGS_plan, TF_WORKSPACE" in done.err
    assert "infra (ops): verified, 1 to update" in done.out
    assert "destroy" not in done.out

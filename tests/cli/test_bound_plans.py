"""Plans that cross jobs: exactly what was planned is applied, there and only there."""

from __future__ import annotations

import base64
import os
import secrets
import stat
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kubestack_py.promotion.envelope import from_bytes, to_bytes
from tests.conftest import write_tree
from tests.platforms import Platform, assert_refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kubestack_py.model.saved import SavedPlans, TerraformBinding

pytestmark = pytest.mark.slow

SECRET = "hunter2-correct-horse"
SENSITIVE = """
variable "password" {
  type      = string
  sensitive = true
}

resource "terraform_data" "database" {
  input = var.password
}
"""
STACK = """
terraform {
  backend "local" {
    workspace_dir = "%s"
  }
}

resource "terraform_data" "where" {
  input = "platform"
}
"""


def terraform(where: Path, *args: str, workspace: str = "ops") -> subprocess.CompletedProcess[str]:
    """The bare program."""
    env = {**os.environ, "TF_WORKSPACE": workspace, "TF_IN_AUTOMATION": "1"}
    return subprocess.run(
        ["terraform", *args], cwd=where, env=env, capture_output=True, text=True, check=False
    )


def job(hosted: Platform, name: str, commit: str = "main") -> Platform:
    """The clone of another job."""
    there = hosted.clone(name)
    there.git("checkout", "--quiet", commit)
    return there


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where plans are saved: outside of every clone."""
    return tmp_path / "ops.plans"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "plan.key"
    path.write_bytes(base64.b64encode(secrets.token_bytes(32)) + b"\n")
    return path


def rewrite(file: Path, change: Callable[[SavedPlans], SavedPlans]) -> None:
    """What anybody can do to a file that is not encrypted: write another one, with a digest that fits."""
    file.write_bytes(to_bytes(change(from_bytes(file.read_bytes(), file.name, None)), None))


def rebound(**facts: object) -> Callable[[SavedPlans], SavedPlans]:
    """Change what the first plan, of a Terraform stack, rests on."""

    def change(saved: SavedPlans) -> SavedPlans:
        first, *others = saved.plans
        binding: TerraformBinding = replace(first.binding, **facts)  # type: ignore[assignment,arg-type]
        return replace(saved, plans=(replace(first, binding=binding), *others))

    return change


def test_saved_plans_are_applied_by_another_job(hosted: Platform, file: Path) -> None:
    planned = hosted.ok("plan", "--save", str(file))
    assert "Saved in ops.plans (not encrypted)" in planned.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    there = job(hosted, "later")
    done = there.ok("apply", str(file))
    assert "infra (ops): applied, 3 to create" in done.out
    assert "manifests/web (ops): applied, 5 to create" in done.out
    assert hosted.statuses("ops") == ["started", "applied"]
    assert hosted.ok("plan", "--detailed-exitcode").code == 0
    assert not list(there.root.rglob("*.tfplan"))


def test_saved_plans_show_what_is_in_them(hosted: Platform, file: Path) -> None:
    planned = hosted.ok("plan", "--save", str(file), "-o", "json").json
    applied = job(hosted, "later").ok("apply", str(file), "-o", "json").json
    digests = [[stack["changes"]["digest"] for stack in value["stacks"]] for value in (planned, applied)]
    assert digests[0] == digests[1]


def test_saved_plans_of_some_stacks(hosted: Platform, file: Path) -> None:
    hosted.ok("plan", "manifests/web", "--save", str(file))
    done = job(hosted, "later").ok("apply", str(file))
    assert "infra" not in done.out
    assert hosted.statuses("ops", "infra") == []


def test_saved_plans_inside_the_work_tree_do_not_make_it_dirty(hosted: Platform) -> None:
    (hosted.root / "artifacts").mkdir()
    hosted.ok("plan", "--save", "artifacts/ops.saved")
    hosted.ok("plan", "--save", "artifacts/ops.saved")
    (hosted.root / "artifacts" / "other").touch()
    words = ["the work tree differs from the commit", "artifacts/"]
    assert_refused(hosted, "apply", "artifacts/ops.saved", code=2, words=words)
    (hosted.root / "artifacts" / "other").unlink()
    assert "infra (ops): applied" in hosted.ok("apply", "artifacts/ops.saved").out


def test_saving_needs_a_clean_work_tree(hosted: Platform, file: Path) -> None:
    hosted.edit("infra/cluster.tf", "1.32", "1.33")
    assert_refused(hosted, "plan", "--save", str(file), code=2, words=["the work tree differs"])
    assert not file.exists()


def test_saving_writes_nothing_where_a_stack_cannot_be_planned(hosted: Platform, file: Path) -> None:
    hosted.commit(
        "break it", {"infra/broken.tf": 'resource "terraform_data" "x" {\n  input = local.nope\n}\n'}
    )
    done = hosted.kubestack("plan", "--save", str(file))
    assert done.code == 1, done.said
    assert not file.exists()


def test_plan_with_sensitive_values_is_not_saved_without_a_key(hosted: Platform, file: Path) -> None:
    hosted.commit("secret", {"infra/secret.tf": SENSITIVE})
    done = hosted.kubestack("plan", "--save", str(file), TF_VAR_password=SECRET)
    assert done.code == 5, done.said
    assert "the plan of infra for ops holds sensitive values" in done.err
    assert "openssl rand -base64 32" in done.err
    assert not file.exists()


@pytest.mark.parametrize("value", ["7", "true", "abc"])
def test_plan_with_a_short_sensitive_value_is_not_saved_without_a_key(
    hosted: Platform, file: Path, value: str
) -> None:
    hosted.commit("secret", {"infra/secret.tf": SENSITIVE})
    assert hosted.kubestack("plan", "--save", str(file), TF_VAR_password=value).code == 5
    assert not file.exists()


def test_plan_with_sensitive_values_travels_encrypted(
    hosted: Platform, file: Path, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    hosted.commit("secret", {"infra/secret.tf": SENSITIVE})
    hosted.push()
    env = {"TF_VAR_password": SECRET, "KUBESTACK_PLAN_KEY_FILE": str(key)}
    planned = hosted.ok("plan", "--save", str(file), **env)
    assert "Saved in ops.plans (encrypted)" in planned.err
    content = file.read_bytes()
    assert SECRET.encode() not in content
    assert b"tfplan" not in content
    there = job(hosted, "later")
    done = there.ok("apply", str(file), KUBESTACK_PLAN_KEY_FILE=str(key))
    assert "infra (ops): applied, 4 to create" in done.out
    assert SECRET not in planned.said + done.said
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not list(there.root.rglob("*.tfplan"))


@pytest.mark.parametrize("with_key", [None, "other"])
def test_encrypted_plans_need_their_key(
    hosted: Platform, file: Path, key: Path, tmp_path: Path, with_key: str | None
) -> None:
    hosted.ok("plan", "--save", str(file), KUBESTACK_PLAN_KEY_FILE=str(key))
    (tmp_path / "other").write_bytes(base64.b64encode(secrets.token_bytes(32)))
    words = ["there is no key to open it with" if with_key is None else "was encrypted with another key"]
    env = {"KUBESTACK_PLAN_KEY_FILE": str(tmp_path / with_key) if with_key else None}
    assert_refused(hosted, "apply", str(file), code=5, words=words, **env)


def test_plans_without_encryption_do_not_replace_encrypted_ones(
    hosted: Platform, file: Path, key: Path
) -> None:
    hosted.ok("plan", "--save", str(file))
    words = ["is not encrypted although there is a key"]
    assert_refused(hosted, "apply", str(file), code=5, words=words, KUBESTACK_PLAN_KEY_FILE=str(key))


def test_key_that_is_not_there_is_said_before_anything_is_planned(hosted: Platform, file: Path) -> None:
    words = ["there is no key at /nowhere/key", "openssl rand"]
    args = ("plan", "--save", str(file))
    assert_refused(hosted, *args, code=2, words=words, KUBESTACK_PLAN_KEY_FILE="/nowhere/key")
    assert not (hosted.root / "infra/.terraform").exists()


def test_saved_plans_for_another_environment_are_refused(hosted: Platform, file: Path) -> None:
    hosted.ok("plan", "--save", str(file))
    words = ["they were made for ops, not for apps", "Nothing was changed"]
    assert_refused(hosted, "apply", "-e", "apps", str(file), code=5, words=words)


def test_saved_plans_of_another_commit_are_refused(hosted: Platform, file: Path) -> None:
    hosted.ok("plan", "--save", str(file))
    made, head = hosted.head[:8], hosted.commit("later")[:8]
    words = [f"they were made at commit {made}, but {head} is checked out"]
    assert_refused(hosted, "apply", str(file), code=5, words=words)


def test_saved_plans_of_another_ref_are_refused(hosted: Platform, file: Path) -> None:
    hosted.ok("plan", "--save", str(file))
    hosted.git("checkout", "--quiet", "-b", "other")
    words = ["they were made on refs/heads/main, and this is refs/heads/other"]
    assert_refused(hosted, "apply", str(file), code=5, words=words)


def test_saved_plans_are_applied_once(hosted: Platform, file: Path) -> None:
    hosted.ok("plan", "--save", str(file))
    hosted.ok("apply", str(file))
    words = ["infra: planned against no state, and there is the state", "on env/ops were changed since"]
    assert_refused(hosted, "apply", str(file), code=5, words=words)
    hosted.land("infra/cluster.tf", 'kubernetes_version = "1.32"', 'kubernetes_version = "1.33"')
    hosted.ok("plan", "infra", "--save", str(file))
    hosted.ok("apply", str(file))
    words = ["infra: its state was changed since it was planned: serial", "then,"]
    assert_refused(hosted, "apply", str(file), code=5, words=words)


def test_saved_plans_without_changes_leave_what_is_in_place_alone(hosted: Platform, file: Path) -> None:
    hosted.ok("run")
    before = hosted.records()
    hosted.ok("plan", "--save", str(file))
    for _ in range(2):
        assert "infra (ops): unchanged" in hosted.ok("apply", str(file)).out
    assert hosted.records() == before


def test_saved_plans_pass_the_gate_as_any_others(hosted: Platform, file: Path) -> None:
    hosted.ok("plan", "-e", "apps", "--save", str(file))
    done = assert_refused(hosted, "apply", str(file), code=5, words=["the gate refused", "for apps"])
    assert "may not be applied to apps" in done.out
    hosted.ok("run")
    assert "infra (apps): applied, 3 to create" in hosted.ok("apply", str(file)).out


def test_terraform_alone_applies_a_plan_to_another_workspace(tmp_path: Path) -> None:
    """The reason for the next test; should this one fail, Terraform has learned to refuse (1.15 has)."""
    write_tree(tmp_path, {"main.tf": STACK % (tmp_path / "state")})
    terraform(tmp_path, "init", workspace="default")
    terraform(tmp_path, "plan", "-out=plan", workspace="ops")
    done = terraform(tmp_path, "apply", "plan", workspace="apps")
    assert done.returncode == 0, "this Terraform compares workspaces itself"
    assert terraform(tmp_path, "state", "list", workspace="apps").stdout == "terraform_data.where\n"
    assert terraform(tmp_path, "state", "list", workspace="ops").stdout == ""


def test_plans_of_one_workspace_are_never_applied_to_another(hosted: Platform, file: Path) -> None:
    """Even where somebody makes the file say that it is for apps."""
    hosted.ok("run")
    hosted.ok("plan", "--save", str(file))
    apps = hosted.ok("plan", "-e", "apps", "--save", str(file.with_name("apps.plans")))
    assert "infra (apps): 3 to create" in apps.out
    honest = from_bytes(file.with_name("apps.plans").read_bytes(), "apps.plans", None)

    def as_apps(saved: SavedPlans) -> SavedPlans:
        plans = tuple(
            replace(plan, content=other.content, empty=False)
            for plan, other in zip(saved.plans, honest.plans, strict=True)
        )
        return replace(saved, environment="apps", plans=plans)

    rewrite(file, as_apps)
    words = ["infra: planned in the workspace ops, and this is apps"]
    assert_refused(hosted, "apply", str(file), code=5, words=words)


def test_terraform_alone_applies_a_plan_to_another_backend(tmp_path: Path) -> None:
    """The reason for the next test: what the plan remembers wins over what is configured."""
    write_tree(tmp_path, {"main.tf": STACK % (tmp_path / "old")})
    terraform(tmp_path, "init", workspace="default")
    terraform(tmp_path, "plan", "-out=plan")
    write_tree(tmp_path, {"main.tf": STACK % (tmp_path / "new")})
    terraform(tmp_path, "init", "-reconfigure", workspace="default")
    done = terraform(tmp_path, "apply", "plan")
    assert done.returncode == 0, "this Terraform compares backends itself"
    assert (tmp_path / "old/ops/terraform.tfstate").exists()
    assert not (tmp_path / "new/ops/terraform.tfstate").exists()


def test_plans_are_never_applied_to_another_backend_than_the_one_configured(
    hosted: Platform, file: Path, tmp_path: Path
) -> None:
    """Even where somebody makes the file say that it is of the commit with the other backend."""
    hosted.ok("plan", "infra", "--save", str(file))
    hosted.land("infra/versions.tf", str(tmp_path / "state"), str(tmp_path / "other"))
    there = job(hosted, "later")
    there.ok("plan", "infra", "--save", str(file.with_name("other.plans")))
    other = from_bytes(file.with_name("other.plans").read_bytes(), "other.plans", None)

    def as_later(saved: SavedPlans) -> SavedPlans:
        return replace(
            saved, commit=other.commit, plans=(replace(saved.plans[0], content=other.plans[0].content),)
        )

    rewrite(file, as_later)
    words = ["infra: planned with the backend local sha256:", "and the configuration says local sha256:"]
    assert_refused(there, "apply", str(file), code=5, words=words)
    assert not list((tmp_path / "state").rglob("terraform.tfstate"))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"tool": "terraform 1.10.0"}, "planned with terraform 1.10.0, and this is terraform 1."),
        ({"lock_file": "ab"}, "infra: planned with another .terraform.lock.hcl"),
        ({"lineage": "0-0", "serial": 1}, "planned against the state 0-0, and there is no state"),
    ],
    ids=["tool", "lock file", "state"],
)
def test_plans_that_rest_on_something_else_are_refused(
    hosted: Platform, file: Path, facts: dict[str, object], words: str
) -> None:
    hosted.ok("plan", "--save", str(file))
    rewrite(file, rebound(**facts))
    assert_refused(hosted, "apply", str(file), code=5, words=[words])


def test_every_difference_is_named_at_once(hosted: Platform, file: Path) -> None:
    hosted.ok("plan", "--save", str(file))
    rewrite(file, rebound(tool="terraform 1.10.0", lock_file="ab"))
    words = ["terraform 1.10.0", "another .terraform.lock.hcl", "kubestack plan -e ops --save ops.plans"]
    assert_refused(hosted, "apply", str(file), code=5, words=words)


def test_file_of_another_kind_is_no_plan(hosted: Platform) -> None:
    words = ["kubestack.yaml is no file of saved plans"]
    assert_refused(hosted, "apply", "kubestack.yaml", code=2, words=words)
    assert_refused(hosted, "apply", "missing.plans", code=2, words=["there is no stack 'missing.plans'"])


def test_saved_plans_are_applied_alone(hosted: Platform, file: Path) -> None:
    hosted.ok("plan", "--save", str(file))
    assert_refused(hosted, "apply", str(file), "infra", code=2, words=["saved plans are applied alone"])
    assert_refused(hosted, "apply", str(file), "--all", code=2, words=["--all belongs to stacks"])


def test_saved_plan_of_a_stack_is_kept_though_what_it_needs_changes(hosted: Platform, file: Path) -> None:
    """It would be planned again in a run of its own; here somebody looked at this very plan."""
    hosted.edit("kubestack.yaml", "stacks:\n", "stacks:\n  - path: extra\n    needs: [infra]\n")
    state = 'terraform {\n  backend "local" {\n    workspace_dir = "../.state/extra"\n  }\n}\n'
    hosted.commit("extra", {"extra/main.tf": state + 'resource "terraform_data" "x" {\n  input = 1\n}\n'})
    hosted.push()
    planned = hosted.ok("plan", "--save", str(file))
    assert "extra is planned with what infra has now, and is applied like that" in planned.err
    done = hosted.ok("apply", str(file))
    assert "extra (ops): applied, 1 to create" in done.out
    assert "planning" not in done.err

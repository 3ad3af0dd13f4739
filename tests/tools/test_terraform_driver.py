from __future__ import annotations

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kubestack_py.errors import TerraformError
from kubestack_py.model.changes import ChangeAction, CheckStatus
from tests.tools.terraform_stack import BACKEND, Bench, quiet, real_bench

if TYPE_CHECKING:
    from kubestack_py.model.changes import Change, PlannedStack


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return real_bench(tmp_path)


def by_address(planned: PlannedStack) -> dict[str, Change]:
    return {change.address.removeprefix("terraform_data."): change for change in planned.changes.changes}


def apply(bench: Bench, environment: str = "ops") -> PlannedStack:
    stack = bench.stack(environment)
    planned = stack.plan(quiet)
    stack.apply(planned, quiet)
    return planned


BEFORE = """
resource "terraform_data" "keep" { input = "same" }
resource "terraform_data" "update" { input = { size = 1, name = "a" } }
resource "terraform_data" "replace" { triggers_replace = ["a"] }
resource "terraform_data" "safely" {
  triggers_replace = "a"
  lifecycle { create_before_destroy = true }
}
resource "terraform_data" "delete" { input = "bye" }
resource "terraform_data" "old" { input = "moved" }
resource "terraform_data" "old_too" { input = "moved" }
resource "terraform_data" "forget" { input = "x" }
output "size" { value = 1 }
output "stays" { value = "a" }
"""
AFTER = """
resource "terraform_data" "keep" { input = "same" }
resource "terraform_data" "update" { input = { size = 2, name = "a" } }
resource "terraform_data" "replace" { triggers_replace = ["b"] }
resource "terraform_data" "safely" {
  triggers_replace = "b"
  lifecycle { create_before_destroy = true }
}
resource "terraform_data" "create" { input = "new" }
resource "terraform_data" "new" { input = "moved" }
resource "terraform_data" "new_too" { input = "moved and changed" }
resource "terraform_data" "import" {}
moved {
  from = terraform_data.old
  to   = terraform_data.new
}
moved {
  from = terraform_data.old_too
  to   = terraform_data.new_too
}
removed {
  from = terraform_data.forget
  lifecycle { destroy = false }
}
import {
  to = terraform_data.import
  id = "i-1"
}
output "size" { value = 2 }
output "stays" { value = "a" }
"""


def test_plan_reads_every_kind_of_change(bench: Bench) -> None:
    bench.write(stack=BEFORE)
    assert set(by_address(apply(bench))) >= {"keep", "update", "delete", "old"}
    bench.write(stack=AFTER)
    planned = bench.stack().plan(quiet)
    found = by_address(planned)
    assert {name: change.action for name, change in found.items()} == {
        "create": ChangeAction.CREATE,
        "delete": ChangeAction.DELETE,
        "forget": ChangeAction.FORGET,
        "import": ChangeAction.IMPORT,
        "new": ChangeAction.MOVE,
        "new_too": ChangeAction.UPDATE,
        "replace": ChangeAction.REPLACE,
        "safely": ChangeAction.REPLACE,
        "update": ChangeAction.UPDATE,
    }
    assert found["new_too"].previous_address == "terraform_data.old_too"
    assert found["replace"].replace_paths == ("triggers_replace",)
    assert found["update"].paths == ("input.size", "output")
    assert found["update"].unknown_paths == ("output",)
    assert [(o.path, o.before, o.after) for o in planned.changes.outputs] == [("size", "1", "2")]


def test_apply_carries_out_the_plan_and_the_next_plan_is_empty(bench: Bench) -> None:
    bench.write(stack=BEFORE)
    apply(bench)
    bench.write(stack=AFTER)
    apply(bench)
    bench.commands()
    planned = apply(bench)
    assert planned.changes.is_empty
    assert bench.commands() == ["plan", "show"]


def test_plan_and_apply_tell_what_happens(bench: Bench) -> None:
    bench.write(stack='resource "terraform_data" "a" {}\noutput "token" { value = "in-the-clear" }')
    lines: list[str] = []
    stack = bench.stack()
    stack.apply(stack.plan(lines.append), lines.append)
    stack.plan(lines.append)
    assert [re.sub(r"\(\d+s\)", "(so long)", line) for line in lines] == [
        "initialising",
        "terraform_data.a: creating",
        "terraform_data.a: created (so long)",
        "terraform_data.a: refreshing",
    ]


def test_plan_creates_the_workspace_and_leaves_the_selected_one(bench: Bench) -> None:
    bench.write(stack='resource "terraform_data" "a" { input = terraform.workspace }')
    apply(bench, "ops")
    apply(bench, "apps")
    states = sorted(path.parent.name for path in (bench.root / ".state").rglob("terraform.tfstate"))
    assert states == ["apps", "ops"]
    selected = bench.root / "infra" / ".terraform" / "environment"
    assert not selected.exists() or selected.read_text() == "default"


def test_plan_works_in_a_fresh_clone_whose_environment_has_no_state_yet(bench: Bench) -> None:
    bench.write(stack='resource "terraform_data" "a" {}')
    apply(bench, "ops")
    (bench.root / "infra" / ".terraform").rename(bench.root / "gone")
    assert bench.stack("apps").plan(quiet).changes.summary() == "1 to create"


def test_two_environments_at_once_in_one_directory(bench: Bench) -> None:
    bench.write(stack='resource "terraform_data" "a" { input = terraform.workspace }')
    with ThreadPoolExecutor() as pool:
        planned = list(pool.map(lambda name: apply(bench, name), ("ops", "apps", "test")))
    values = [change.changes.changes[0].attributes[1].after for change in planned]
    assert values == ['"ops"', '"apps"', '"test"']
    assert bench.commands().count("init") == 1
    assert all(bench.stack(name).plan(quiet).changes.is_empty for name in ("ops", "apps", "test"))


def test_plan_passes_the_variables_of_its_environment(bench: Bench) -> None:
    bench.write(stack='variable "size" {}\nresource "terraform_data" "a" { input = var.size }')
    (bench.root / "infra" / "ops.tfvars").write_text("size = 3\n")
    assert bench.stack("ops").plan(quiet).changes.changes[0].attributes[1].after == "3"
    with pytest.raises(TerraformError, match="plan of infra for apps failed") as caught:
        bench.stack("apps").plan(quiet)
    assert 'infra/stack.tf:1: No value for required variable: The root module input variable "size"' in str(
        caught.value
    )


def test_plan_is_not_redirected_by_the_environment(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.write(stack='resource "terraform_data" "a" {}')
    apply(bench)
    monkeypatch.setenv("TF_CLI_ARGS_plan", "-destroy")
    monkeypatch.setenv("TF_WORKSPACE", "elsewhere")
    monkeypatch.setenv("TF_DATA_DIR", "/nonexistent")
    assert bench.stack().plan(quiet).changes.is_empty


def test_plan_hides_sensitive_values_and_their_copies(bench: Bench) -> None:
    secret = """
variable "password" {
  default   = "%s"
  sensitive = true
}
resource "terraform_data" "a" { input = { url = "db://ada:${var.password}@x", open = "%s" } }
output "password" {
  value     = var.password
  sensitive = true
}
"""
    bench.write(stack=secret % ("hunter2!", "a"))
    apply(bench)
    bench.write(stack=secret % ("hunter3!", "b"))
    planned = bench.stack().plan(quiet)
    (change,) = planned.changes.changes
    assert {item.path: item.before for item in change.attributes} == {
        "input.open": '"a"',
        "input.url": "(sensitive)",
        "output": '{"open":"a","url":"(sensitive)"}',
    }
    assert "hunter" not in repr(planned)
    assert {"hunter2!", "hunter3!"} <= set(planned.sensitive)


def test_plan_reports_checks(bench: Bench) -> None:
    bench.write(
        stack="""
check "fails" {
  assert {
    condition     = terraform.workspace == "apps"
    error_message = "only in apps"
  }
}
check "holds" {
  assert {
    condition     = terraform.workspace == "ops"
    error_message = "only in ops"
  }
}
"""
    )
    lines: list[str] = []
    checks = bench.stack().plan(lines.append).changes.checks
    assert [(c.address, c.status, c.messages) for c in checks] == [
        ("check.fails", CheckStatus.FAIL, ("only in apps",)),
        ("check.holds", CheckStatus.PASS, ()),
    ]
    assert "warning: infra/stack.tf:4: Check block assertion failed: only in apps" in lines


def test_plan_fails_with_the_place_of_a_failed_precondition(bench: Bench) -> None:
    bench.write(
        stack="""resource "terraform_data" "a" {
  lifecycle {
    precondition {
      condition     = terraform.workspace == "apps"
      error_message = "must be apps"
    }
  }
}
"""
    )
    with pytest.raises(TerraformError) as caught:
        bench.stack().plan(quiet)
    assert caught.value.detail == "infra/stack.tf:4: Resource precondition failed: must be apps"


def test_plan_fails_with_the_place_of_broken_hcl(bench: Bench) -> None:
    bench.write(stack='resource "terraform_data" "a" {\n  input =\n}\n')
    for _ in range(2):  # the first one fails in init, which writes for people only
        with pytest.raises(TerraformError) as caught:
            bench.stack().plan(quiet)
        assert "infra/stack.tf:2: Invalid expression" in caught.value.detail
        bench.write(other="")


def test_plan_fails_when_the_stack_does_not_exist(bench: Bench) -> None:
    with pytest.raises(Exception, match="nowhere"):
        replace(bench.stack(), stack="nowhere").plan(quiet)
    assert not (bench.root / "nowhere").exists()


def test_apply_fails_with_what_a_provisioner_says(bench: Bench) -> None:
    bench.write(
        stack='resource "terraform_data" "a" {\n  provisioner "local-exec" { command = "exit 3" }\n}\n'
    )
    lines: list[str] = []
    stack = bench.stack()
    with pytest.raises(TerraformError, match="apply of infra for ops failed") as caught:
        stack.apply(stack.plan(quiet), lines.append)
    assert "infra/stack.tf:2: local-exec provisioner error" in caught.value.detail
    assert any(re.fullmatch(r"terraform_data\.a: create failed \(\d+s\)", line) for line in lines)
    again = stack.plan(quiet).changes.changes[0]
    assert (again.action, again.reason) == (ChangeAction.REPLACE, "replace_because_tainted")


def test_apply_refuses_the_plan_of_another_environment_or_stack(bench: Bench) -> None:
    bench.write(stack='resource "terraform_data" "a" {}')
    planned = bench.stack("ops").plan(quiet)
    for other in (bench.stack("apps"), replace(bench.stack("ops"), stack="other")):
        with pytest.raises(TerraformError, match="is not one of"):
            other.apply(planned, quiet)
    forged = replace(planned, plan_file=bench.stack("apps").plan(quiet).plan_file)
    with pytest.raises(TerraformError, match="is not one of"):
        bench.stack("ops").apply(forged, quiet)
    assert not list((bench.root / ".state").rglob("terraform.tfstate"))


def test_apply_refuses_a_stale_plan(bench: Bench) -> None:
    bench.write(stack='resource "terraform_data" "a" {}')
    stack = bench.stack()
    planned = stack.plan(quiet)
    stack.apply(planned, quiet)
    with pytest.raises(TerraformError, match="Saved plan is stale") as caught:
        stack.apply(planned, quiet)
    assert "makes a new plan" in caught.value.hint


@pytest.mark.slow
def test_plan_waits_for_the_state_lock(bench: Bench) -> None:
    bench.write(
        stack='resource "terraform_data" "a" {\n  provisioner "local-exec" { command = "sleep 2" }\n}\n'
    )
    stack, lines = bench.stack(), list[str]()
    planned = stack.plan(quiet)
    with ThreadPoolExecutor() as pool:
        running = threading.Event()
        applied = pool.submit(
            stack.apply, planned, lambda line: running.set() if "local-exec" in line else None
        )
        assert running.wait(30)
        assert bench.stack().plan(lines.append).changes.is_empty
        applied.result()
    assert lines[0].startswith("Acquiring state lock")


def test_drift_ignores_changes_that_wait_in_the_files(bench: Bench) -> None:
    bench.write(stack='resource "terraform_data" "a" { input = 1 }')
    apply(bench)
    bench.write(stack='resource "terraform_data" "a" { input = 2 }\nresource "terraform_data" "b" {}')
    stack = bench.stack()
    found = stack.drift(quiet)
    assert found.changes.is_empty
    assert stack.plan(quiet).changes.summary() == "1 to create, 1 to update"
    with pytest.raises(TerraformError, match="is not one of"):
        stack.apply(found, quiet)


def test_plan_files_are_private_and_apart(bench: Bench) -> None:
    bench.write(stack='resource "terraform_data" "a" {}')
    files = {bench.stack(name).plan(quiet).plan_file for name in ("ops", "ops.1", "ops-1")}
    assert len(files) == 3
    for file in files:
        assert re.fullmatch(r".*/scratch/[\w-]+/[\w-]+/plan\.tfplan", file)
        assert Path(file).parent.stat().st_mode & 0o077 == 0


def test_plan_of_a_stack_in_a_directory_with_a_strange_name(bench: Bench) -> None:
    name = "my $(touch x) 'stäck'"
    (bench.root / "infra").rename(bench.root / name)
    (bench.root / name / "main.tf").write_text('resource "terraform_data" "a" {}')
    stack = replace(bench.stack(), stack=name)
    stack.apply(stack.plan(quiet), quiet)
    assert stack.plan(quiet).changes.is_empty
    assert not list(bench.root.rglob("x"))


def test_state_holds_the_lineage_of_one_environment_only(bench: Bench) -> None:
    bench.write(main=BACKEND, stack='resource "terraform_data" "a" { input = terraform.workspace }')
    apply(bench, "ops")
    before = (bench.root / ".state/infra/ops/terraform.tfstate").read_bytes()
    apply(bench, "apps")
    assert (bench.root / ".state/infra/ops/terraform.tfstate").read_bytes() == before
    state = json.loads((bench.root / ".state/infra/apps/terraform.tfstate").read_bytes())
    assert state["resources"][0]["instances"][0]["attributes"]["input"]["value"] == "apps"

"""What a plan rests on, as the real Terraform has it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kubestack_py.errors import TerraformError
from kubestack_py.terraform.binding import backend
from tests.conftest import write_tree
from tests.tools.terraform_stack import BACKEND, Bench, quiet, real_bench

if TYPE_CHECKING:
    from pathlib import Path

ONE = 'resource "terraform_data" "one" {\n  input = "%s"\n}\n'


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = real_bench(tmp_path)
    made.write(one=ONE % "first")
    return made


def test_binding_of_a_workspace_without_a_state(bench: Bench) -> None:
    binding = bench.stack().binding(quiet)
    assert (binding.workspace, binding.lineage, binding.serial) == ("ops", "", 0)
    assert binding.tool == "terraform 1.11.4"
    assert binding.backend.startswith("local sha256:")
    assert binding.lock_file == ""
    assert bench.commands() == ["init", "state"]


def test_binding_changes_with_the_state_of_its_workspace_alone(bench: Bench) -> None:
    stack = bench.stack()
    empty = stack.binding(quiet)
    stack.apply(stack.plan(quiet), quiet)
    first = stack.binding(quiet)
    assert first.lineage
    assert first == replace(empty, lineage=first.lineage, serial=first.serial)
    bench.write(one=ONE % "second")
    stack.apply(stack.plan(quiet), quiet)
    second = stack.binding(quiet)
    assert second.serial > first.serial
    assert second == replace(first, serial=second.serial)
    assert bench.stack("apps").binding(quiet) == replace(empty, workspace="apps")


def test_binding_changes_with_the_lock_file(bench: Bench) -> None:
    before = bench.stack().binding(quiet)
    write_tree(bench.root, {"infra/.terraform.lock.hcl": "# nothing is locked\n"})
    after = bench.stack().binding(quiet)
    assert after == replace(before, lock_file=after.lock_file)
    assert after.lock_file


def test_backend_changes_with_its_configuration(bench: Bench) -> None:
    before = bench.stack().binding(quiet).backend
    (bench.root / "infra/.terraform/terraform.tfstate").unlink()
    bench.write(main=BACKEND.replace("../.state/infra", "../.state/other"))
    assert bench.stack().binding(quiet).backend != before


def test_backend_without_a_block_is_local(tmp_path: Path) -> None:
    assert backend(tmp_path).startswith("local sha256:")


def test_backend_shows_none_of_its_configuration(tmp_path: Path) -> None:
    record = '{"backend": {"type": "pg", "config": {"conn_str": "postgres://ada:hunter2@db/state"}}}'
    write_tree(tmp_path, {".terraform/terraform.tfstate": record})
    assert backend(tmp_path).startswith("pg sha256:")
    assert "hunter2" not in backend(tmp_path)


def test_restored_plan_is_the_one_that_was_made(bench: Bench, tmp_path: Path) -> None:
    stack = bench.stack()
    planned = stack.plan(quiet)
    with open(planned.plan_file, "rb") as stream:  # noqa: PTH123 - a path as text
        content = stream.read()
    elsewhere = replace(stack, scratch=tmp_path / "elsewhere")
    restored = elsewhere.restore(content)
    assert restored.changes == planned.changes
    assert restored.plan_file.startswith(str(tmp_path / "elsewhere"))
    elsewhere.apply(restored, quiet)
    assert stack.plan(quiet).changes.is_empty


def test_restored_bytes_that_are_no_plan_are_an_error(bench: Bench) -> None:
    stack = bench.stack()
    stack.binding(quiet)
    with pytest.raises(TerraformError, match="show of infra for ops failed"):
        stack.restore(b"no plan")


def test_plan_with_a_masked_value_is_confidential(bench: Bench) -> None:
    assert not bench.stack().plan(quiet).confidential
    bench.write(one=ONE.replace('"%s"', 'sensitive("x")'))
    assert bench.stack().plan(quiet).confidential


def test_binding_fails_where_the_backend_does(tmp_path: Path) -> None:
    broken = real_bench(tmp_path)
    state = tmp_path / "repository/.state/infra/ops"
    state.mkdir(parents=True)
    (state / "terraform.tfstate").write_text("no state")
    with pytest.raises(TerraformError, match="of infra for ops failed"):
        broken.stack().binding(quiet)

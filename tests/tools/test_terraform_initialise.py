from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kubestack_py.errors import TerraformError
from kubestack_py.terraform import stamp
from tests.conftest import write_tree
from tests.tools.terraform_stack import BACKEND, Bench, quiet, real_bench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RESOURCE = 'resource "terraform_data" "a" {}\n'


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A stack that was planned once, so that it is initialised."""
    bench = real_bench(tmp_path)
    bench.write(stack=RESOURCE + 'module "m" { source = "../modules/m" }\n')
    write_tree(bench.root, {"modules/m/main.tf": 'variable "x" { default = 1 }\n'})
    bench.stack().plan(quiet)
    assert bench.commands() == ["init", "plan", "show"]
    return bench


def commands_of_a_plan(bench: Bench) -> list[str]:
    bench.stack().plan(quiet)
    return bench.commands()


def test_init_is_skipped_the_second_time(bench: Bench) -> None:
    assert commands_of_a_plan(bench) == ["plan", "show"]


def append(path: str, text: str) -> Callable[[Path], object]:
    def edit(root: Path) -> None:
        with (root / path).open("a", encoding="utf-8") as stream:
            stream.write(text)

    return edit


@pytest.mark.parametrize(
    "edit",
    [
        append("infra/stack.tf", "# a comment\n"),
        append("infra/stack.tf", 'resource "terraform_data" "b" { input = 2 }\n'),
        append("infra/other.tf", "locals { a = 1 }\n"),
        append("modules/m/main.tf", 'output "x" { value = var.x }\n'),
        append("infra/ops.tfvars", ""),
    ],
)
def test_init_is_skipped_for_changes_it_does_not_depend_on(
    bench: Bench, edit: Callable[[Path], object]
) -> None:
    edit(bench.root)
    assert commands_of_a_plan(bench) == ["plan", "show"]
    assert commands_of_a_plan(bench) == ["plan", "show"]


def remove(path: str) -> Callable[[Path], object]:
    return lambda root: (root / path).unlink()


@pytest.mark.parametrize(
    "edit",
    [
        append("infra/stack.tf", 'module "n" { source = "../modules/m" }\n'),
        append("infra/stack.tf", 'terraform { required_version = ">= 1.0" }\n'),
        append("modules/m/main.tf", 'module "deeper" { source = "./deeper" }\n'),
        remove("infra/.terraform/modules/modules.json"),
        remove("infra/.terraform/terraform.tfstate"),
        remove("infra/.terraform/kubestack-init.json"),
        append("infra/.terraform/kubestack-init.json", "garbage"),
        append("infra/.terraform.lock.hcl", "# another lock file\n"),
        append("infra/override.tf.json", '{"terraform": {"required_version": ">= 1.1"}}'),
    ],
)
def test_init_runs_again_when_something_it_depends_on_changed(
    bench: Bench, edit: Callable[[Path], object]
) -> None:
    write_tree(bench.root, {"modules/m/deeper/main.tf": ""})
    edit(bench.root)
    assert commands_of_a_plan(bench) == ["init", "plan", "show"]
    assert commands_of_a_plan(bench) == ["plan", "show"]


def test_init_runs_again_for_another_terraform(bench: Bench) -> None:
    other = replace(bench, tool=replace(bench.tool, version="1.12.0"))
    assert commands_of_a_plan(other) == ["init", "plan", "show"]


def test_init_runs_once_more_when_the_plan_asks_for_it(bench: Bench) -> None:
    data = bench.root / "infra" / ".terraform"
    (data / "terraform.tfstate").unlink()
    stamp.renew(bench.root / "infra", bench.tool)  # a stamp that is wrong
    assert commands_of_a_plan(bench) == ["plan", "init", "plan", "show"]


@pytest.mark.parametrize("record", ["terraform.tfstate", "modules/modules.json"])
def test_init_recovers_from_one_that_was_killed(bench: Bench, record: str) -> None:
    data = bench.root / "infra" / ".terraform"
    (data / "kubestack-init.json").unlink()
    written = (data / record).read_bytes()
    (data / record).write_bytes(written[: len(written) // 2])
    assert commands_of_a_plan(bench) == ["init", "plan", "show"]
    assert json.loads((data / record).read_bytes())


def test_init_that_fails_leaves_no_stamp(bench: Bench) -> None:
    bench.write(stack='module "m" { source = "../gone" }\n')
    for _ in range(2):
        with pytest.raises(TerraformError, match="init of infra for ops failed") as caught:
            bench.stack().plan(quiet)
        assert "lstat ../gone: no such file or directory" in caught.value.detail
        assert bench.commands() == ["init"]


def test_init_does_not_choose_between_two_backends(bench: Bench) -> None:
    stack = bench.stack()
    stack.apply(stack.plan(quiet), quiet)
    bench.write(main=BACKEND.replace(".state", ".elsewhere"))
    with pytest.raises(TerraformError, match="Backend configuration changed") as caught:
        bench.stack().plan(quiet)
    assert "TF_WORKSPACE=ops terraform -chdir=infra init -reconfigure" in caught.value.hint


def test_init_ignores_a_selected_workspace_that_is_gone(bench: Bench) -> None:
    stack = bench.stack()
    stack.apply(stack.plan(quiet), quiet)
    data = bench.root / "infra" / ".terraform"
    (data / "environment").write_text("gone")
    (data / "kubestack-init.json").unlink()
    assert bench.stack("apps").plan(quiet).changes.summary() == "1 to create"


def test_init_does_not_change_a_lock_file(bench: Bench) -> None:
    lock = bench.root / "infra" / ".terraform.lock.hcl"
    text = 'provider "registry.terraform.io/hashicorp/null" {\n  version = "3.2.0"\n}\n'
    lock.write_text(text)
    with pytest.raises(TerraformError, match="Provider dependency changes detected") as caught:
        bench.stack().plan(quiet)
    assert "commit the lock file" in caught.value.hint
    assert lock.read_text() == text


def test_init_needs_a_directory_that_can_be_written(bench: Bench) -> None:
    (bench.root / "infra" / ".terraform" / "kubestack-init.json").unlink()
    guard = bench.root / "infra" / ".terraform" / "kubestack.lock"
    guard.unlink()
    guard.mkdir()
    with pytest.raises(Exception, match="cannot lock"):
        bench.stack().plan(quiet)


def test_init_waits_for_another_run(bench: Bench) -> None:
    guard = bench.root / "infra" / ".terraform" / "kubestack.lock"
    (bench.root / "infra" / ".terraform" / "kubestack-init.json").unlink()
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import fcntl, sys, time\n"
            "stream = open(sys.argv[1])\n"
            "fcntl.flock(stream, fcntl.LOCK_EX)\n"
            "print('held', flush=True)\n"
            "time.sleep(60)\n",
            str(guard),
        ],
        stdout=subprocess.PIPE,
    )
    lines: list[str] = []

    def release(line: str) -> None:
        lines.append(line)
        if line.startswith("waiting"):
            holder.kill()

    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        bench.stack().plan(release)
    assert lines == ["waiting for another run to initialise this directory", "initialising"]


def test_warm_check_reads_no_syntax(bench: Bench) -> None:
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from kubestack_py.system.tools import Tool\n"
        "from kubestack_py.terraform import driver, stamp\n"
        f"assert stamp.is_current(Path({str(bench.root / 'infra')!r}), Tool(name='terraform', "
        f"path={bench.tool.path!r}, version='1.11.4'))\n"
        "heavy = {'tree_sitter', 'tree_sitter_hcl', 'hcl2', 'lark', 'msgspec', 'yaml'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"

"""One contract for Terraform and OpenTofu.

OpenTofu cannot be had where this was developed: the real Terraform and a stand-in that answers as OpenTofu's
documentation says are held to the same. What is not in the documentation is not in the stand-in.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from kubestack_py.errors import TerraformError
from kubestack_py.system.tools import TERRAFORM, TOFU, find_tool
from tests.conftest import make_repository, write_tree
from tests.platforms import FAKE, kubestack
from tests.tools.terraform_stack import BACKEND, Bench, quiet

STACK = f"""{BACKEND}
variable "fail" {{
  type    = bool
  default = false
}}
resource "terraform_data" "first" {{
  input = "first"
}}
resource "terraform_data" "second" {{
  input = "second"
  lifecycle {{
    precondition {{
      condition     = !var.fail
      error_message = "must not be so"
    }}
  }}
}}
"""


@pytest.fixture(params=["terraform", "tofu"])
def engine(
    request: pytest.FixtureRequest, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Bench:
    real = shutil.which("terraform") if request.param == "terraform" else str(FAKE / "terraform")
    assert real, "the tests need terraform on PATH"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / request.param).symlink_to(real)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    write_tree(tmp_path / "repository", {"infra/main.tf": STACK})
    spec = {"terraform": TERRAFORM, "tofu": TOFU}[request.param]
    return Bench(tmp_path / "repository", find_tool(spec, cache, ">= 1.6, < 2"), tmp_path / "starts")


def test_engine_says_its_name_and_version(engine: Bench) -> None:
    assert engine.tool.name in {"terraform", "tofu"}
    assert engine.tool.path.endswith(f"/bin/{engine.tool.name}")
    planned = engine.stack().plan(quiet)
    assert planned.tool == f"{engine.tool.name} {engine.tool.version}"


def test_engine_applies_what_it_planned_in_one_environment_alone(engine: Bench) -> None:
    stack = engine.stack()
    planned = stack.plan(quiet)
    assert [change.address for change in planned.changes.changes] == [
        "terraform_data.first",
        "terraform_data.second",
    ]
    stack.apply(planned, quiet)
    assert stack.plan(quiet).changes.is_empty
    assert len(engine.stack("apps").plan(quiet).changes.changes) == 2


def test_engine_is_initialised_when_it_asks_for_it(engine: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_TERRAFORM", "needs-init")
    lines: list[str] = []
    engine.stack().plan(lines.append)
    assert "initialising" in lines
    shutil.rmtree(engine.root / "infra" / ".terraform")
    lines.clear()
    engine.stack().plan(lines.append)
    assert "initialising" in lines


def test_engine_fails_with_its_own_words_and_its_own_name(
    engine: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_TERRAFORM", "fail-plan")
    monkeypatch.setenv("TF_VAR_fail", "true")
    with pytest.raises(TerraformError) as caught:
        engine.stack().plan(quiet)
    assert caught.value.message == f"{engine.tool.name} plan of infra for ops failed"
    assert "Resource precondition failed" in caught.value.detail
    assert "must not be so" in caught.value.detail


def test_engine_of_the_command_line_wins_over_the_settings(engine: Bench) -> None:
    settings = (
        "version: 1\nname: acme\nenvironments:\n  - {name: ops, apply_on: {branch: main}}\n"
        'stacks: [{path: infra}]\ntools: {terraform: ">= 1.6"}\n'
    )
    write_tree(engine.root, {"kubestack.yaml": settings})
    make_repository(engine.root, {"README.md": "#\n"})
    done = kubestack(engine.root, "--engine", engine.tool.name, "plan")
    assert done.code == 0, done.said
    assert "2 to create" in done.said
    other = kubestack(engine.root, "--engine", "tofu", "plan", PATH="/usr/bin:/bin")
    assert other.code == 1
    assert "tofu is not installed or not on PATH" in other.said

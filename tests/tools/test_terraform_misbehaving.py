"""What the real Terraform cannot be made to do on demand, with the program in tests/fake."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from kubestack_py.errors import TerraformError, ToolMissingError
from kubestack_py.system.tools import TERRAFORM, find_tool
from tests.platforms import eventually
from tests.tools.terraform_stack import FAKE, Bench, fake_bench, quiet, real_bench

if TYPE_CHECKING:
    from pathlib import Path

DRIVE = """
import os, sys
from pathlib import Path
from kubestack_py.errors import KubestackError
from kubestack_py.model.state import by_workspace
from kubestack_py.system.interrupts import interrupts
from kubestack_py.system.tools import Tool
from kubestack_py.terraform.driver import TerraformStack
from kubestack_py.terraform.environment import scrub

def say(line):
    print(line, flush=True)

root, path, scratch = sys.argv[1:]
stack = TerraformStack(
    tool=Tool(name="terraform", path=path, version="1.11.4"), root=Path(root), stack="infra",
    environment="ops", env=scrub(os.environ)[0], scratch=Path(scratch),
    selection=by_workspace("ops"),
)
try:
    with interrupts.installed(say):
        stack.apply(stack.plan(say), say)
except KubestackError as error:
    print(f"{type(error).__name__}: {error}")
    sys.exit(error.exit_code)
"""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setenv("FAKE_TERRAFORM_LOG", str(tmp_path / "fake.log"))
    return fake_bench(tmp_path)


def misbehave(monkeypatch: pytest.MonkeyPatch, *modes: str) -> None:
    monkeypatch.setenv("FAKE_TERRAFORM", ",".join(modes))


def entries(tmp_path: Path, key: str) -> list[Any]:
    lines = (tmp_path / "fake.log").read_text().splitlines()
    return [entry[key] for entry in map(json.loads, lines) if key in entry]


def drive(
    bench: Bench, tmp_path: Path, *signals: tuple[str, signal.Signals], there: Path | None = None
) -> tuple[int, str]:
    """Plan and apply in a process of its own; send each signal when a line with its words appears.

    With `there`, only when that file is there too: Terraform tells of a provisioner before it starts it.
    """
    waiting = list(signals)
    scratch = tmp_path / "private"
    scratch.mkdir(exist_ok=True)
    argv = [sys.executable, "-c", DRIVE, str(bench.root), bench.tool.path, str(scratch)]
    said: list[str] = []
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if waiting and waiting[0][0] in line:
                eventually(lambda: there is None or there.exists(), f"{there} to appear")
                process.send_signal(waiting.pop(0)[1])
    assert not waiting, said
    return process.returncode, "".join(said)


def test_fake_behaves_like_a_stack_when_nothing_is_asked(bench: Bench, tmp_path: Path) -> None:
    stack = bench.stack()
    planned = stack.plan(quiet)
    assert planned.changes.summary() == "2 to create"
    stack.apply(planned, quiet)
    assert stack.plan(quiet).changes.is_empty
    assert entries(tmp_path, "workspace") == ["ops"] * 6


def test_driver_passes_only_what_it_must(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TF_CLI_ARGS_apply", "-target=x")
    monkeypatch.setenv("TF_VAR_region", "x")
    stack = bench.stack()
    stack.apply(stack.plan(quiet), quiet)
    expected = ["TF_INPUT", "TF_IN_AUTOMATION", "TF_VAR_region", "TF_WORKSPACE"]
    assert entries(tmp_path, "variables") == [expected] * 4
    plan, apply = (argv for argv in entries(tmp_path, "argv") if argv[0] in {"plan", "apply"})
    assert plan[1:4] == ["-json", "-input=false", "-lock-timeout=60s"]
    assert apply[-1] == plan[4].removeprefix("-out=")


def test_plan_initialises_when_terraform_asks_for_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.stack().plan(quiet)
    (bench.root / "infra" / ".terraform" / "fake-init").unlink()
    misbehave(monkeypatch, "needs-init")
    bench.commands()
    bench.stack().plan(quiet)
    assert bench.commands() == ["plan", "init", "plan", "show"]


def test_plan_asks_for_init_only_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    misbehave(monkeypatch, "never-initialised")
    with pytest.raises(TerraformError, match="plan of infra for ops failed"):
        bench.stack().plan(quiet)
    assert bench.commands() == ["init", "plan", "init", "plan"]


def test_failed_init_says_what_and_what_to_do(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    misbehave(monkeypatch, "fail-init")
    with pytest.raises(TerraformError, match="init of infra for ops failed") as caught:
        bench.stack().plan(quiet)
    assert "no such host" in caught.value.detail
    assert "mirror" in caught.value.hint
    assert bench.commands() == ["init"]


def test_failed_plan_raises_although_it_wrote_a_file(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    misbehave(monkeypatch, "fail-plan")
    with pytest.raises(TerraformError) as caught:
        bench.stack().plan(quiet)
    assert caught.value.detail == "infra/main.tf:3: Resource precondition failed: must not be so"


def test_failed_apply_keeps_what_was_done(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    misbehave(monkeypatch, "fail-apply")
    stack = bench.stack()
    with pytest.raises(TerraformError, match="exit status 3"):
        stack.apply(stack.plan(quiet), quiet)
    assert [change.address for change in stack.plan(quiet).changes.changes] == ["terraform_data.second"]


def test_crashed_apply_names_the_signal(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    misbehave(monkeypatch, "crash")
    stack = bench.stack()
    with pytest.raises(TerraformError, match=r"apply of infra for ops failed \(killed by SIGKILL\)"):
        stack.apply(stack.plan(quiet), quiet)


def test_lock_error_says_who_holds_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    misbehave(monkeypatch, "locked")
    with pytest.raises(TerraformError) as caught:
        bench.stack().plan(quiet)
    assert "by ada@build-7 since 2026-01-31 17:39:55" in caught.value.hint
    assert "kubestack unlock -e ops infra" in caught.value.hint


def test_errored_state_is_kept_apart_with_the_command_that_saves_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    misbehave(monkeypatch, "errored-state")
    for environment in ("ops", "apps"):
        stack = bench.stack(environment)
        with pytest.raises(TerraformError, match="Failed to save state") as caught:
            stack.apply(stack.plan(quiet), quiet)
        file = f"errored.{environment}.tfstate"
        assert f"TF_WORKSPACE={environment} terraform -chdir=infra state push {file}" in caught.value.hint
        assert (bench.root / "infra" / file).exists()


def test_errored_state_does_not_replace_an_earlier_one(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    misbehave(monkeypatch, "errored-state")
    earlier = bench.root / "infra" / "errored.ops.tfstate"
    earlier.write_text("earlier")
    stack = bench.stack()
    with pytest.raises(TerraformError) as caught:
        stack.apply(stack.plan(quiet), quiet)
    assert caught.value.hint.endswith("state push errored.tfstate")
    assert earlier.read_text() == "earlier"


@pytest.mark.slow
def test_plan_of_fifty_megabytes_is_read_quickly(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    misbehave(monkeypatch, "huge-plan")
    planned = bench.stack().plan(quiet)
    assert planned.changes.summary() == "2 to create"


@pytest.mark.parametrize(
    ("mode", "words"), [("no-json", "did not write a plan"), ("new-format", "format 2.0")]
)
def test_plan_that_cannot_be_read_is_an_error(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, mode: str, words: str
) -> None:
    misbehave(monkeypatch, mode)
    with pytest.raises(TerraformError, match=words):
        bench.stack().plan(quiet)


def test_old_version_is_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    misbehave(monkeypatch, "old-version")
    monkeypatch.setenv("PATH", f"{FAKE.parent}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(ToolMissingError, match=r"1\.2\.0.*does not fit"):
        find_tool(TERRAFORM, cache)


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_interrupt_is_passed_on_once_and_ends_the_run(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    misbehave(monkeypatch, f"hang-{command}")
    code, said = drive(bench, tmp_path, (f"hanging in {command}", signal.SIGINT))
    assert code == 130
    assert "InterruptedRunError: stopped by SIGINT" in said
    assert "execution halted" in said
    assert entries(tmp_path, "signal") == ["SIGINT"]


def test_termination_is_passed_on_as_an_interrupt(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    misbehave(monkeypatch, "hang-apply")
    code, said = drive(bench, tmp_path, ("hanging in apply", signal.SIGTERM))
    assert code == 143
    assert "TerminatedRunError: stopped by SIGTERM" in said
    assert entries(tmp_path, "signal") == ["SIGINT"]


def test_third_interrupt_ends_what_does_not_listen(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    misbehave(monkeypatch, "hang-apply", "ignore-sigint")
    moments = ("hanging in apply", "Interrupt received", "Still waiting")
    code, said = drive(bench, tmp_path, *[(words, signal.SIGINT) for words in moments])
    assert code == 130
    assert "Ended by force" in said
    assert "killed by SIGKILL" in said
    assert entries(tmp_path, "signal") == ["SIGINT"]


def test_interrupted_apply_of_the_real_terraform_saves_its_state(tmp_path: Path) -> None:
    bench = real_bench(tmp_path)
    bench.write(
        stack="""
resource "terraform_data" "first" {}
resource "terraform_data" "slow" {
  depends_on = [terraform_data.first]
  provisioner "local-exec" { command = "touch '%s'; exec sleep 900" }
}
"""
        % (tmp_path / "begun")
    )
    begun = time.monotonic()
    code, said = drive(bench, tmp_path, ("running local-exec", signal.SIGINT), there=tmp_path / "begun")
    assert code == 130, said
    assert time.monotonic() - begun < 600, "the provisioner was not waited for"
    assert "InterruptedRunError: stopped by SIGINT" in said
    again = {change.address: change for change in bench.stack().plan(quiet).changes.changes}
    assert list(again) == ["terraform_data.slow"]
    assert again["terraform_data.slow"].reason == "replace_because_tainted"

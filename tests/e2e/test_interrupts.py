"""Interrupts and kills: Terraform hears of it once, evidence tells, and the same command ends the work."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.platforms import (
    Ended,
    FakeTerraform,
    Platform,
    Running,
    assert_refused,
    eventually,
    listens,
    program,
    started,
)

pytestmark = pytest.mark.slow

SLOW = """
resource "terraform_data" "first" {
  input = "first"
}

resource "terraform_data" "slow" {
  input = terraform_data.first.output

  provisioner "local-exec" {
    command = "touch $PWD/../../begun; while [ -e $PWD/../../hold ]; do sleep 0.1; done"
  }
}
"""
IN_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}


@pytest.fixture
def slow(hosted: Platform) -> Platform:
    """A platform whose real Terraform holds on in the middle of an apply, as long as `hold` is there."""
    hosted.commit("slow", {"infra/slow.tf": SLOW})
    hosted.push()
    hold(hosted).touch()
    return hosted


def hold(platform: Platform) -> Path:
    return platform.root.parent / "hold"


def wait_for_apply(platform: Platform) -> None:
    """Wait until the real Terraform is in the middle of its apply."""
    eventually((platform.root.parent / "begun").exists, "the apply to begin")


def wait_for_fake(fake: FakeTerraform, count: int = 1) -> None:
    """Wait until the fake Terraform hangs in an apply."""
    eventually(lambda: fake.commands().count("apply") >= count, "the apply to begin")
    eventually(lambda: any(map(listens, fake_processes(fake))), "the apply to hang")


def assert_nothing_held(platform: Platform) -> None:
    """No lock is held, no half-written file is left, no temporary directory stays."""
    guard = platform.root / "infra/.terraform/kubestack.lock"
    if guard.exists():
        with guard.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    state = platform.root.parent / "state"
    locks = [path for where in (platform.root, state) for path in where.rglob("*.lock.info")]
    assert locks == []
    assert list((platform.root / ".git").rglob("*.lock")) == []
    assert platform.git("for-each-ref", "refs/kubestack/scratch") == ""
    assert platform.git("status", "--porcelain") == ""


def assert_converges(platform: Platform, *args: str) -> None:
    """The same command, run again, ends with everything verified; a third time there is nothing to do."""
    platform.ok(*args)
    assert platform.statuses("ops")[-1] == "verified"
    assert platform.statuses("ops", "manifests/web")[-1] == "verified"
    assert platform.ok("plan", "--detailed-exitcode").code == 0


@pytest.mark.slow
@pytest.mark.parametrize("number", CODES, ids=["SIGINT", "SIGTERM"])
def test_interrupt_while_terraform_applies(slow: Platform, number: signal.Signals) -> None:
    with started(slow.root, "run") as running:
        wait_for_apply(slow)
        running.send(number)
        hold(slow).unlink()
        done = running.end()
    assert done.code == CODES[number], done.said
    assert "Interrupted: waiting for running commands to save their state" in done.err
    assert f"stopped by {number.name}" in done.err
    assert "Run the same command again" in done.err
    assert "Two interrupts" not in done.said
    assert slow.statuses("ops") == ["started", "interrupted"]
    assert '"first"' in (slow.root.parent / "state/ops/terraform.tfstate").read_text()
    assert_nothing_held(slow)

    slow.tag("apps-deploy-1")
    refused = assert_refused(
        slow,
        "run",
        "--ref",
        "refs/tags/apps-deploy-1",
        code=5,
        words=["ops was interrupted while it applied infra"],
    )
    assert "push to branch main" in refused.out
    slow.git("checkout", "--quiet", "main")
    assert "infra interrupted" in " ".join(slow.ok("status").out.split())
    assert_converges(slow, "run")


@pytest.mark.parametrize("number", CODES, ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("command", ["apply", "run"])
def test_interrupt_reaches_terraform_once(
    hosted: Platform, fake: FakeTerraform, number: signal.Signals, command: str
) -> None:
    fake.misbehave("hang-apply")
    with started(hosted.root, command) as running:
        wait_for_fake(fake)
        running.send(number)
        done = running.end()
    assert done.code == CODES[number], done.said
    assert fake.entries("signal") == ["SIGINT"]
    assert hosted.statuses("ops") == ["started", "interrupted"]
    assert hosted.statuses("ops", "manifests/web") == ["started", "interrupted"]
    assert hosted.git("ls-remote", "origin", "refs/heads/env/*") == ""
    assert_nothing_held(hosted)


@pytest.mark.slow
def test_second_interrupt_only_warns(hosted: Platform, fake: FakeTerraform) -> None:
    fake.misbehave("hang-apply", "ignore-sigint")
    with started(hosted.root, "run") as running:
        wait_for_fake(fake)
        running.send(signal.SIGINT)
        eventually(lambda: fake.entries("signal"), "the first interrupt to arrive")
        running.send(signal.SIGINT)
        line = read_until(running, "Still waiting")
        assert "Once more ends them by force" in line
        assert fake.entries("signal") == ["SIGINT"]
        assert running.process.poll() is None

        running.send(signal.SIGINT)
        done = running.end()
    assert done.code == 130
    assert "Ended by force: check locks and state before the next run." in done.err
    assert fake.entries("signal") == ["SIGINT"]
    assert hosted.statuses("ops") == ["started", "interrupted"]

    fake.misbehave()
    assert_converges(hosted, "run")


def read_until(running: Running, words: str) -> str:
    """Read what a command says until these words come; the line with them."""
    assert running.process.stderr is not None
    for line in running.process.stderr:
        if words in line:
            return line
    raise AssertionError(f"{words!r} was never said")


@pytest.mark.parametrize("command", ["plan", "run"])
def test_interrupt_while_terraform_plans(hosted: Platform, fake: FakeTerraform, command: str) -> None:
    fake.misbehave("hang-plan")
    before = hosted.snapshot()
    with started(hosted.root, command) as running:
        eventually(lambda: "plan" in fake.commands(), "the plan to begin")
        eventually(lambda: any(map(listens, fake_processes(fake))), "the plan to hang")
        running.send(signal.SIGINT)
        done = running.end()
    assert done.code == 130, done.said
    assert fake.entries("signal") == ["SIGINT"]
    assert hosted.records() == []
    assert hosted.snapshot() == before
    assert_nothing_held(hosted)


def test_interrupt_of_a_verification_command(hosted: Platform) -> None:
    run = "{run: [sh, -c, 'touch ../begun; exec sleep 300'], timeout: 600}"
    hosted.land("kubestack.yaml", "commands: []", f"commands: [{run}]")
    with started(hosted.root, "run") as running:
        wait_for_apply(hosted)
        running.send(signal.SIGTERM)
        done = running.end()
    assert done.code == 143, done.said
    assert hosted.statuses("ops") == ["started", "applied"]
    assert_nothing_held(hosted)
    hosted.land("kubestack.yaml", "exec sleep 300", "true")
    assert_converges(hosted, "run")


@pytest.mark.slow
def test_interrupt_at_any_moment(hosted: Platform) -> None:
    """Wherever it hits: the exit code of the signal, nothing proved by it, no trace, and a way on."""
    for step in range(8):
        hosted.commit("change", {"infra/change.tf": f'output "change" {{\n  value = {step}\n}}\n'})
        hosted.push()
        with started(hosted.root, "run") as running:
            eventually(partial(listens, running.process.pid), "the program to listen")
            with suppress(subprocess.TimeoutExpired):
                running.process.wait(0.1 * step)
            running.send(signal.SIGINT)
            done = running.end()
        assert done.code in {0, 130}, done.said
        assert "bug" not in done.err
        last = hosted.statuses("ops")[-1:]
        assert last != ["started"], done.said
        assert done.code == 0 or "Run the same command again" in done.err
        assert_nothing_held(hosted)
    assert_converges(hosted, "run")


def kill_when(platform: Platform, running: Running) -> Ended:
    running.send(signal.SIGKILL)
    done = running.end()
    assert done.code == -signal.SIGKILL
    return done


def test_kill_before_the_apply(hosted: Platform, fake: FakeTerraform) -> None:
    fake.misbehave("hang-plan")
    before = hosted.snapshot()
    with started(hosted.root, "run") as running:
        eventually(lambda: "plan" in fake.commands(), "the plan to begin")
        eventually(lambda: any(map(listens, fake_processes(fake))), "the plan to hang")
        kill_when(hosted, running)
    end_orphans(fake)
    assert hosted.snapshot() == before
    fake.misbehave()
    assert_converges(hosted, "run")


def end_orphans(fake: FakeTerraform) -> None:
    """Interrupt the fake Terraforms that a killed run has left."""
    for pid in fake_processes(fake):
        os.kill(pid, signal.SIGINT)
    eventually(lambda: not fake_processes(fake), "the orphans to end")


def fake_processes(fake: FakeTerraform) -> list[int]:
    """Processes that write to this test's log."""
    mine = f"FAKE_TERRAFORM_LOG={fake.log}\0".encode()
    found = []
    for place in (path for path in Path("/proc").iterdir() if path.name.isdigit()):
        with suppress(OSError):
            environment, line = (place / "environ").read_bytes(), (place / "cmdline").read_bytes()
            if mine in environment + b"\0" and b"fake/terraform" in line:
                found.append(int(place.name))
    return found


@pytest.mark.slow
def test_kill_during_the_apply(hosted: Platform, fake: FakeTerraform) -> None:
    fake.misbehave("hang-apply")
    with started(hosted.root, "run") as running:
        wait_for_fake(fake)
        kill_when(hosted, running)
    end_orphans(fake)
    assert hosted.statuses("ops") == ["started"]
    assert hosted.statuses("ops", "manifests/web") == ["started"]
    assert "began and never reported" in " ".join(hosted.ok("status").out.split())

    hosted.tag("apps-deploy-1")
    words = ["ops began to apply infra", "never reported a result"]
    assert_refused(hosted, "run", "--ref", "refs/tags/apps-deploy-1", code=5, words=words)
    hosted.git("checkout", "--quiet", "main")
    assert_refused(hosted, "verify", code=1, words=["not applied to ops with this content"])

    fake.misbehave()
    assert_converges(hosted, "run")
    assert hosted.statuses("ops") == ["started", "started", "verified"]
    assert_nothing_held(hosted)


@pytest.mark.slow
def test_kill_during_the_apply_of_the_real_terraform(slow: Platform) -> None:
    """Terraform lives on without us, ends what it began, and lets go of its lock; then all is done again."""
    with started(slow.root, "run") as running:
        wait_for_apply(slow)
        kill_when(slow, running)
    assert slow.statuses("ops") == ["started"]
    hold(slow).unlink()
    assert_converges(slow, "run")
    assert slow.statuses("ops")[0] == "started"
    assert_nothing_held(slow)


@pytest.mark.slow
def test_kill_after_the_apply_before_the_result(hosted: Platform) -> None:
    """A verification command that kills its grandparent: applied for real, and nobody could say so."""
    hosted.land(
        "kubestack.yaml", "commands: []", "commands: [{run: [sh, -c, 'touch ../begun; exec sleep 20']}]"
    )
    with started(hosted.root, "run") as running:
        wait_for_apply(hosted)
        kill_when(hosted, running)
    assert hosted.statuses("ops") == ["started"]
    assert (hosted.root.parent / "state/ops/terraform.tfstate").exists()
    hosted.tag("apps-deploy-1")
    assert_refused(
        hosted, "run", "--ref", "refs/tags/apps-deploy-1", code=5, words=["never reported a result"]
    )
    hosted.git("checkout", "--quiet", "main")
    hosted.land("kubestack.yaml", "exec sleep 20", "true")
    done = hosted.ok("run")
    assert "infra (ops): verified" in done.out
    assert_converges(hosted, "run")
    assert_nothing_held(hosted)


@pytest.mark.slow
def test_kill_at_any_moment(hosted: Platform, fake: FakeTerraform) -> None:
    """Every kill leaves either nothing or `started`; never `verified` where the run did not end."""
    for step in range(12):
        if step % 4 == 0:
            hosted.commit("change", {"infra/change.tf": f'output "change" {{\n  value = {step}\n}}\n'})
            hosted.push()
        with started(hosted.root, "run") as running:
            with suppress(subprocess.TimeoutExpired):
                running.process.wait(0.08 * step)
            running.process.kill()
        last = {stack: hosted.statuses("ops", stack)[-1:] for stack in ("infra", "manifests/web")}
        assert all(status in (["started"], ["verified"], []) for status in last.values())
        assert hosted.git("status", "--porcelain") == ""
    assert_converges(hosted, "run")


def test_ctrl_c_in_a_terminal_reaches_terraform_once(hosted: Platform, fake: FakeTerraform) -> None:
    """The whole foreground group gets it; Terraform is in a session of its own."""
    fake.misbehave("hang-apply")
    outside, inside = os.openpty()
    argv = [sys.executable, "-c", IN_A_TERMINAL, *program("apply", "--yes")]
    with subprocess.Popen(
        argv, cwd=hosted.root, stdin=inside, stdout=inside, stderr=inside, start_new_session=True
    ) as process:
        os.close(inside)
        wait_for_fake(fake)
        os.write(outside, b"\x03")
        said = read_terminal(outside)
    os.close(outside)
    assert process.returncode == 130, said
    assert "Interrupted: waiting" in said
    assert fake.entries("signal") == ["SIGINT"]
    assert hosted.statuses("ops") == ["started", "interrupted"]


def read_terminal(terminal: int) -> str:
    """All that is written to a terminal, until its program ends."""
    said = b""
    while True:
        try:
            said += os.read(terminal, 4096)
        except OSError:
            return said.decode("utf-8", "replace")

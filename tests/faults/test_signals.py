"""SIGINT and SIGTERM during a real `terraform apply`: it hears of them once, and loses nothing."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest

from tests.e2e.test_interrupts import CODES, assert_converges, assert_nothing_held, hold, wait_for_apply
from tests.faults.conftest import Figures
from tests.platforms import Platform, eventually, started

TURNS = 3
# A process of Terraform's group that writes down what the group hears.
LISTEN = """
import pathlib, signal, sys, time
here = pathlib.Path(sys.argv[1])
def hear(number, _):
    with (here / "heard").open("a") as stream:
        stream.write(signal.Signals(number).name + " ")
signal.signal(signal.SIGINT, hear)
signal.signal(signal.SIGTERM, hear)
(here / "begun").touch()
while (here / "hold").exists():
    time.sleep(0.02)
"""
SLOW = """
resource "terraform_data" "first" {
  input = "first TURN"
}

resource "terraform_data" "slow" {
  triggers_replace = [terraform_data.first.output]

  provisioner "local-exec" {
    command = "PYTHON HERE/listen.py HERE >/dev/null 2>&1 & while [ -e HERE/hold ]; do sleep 0.1; done"
  }
}
"""


@pytest.mark.slow
def test_signals_while_terraform_applies(hosted: Platform, figures: Figures) -> None:
    here = hosted.root.parent
    (here / "listen.py").write_text(LISTEN)
    signals = [signal.SIGINT, signal.SIGTERM] * TURNS
    for turn, number in enumerate(signals):
        interrupt(hosted, here, turn, number)
    hosted.commit("no longer slow", {"infra/slow.tf": ""})
    hosted.push()
    assert_converges(hosted, "run")
    figures("interrupt", done=len(signals), held=len(signals))


def interrupt(hosted: Platform, here: Path, turn: int, number: signal.Signals) -> None:
    """Send one signal in the middle of an apply, and look at all that is left."""
    text = SLOW.replace("TURN", str(turn)).replace("PYTHON", sys.executable).replace("HERE", str(here))
    hosted.commit("slow", {"infra/slow.tf": text})
    hosted.push()
    for name in ("begun", "heard"):
        (here / name).unlink(missing_ok=True)
    hold(hosted).touch()
    with started(hosted.root, "run") as running:
        wait_for_apply(hosted)
        running.send(number)
        done = running.end()
    assert done.code == CODES[number], done.said
    heard = here / "heard"
    eventually(lambda: heard.exists() and heard.read_text(), "the group to hear of it")
    assert heard.read_text() == "SIGINT ", "forwarded once, as SIGINT"
    hold(hosted).unlink()
    assert hosted.statuses("ops")[-2:] == ["started", "interrupted"]
    state = json.loads((here / "state/ops/terraform.tfstate").read_text())
    assert f"first {turn}" in json.dumps(state["resources"]), "what was done is in the state"
    assert_nothing_held(hosted)

"""Whether a run is alive, told from the note that it leaves and from `/proc`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kubestack_py.system.presence import Fate, announce, fate, running, sees_all, withdraw

LEAVE_A_NOTE = """
import sys, pathlib
from kubestack_py.system.presence import announce
announce(pathlib.Path(sys.argv[1]), "run")
"""


def test_run_that_is_at_work(cache: Path) -> None:
    announce(cache, "run")
    assert fate(cache, "run") is Fate.ALIVE
    withdraw(cache, "run")
    assert fate(cache, "run") is Fate.UNKNOWN


def test_run_that_died(cache: Path) -> None:
    subprocess.run([sys.executable, "-c", LEAVE_A_NOTE, str(cache)], check=True)
    assert fate(cache, "run") is Fate.ENDED


def test_run_whose_number_another_process_has_by_now(cache: Path) -> None:
    announce(cache, "run")
    note = cache / "runs" / "run"
    told = json.loads(note.read_text())
    note.write_text(json.dumps({**told, "started": told["started"] - 1}))
    assert fate(cache, "run") is Fate.ENDED


@pytest.mark.parametrize(
    "change", [{"boot": "another"}, {"namespace": "pid:[1]"}, {"pid": None, "started": None, "extra": 1}]
)
def test_run_of_another_boot_or_container_is_unknown(cache: Path, change: dict[str, object]) -> None:
    announce(cache, "run")
    note = cache / "runs" / "run"
    note.write_text(json.dumps({**json.loads(note.read_text()), **change}))
    assert fate(cache, "run") is Fate.UNKNOWN


def test_note_that_cannot_be_left_or_read_is_no_reason_to_fail(cache: Path) -> None:
    (cache / "runs").write_text("in the way")
    announce(cache, "run")
    withdraw(cache, "run")
    assert fate(cache, "run") is Fate.UNKNOWN


def test_running_finds_a_process_by_its_name_and_knows_its_age() -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    with subprocess.Popen(["sleep", "20"]) as sleeper:
        found = {process.pid: process for process in running("sleep", "terraform")}
        assert sleeper.pid in found
        assert before <= found[sleeper.pid].since <= datetime.now(UTC) + timedelta(seconds=2)
        assert os.getpid() not in found
        sleeper.kill()
    assert sleeper.pid not in {process.pid for process in running("sleep")}


def test_sees_all_is_told_on_every_machine() -> None:
    assert sees_all() in {True, False}

"""SIGKILL with the state elsewhere: what was made is lost to the state, and a lock may be left."""

from __future__ import annotations

import json
import os
import re
import signal
from contextlib import suppress

import pytest

from kubestack_py.system.presence import host_name
from tests.e2e.test_interrupts import SLOW, hold, wait_for_apply
from tests.faults.bucket import BACKEND, Bucket, bucket
from tests.faults.conftest import Figures
from tests.faults.postgresql import postgresql, programs
from tests.faults.worlds import World
from tests.platforms import Ended, Platform, eventually, started

KILLS = 2
LOCAL = re.compile(r'  backend "local" \{.*?\n  \}\n', re.DOTALL)
LOST = "never reported a result, and the state does not know"


def keep_state_in(hosted: Platform, backend: str) -> None:
    """Use another backend in a stack whose apply hangs after its first resource."""
    versions = hosted.root / "infra" / "versions.tf"
    text, count = LOCAL.subn(lambda _: backend.lstrip("\n"), versions.read_text())
    assert count == 1
    hosted.commit("the state elsewhere", {"infra/versions.tf": text, "infra/slow.tf": SLOW})
    hosted.push()


def start_over(hosted: Platform, turn: int) -> None:
    """Have objects of other names made by the next apply, and let that hang after the first."""
    text = re.sub(r"(?<=[.\" ])(first|slow)(?=\" \{|\.output)", rf"\g<1>{turn}", SLOW)
    hosted.commit("again", {"infra/slow.tf": text})
    hosted.push()
    hold(hosted).touch()
    (hosted.root.parent / "begun").unlink(missing_ok=True)


def kill(world: World) -> None:
    """Kill every process of a world, as a machine does that is switched off."""
    for pid in world.processes():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.slow
def test_kill_with_the_state_in_a_bucket(hosted: Platform, figures: Figures) -> None:
    world = World(hosted.root.parent)
    with bucket() as service:
        env = {**service.env, "KUBESTACK_WORLD": str(world.place), "KUBESTACK_LOCK_TIMEOUT": "1"}
        keep_state_in(hosted, BACKEND)
        for turn in range(KILLS):
            start_over(hosted, turn)
            with started(hosted.root, "run", **env) as running:
                wait_for_apply(hosted)
                refused(hosted, service, env, "is still at work on this machine")
                running.send(signal.SIGKILL)
                running.process.wait()
                refused(hosted, service, env, "terraform runs here as process")
                kill(world)
            hold(hosted).unlink()
            world.wait_for_orphans()
            blocked = hosted.kubestack("run", **env)
            assert blocked.code == 1, blocked.said
            for words in (f"@{host_name()} since", "kubestack unlock -e ops infra", LOST):
                assert words in blocked.said
            freed(hosted, service, env, f"terraform_data.first{turn}")
            hosted.ok("run", **env)
            assert hosted.statuses("ops")[-1] == "verified"
        foreign_lock(hosted, service, env)
    figures("kill-bucket", done=KILLS, held=KILLS, refused_unlocks=2 * KILLS + 1)


def refused(hosted: Platform, service: Bucket, env: dict[str, str | None], words: str) -> None:
    """Try to unlock while the holder lives: nothing may happen."""
    held = service.locks()
    assert len(held) == 1
    done = hosted.kubestack("unlock", **env)
    assert done.code == 5, done.said
    assert words in done.err
    assert service.locks() == held


def freed(hosted: Platform, service: Bucket, env: dict[str, str | None], orphan: str) -> None:
    """Unlock once no Terraform runs that may be the holder; other tests on this machine run some as well."""
    ended: list[Ended] = []

    def unlocked() -> bool:
        ended.append(hosted.kubestack("unlock", **env))
        return ended[-1].code == 0

    eventually(unlocked, "the lock to be released")
    assert "its holder is proved dead" in ended[-1].out
    assert LOST in ended[-1].err
    assert orphan in ended[-1].err
    assert service.locks() == []


def foreign_lock(hosted: Platform, service: Bucket, env: dict[str, str | None]) -> None:
    """A lock of another machine is nobody's to release without a reason."""
    lock = {"ID": "8621e216-3341-0513-95fc-1bb956abd405", "Operation": "OperationTypeApply", "Info": ""}
    lock |= {"Who": "ada@elsewhere", "Version": "1.11.4", "Created": "2026-01-31T17:39:55.160620447Z"}
    service.objects["env:/ops/infra.tfstate.tflock"] = json.dumps(lock).encode()
    refused(hosted, service, env, "it was taken on elsewhere")
    done = hosted.ok("unlock", "infra", "--force", "--reason", "the runner is gone", **env)
    assert "by force: the runner is gone" in done.out
    assert service.locks() == []


@pytest.mark.slow
@pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed: its backend was not tried")
def test_kill_with_the_state_in_postgresql(hosted: Platform, figures: Figures) -> None:
    world = World(hosted.root.parent)
    with postgresql() as connection:
        env: dict[str, str | None] = {"PG_CONN_STR": connection, "KUBESTACK_WORLD": str(world.place)}
        keep_state_in(hosted, '  backend "pg" {}\n')
        for turn in range(KILLS):
            start_over(hosted, turn)
            with started(hosted.root, "run", **env) as running:
                wait_for_apply(hosted)
                running.send(signal.SIGKILL)
                kill(world)
            hold(hosted).unlink()
            world.wait_for_orphans()
            assert "infra (ops): not locked" in hosted.ok("unlock", **env).out
            done = hosted.ok("run", **env)
            assert LOST in done.err
            assert f"terraform_data.first{turn}" in done.err
            assert hosted.statuses("ops")[-1] == "verified"
    figures("kill-postgresql", done=KILLS, held=KILLS)

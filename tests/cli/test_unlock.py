"""`kubestack unlock` where nothing is locked, and where it is asked for what it does not do."""

from __future__ import annotations

import pytest

from tests.faults.bucket import BACKEND, bucket
from tests.faults.test_backends import foreign_lock, keep_state_in
from tests.platforms import Platform


def test_unlock_of_what_is_not_locked(platform: Platform) -> None:
    """A lock of a file on disk ends with its holder; manifests have none."""
    platform.ok("run")
    done = platform.ok("unlock")
    assert done.out == "infra (ops): not locked\n"
    assert platform.ok("unlock", "-e", "apps", "infra").out == "infra (apps): not locked\n"
    assert platform.ok("unlock", "manifests/web").out == ""


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--force"], "--force needs a --reason"),
        (["--force", "--reason", "  "], "--force needs a --reason"),
        (["--reason", "x"], "--reason belongs to --force"),
        (["-e", "nope"], "there is no environment 'nope'"),
        (["nope"], "there is no stack 'nope'"),
    ],
)
def test_unlock_of_what_makes_no_sense(platform: Platform, args: list[str], words: str) -> None:
    done = platform.kubestack("unlock", *args)
    assert done.code == 2, done.said
    assert words in done.err


def test_unlock_leaves_the_lock_of_another_machine(hosted: Platform) -> None:
    """Released by force, with a reason, and never otherwise."""
    with bucket() as service:
        keep_state_in(hosted, BACKEND)
        hosted.ok("plan", "infra", **service.env)
        foreign_lock(hosted, service, service.env)


@pytest.mark.parametrize("seconds", ["soon", "-1", "1.5", "٣"])
def test_lock_timeout_that_is_no_number_of_seconds(platform: Platform, seconds: str) -> None:
    done = platform.kubestack("plan", KUBESTACK_LOCK_TIMEOUT=seconds)
    assert done.code == 2
    assert "Give it whole seconds" in done.err

"""What the fault suite does to the program: one entry for each fault, in the order of the page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong. `units` says what `done` counts; `promise` has to hold every time."""

    name: str
    title: str
    units: str
    promise: str


FAULTS = (
    Fault(
        name="kill-first-apply",
        title="SIGKILL at every step of `run`: the first apply to ops",
        units="kills",
        promise="nothing is called verified that is not in place; the next run verifies every stack",
    ),
    Fault(
        name="kill-promotion",
        title="SIGKILL at every step of `run`: a promotion to apps",
        units="kills",
        promise="nothing is called verified that is not in place; the next run verifies every stack",
    ),
    Fault(
        name="interrupt",
        title="SIGINT and SIGTERM while Terraform applies",
        units="signals",
        promise="Terraform hears of it once, saves its state and releases its lock; "
        "the evidence says interrupted",
    ),
    Fault(
        name="kill-bucket",
        title="SIGKILL of `run` and Terraform, state in a bucket (S3 protocol)",
        units="kills",
        promise="the next run names the lock, its holder and what may be orphaned; `unlock` releases it, "
        "and no other lock",
    ),
    Fault(
        name="kill-postgresql",
        title="SIGKILL of `run` and Terraform, state in PostgreSQL",
        units="kills",
        promise="the lock is gone with its holder; the next run names what may be orphaned and converges",
    ),
    Fault(
        name="writers",
        title="8 clones write 50 records each to one remote, all at once",
        units="records",
        promise="every record arrives",
    ),
    Fault(
        name="same-tag-twice",
        title="two pipelines for the same tag at once",
        units="pairs",
        promise="one applies, the other is told or finds nothing to do; nothing is applied twice",
    ),
    Fault(
        name="two-tags",
        title="two different tags pushed at once",
        units="pairs",
        promise="one applies, the other is told or comes after it; run again, the newer one is in place",
    ),
    Fault(
        name="remote-dies",
        title="the Git host is gone between `started` and the result",
        units="runs",
        promise="exit code 1 says so, the result is kept here, and the next run shares it",
    ),
    Fault(
        name="clock",
        title="the clock goes backwards: the newest record is from tomorrow",
        units="runs",
        promise="records stay in the order in which they were written, and the newest one counts",
    ),
    Fault(
        name="notes-lost",
        title="somebody deletes or rewrites the evidence on the Git host",
        units="losses",
        promise="a clone that had seen it says so, and its next push brings every record back",
    ),
    Fault(
        name="shallow",
        title="a shallow clone",
        units="clones",
        promise="it is deepened before anything is decided; where that is impossible, nothing is applied",
    ),
)
BY_NAME = {fault.name: fault for fault in FAULTS}

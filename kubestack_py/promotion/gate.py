"""The gate: may this commit be applied to this environment now, and if not, every reason why.

What is judged here needs no plan: ancestry, age, proof and soak. Parity, preview and policies, which
need plans, are in `promotion.plan_gate`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from kubestack_py.model.evidence import RecordStatus
from kubestack_py.model.verdict import GateCheck, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kubestack_py.model.evidence import Record
    from kubestack_py.model.platform import Environment, Platform
    from kubestack_py.promotion.history import History


class Standing(Enum):
    """How a commit stands to the one that the environment was last touched with."""

    FIRST = "first"
    SAME = "same"
    NEWER = "newer"
    OLDER = "older"
    APART = "apart"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What the gate has to know about a commit that wants to enter an environment.

    `shared` holds the shared content digest of every stack. `deployed` is the commit that the
    environment was last touched with, `standing` how the candidate stands to it. `returns_to` is the
    commit whose content a rollback between the two restores. `passed_over` counts the records of the
    environment where none of them counts.
    """

    commit: str
    on_default_branch: bool
    shared: Mapping[str, str]
    standing: Standing
    deployed: str = ""
    returns_to: str = ""
    passed_over: int = 0


CHECKS = ("ancestry", "not-older", "evidence", "soak", "parity", "preview", "policy")


def judge(
    platform: Platform, environment: Environment, candidate: Candidate, history: History, now: datetime
) -> Verdict:
    """The verdict on a candidate, all checks listed, passed ones too. `now` is an aware datetime."""
    checks = [_ancestry(platform, candidate), _not_older(environment, candidate)]
    previous = platform.before(environment)
    if previous:
        checks.extend(_proofs(previous, candidate, history))
        if environment.gate.soak:
            checks.append(_soak(environment, previous, candidate, history, now))
    return Verdict(environment=environment.name, commit=candidate.commit, checks=tuple(checks))


def overridden(verdict: Verdict, overrides: Mapping[str, str]) -> Verdict:
    """The verdict with failed checks let pass, by their names and with the reasons given."""
    checks = (
        check if check.passed else replace(check, override=overrides.get(check.name, ""))
        for check in verdict.checks
    )
    return replace(verdict, checks=tuple(checks))


def _ancestry(platform: Platform, candidate: Candidate) -> GateCheck:
    branch = platform.default_branch
    if candidate.on_default_branch:
        return GateCheck(
            name="ancestry", passed=True, message=f"{_short(candidate.commit)} is part of {branch}"
        )
    return GateCheck(
        name="ancestry",
        passed=False,
        message=f"{_short(candidate.commit)} is not part of {branch}: it was never merged",
        hint=f"Merge the change to {branch}; only reviewed commits are applied.",
    )


def _not_older(environment: Environment, candidate: Candidate) -> GateCheck:
    here, there = _short(candidate.commit), _short(candidate.deployed)
    name = environment.name
    on_purpose = f"; it restores {_short(candidate.returns_to)} on purpose" if candidate.returns_to else ""
    said = {
        Standing.FIRST: f"{name} runs nothing yet",
        Standing.SAME: f"{name} was last touched with this very commit",
        Standing.NEWER: f"{here} contains {there}, which {name} was last touched with{on_purpose}",
        Standing.OLDER: f"{here} is older than {there}, which {name} was last touched with",
        Standing.APART: f"{here} does not contain {there}, which {name} was last touched with",
        Standing.UNKNOWN: f"{there}, which {name} was last touched with, is not in this clone",
    }
    message = said[candidate.standing]
    if candidate.standing is Standing.FIRST and candidate.passed_over:
        message = f"what {name} runs is not known: none of its {candidate.passed_over} records counts"
        return GateCheck(name="not-older", passed=True, warning=True, message=message)
    if candidate.standing in {Standing.FIRST, Standing.SAME, Standing.NEWER}:
        return GateCheck(name="not-older", passed=True, message=message)
    hint = (
        f"To go back, revert the change on the default branch, as `kubestack rollback {name}` prepares it, "
        "and promote that: forward is the only way."
    )
    if candidate.standing is Standing.UNKNOWN:
        hint = "Fetch the whole history (`git fetch --unshallow`), then run again."
    return GateCheck(name="not-older", passed=False, message=message, hint=hint)


def _proofs(previous: Environment, candidate: Candidate, history: History) -> Iterator[GateCheck]:
    for stack, shared in candidate.shared.items():
        record = history.latest_of_content(previous.name, stack, shared)
        found = proof(previous, stack, record)
        problems = history.passed_over(previous.name, stack, shared)
        yield replace(found, message="; ".join((found.message, *problems)))


def proof(previous: Environment, stack: str, record: Record | None) -> GateCheck:
    """Whether the newest record of a content in the environment before lets it pass, in words."""
    name = previous.name
    again = f"Let {name} apply it: push to {previous.apply_on}, or run that pipeline again."
    if record is None:
        message = f"{name} has never applied {stack} with this content"
        return GateCheck(name="evidence", passed=False, message=message, hint=again)
    when = f"{record.at[:19]}Z, commit {_short(record.commit)}"
    if record.status is RecordStatus.VERIFIED:
        return GateCheck(name="evidence", passed=True, message=f"{name} verified {stack} ({when})")
    said = {
        RecordStatus.STARTED: f"{name} began to apply {stack} ({when}) and never reported a result",
        RecordStatus.APPLIED: f"{name} applied {stack} ({when}) but did not verify it",
        RecordStatus.FAILED: f"{name} failed on {stack} ({when}): {record.message or 'see its log'}",
        RecordStatus.INTERRUPTED: f"{name} was interrupted while it applied {stack} ({when})",
    }
    hint = f"Verify it: kubestack verify -e {name}" if record.status is RecordStatus.APPLIED else again
    return GateCheck(name="evidence", passed=False, message=said[record.status], hint=hint)


def _soak(
    environment: Environment, previous: Environment, candidate: Candidate, history: History, now: datetime
) -> GateCheck:
    """Whether the environment before has been verified for long enough, counted from its youngest stack."""
    wanted = timedelta(seconds=environment.gate.soak)
    begun = [
        history.soaking_since(previous.name, stack, shared) for stack, shared in candidate.shared.items()
    ]
    since = max((moment for moment in begun if moment), default=None)
    if since is None or None in begun:
        message = f"{previous.name} has not begun to soak: it failed since, or was never verified"
        hint = f"Let {previous.name} be verified again: kubestack verify -e {previous.name}"
        return GateCheck(name="soak", passed=False, message=message, hint=hint)
    age = now - datetime.fromisoformat(since).astimezone(UTC)
    message = f"{previous.name} has been verified since {since[:19]}Z; {wanted} are asked for"
    if age >= wanted:
        return GateCheck(name="soak", passed=True, message=message)
    ready = (now + (wanted - age)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return GateCheck(name="soak", passed=False, message=message, hint=f"Run this again after {ready}.")


def _short(commit: str) -> str:
    return commit[:8]

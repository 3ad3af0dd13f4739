"""State locks: which is held and by whom, and letting go of one by hand.

A lock of S3, GCS, Azure or Consul is an object that outlives its holder, and the error names that
holder. PostgreSQL and HTTP answer with the lock that was asked for instead: of that of PostgreSQL nothing is
known, and of one behind HTTP its ID, if the server tells it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kubestack_py.terraform.diagnostics import from_text

if TYPE_CHECKING:
    from kubestack_py.terraform.program import Program

NOTHING = "terraform_data.kubestack_looks_who_holds_the_lock"
REFUSED = "Error acquiring the state lock"
_FIELD = re.compile(r"^\s*(ID|Who|Created|Operation):[ \t]*(\S.*?)\s*$", re.MULTILINE)
_HTTP = re.compile(r"already locked: ID=(\S+)")
_UNNAMED = ("Workspace is already locked", "failed to unmarshal body")  # PostgreSQL, an HTTP server
_TOLD = "Lock Info:"
_CREATED = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d+)?(?: \+0000 UTC|Z)")


@dataclass(frozen=True, slots=True, kw_only=True)
class StateLock:
    """A lock as the backend describes it. `id` is empty where it cannot be let go of by hand.

    `who` is `user@host`, `created` UTC, `operation` what Terraform was doing (`Apply`, `Plan`); all
    three are empty or None where the backend does not tell them.
    """

    id: str = ""
    who: str = ""
    created: datetime | None = None
    operation: str = ""

    @property
    def host(self) -> str:
        """The machine of the holder."""
        return self.who.rpartition("@")[2]

    def __str__(self) -> str:
        if not self.who:
            return "another run, which the backend does not name"
        since = f"{self.created:%Y-%m-%d %H:%M:%S} UTC" if self.created else "an unknown time"
        return f"{self.who} since {since}" + (f" ({self.operation})" if self.operation else "")


def lock_in(text: str) -> StateLock:
    """The lock that is held, from the error of a command that did not get it."""
    if any(words in text for words in _UNNAMED):
        return StateLock()
    remote = _HTTP.search(text)
    if remote:
        return StateLock(id=remote[1])
    told = dict(_FIELD.findall(text))
    return StateLock(
        id=told.get("ID", ""),
        who=told.get("Who", ""),
        created=_moment(told.get("Created", "")),
        operation=told.get("Operation", "").removeprefix("OperationType"),
    )


def held_lock(program: Program) -> StateLock | None:
    """The lock that somebody holds on the state now; None when it is free.

    Asks by a command that takes the lock and changes nothing: it untaints what no state holds, and
    needs neither providers nor variables. Raises `TerraformError` where it fails for another reason.
    """
    options = ("-no-color", "-allow-missing", "-lock-timeout=0s", NOTHING)
    done = program.run("untaint", *options)
    errors = from_text(done.err, program.stack)
    refusal = next((error for error in errors if error.summary == REFUSED and _TOLD in error.detail), None)
    if done.code and refusal is None:
        raise program.failure("untaint", errors, said=done.err)
    return lock_in(refusal.detail) if refusal else None


def release(program: Program, lock: StateLock) -> None:
    """Let go of exactly this lock. Raises `TerraformError` when it is another one by now."""
    done = program.run("force-unlock", "-force", "-no-color", lock.id)
    if done.code:
        raise program.failure("force-unlock", from_text(done.err, program.stack), said=done.err)


def addresses(program: Program) -> frozenset[str]:
    """The addresses that the state knows; none where there is no state yet. Needs no lock."""
    done = program.run("state", "list", "-no-color")
    if done.code and "No state file was found" not in done.err:
        raise program.failure("state list", from_text(done.err, program.stack), said=done.err)
    return frozenset(done.text.split("\n")) - {""}


def _moment(text: str) -> datetime | None:
    found = _CREATED.fullmatch(text)
    return datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC) if found else None

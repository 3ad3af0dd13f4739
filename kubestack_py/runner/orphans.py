"""What a killed run may have made and told nobody: announced in the evidence, unknown to the state.

Most backends get the state when an apply ends. A run that is killed in the middle of one loses what
it made: the objects exist, and the next plan creates them once more.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from kubestack_py.errors import TerraformError
from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.evidence import DELIVERED, RecordStatus
from kubestack_py.model.platform import StackKind
from kubestack_py.runner.journal import LOCK_CHECK
from kubestack_py.runner.selecting import selection_of
from kubestack_py.terraform.initialise import Initialisation
from kubestack_py.terraform.locks import addresses
from kubestack_py.terraform.program import Program

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from kubestack_py.model.evidence import Record
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.promotion.history import History
    from kubestack_py.runner.session import Session

_SHOWN = 10


def unfinished(history: History, environment: str, stack: str) -> Record | None:
    """The announcement of a run that never told how it ended for a stack, if nothing was delivered since.

    A lock that somebody let go of by force ends a run as far as the evidence goes, not in what it left.
    """
    ended = set()
    for record in reversed(history.of(environment)):
        if record.stack != stack or not history.counts(record):
            continue
        if record.status in DELIVERED:
            return None
        if record.status is RecordStatus.STARTED and record.run not in ended:
            return record
        if not any(override.check == LOCK_CHECK for override in record.overrides):
            ended.add(record.run)
    return None


def orphans(record: Record, known: Collection[str]) -> tuple[str, ...]:
    """The addresses that a run was going to create and that the state does not know."""
    made = (item for item in record.outlines if item.action in {ChangeAction.CREATE, ChangeAction.REPLACE})
    return tuple(item.address for item in made if item.address not in known)


def describe_orphans(record: Record, addresses: Sequence[str]) -> str:
    """The same in words, with what to do; empty for none."""
    if not addresses:
        return ""
    more = f" and {len(addresses) - _SHOWN} more" if len(addresses) > _SHOWN else ""
    whose = " ".join(part for part in (record.actor and f"by {record.actor}", record.url) if part)
    return (
        f"{record.stack} ({record.environment}): the run that began at {record.at[:19]}Z"
        f"{f' ({whose})' if whose else ''} never reported a result, and the state does not know "
        f"{len(addresses)} of the objects that it was to create: {', '.join(addresses[:_SHOWN])}{more}. "
        "They may exist all the same: look for them, and import or delete them. An apply creates them anew."
    )


def warn_of_orphans(
    session: Session, environment: Environment, stacks: Sequence[Stack], history: History
) -> None:
    """Warn of what the last run of each stack may have left, where that run never told how it ended."""
    for stack in stacks:
        record = unfinished(history, environment.name, stack.path)
        if record and record.outlines and stack.kind is StackKind.TERRAFORM:
            with suppress(TerraformError):  # where the state cannot be asked, the plan says so next
                tell_orphans(session, record, program_of(session, environment, stack))


def tell_orphans(session: Session, record: Record, program: Program) -> None:
    """Warn of what one unfinished run may have left."""
    text = describe_orphans(record, orphans(record, addresses(program)))
    if text:
        session.console.warn(text)


def program_of(session: Session, environment: Environment, stack: Stack) -> Program:
    """Terraform in the directory of a stack, initialised."""
    program = Program(
        tool=session.terraform,
        root=session.root,
        stack=stack.path,
        environment=environment.name,
        selection=selection_of(session, environment, stack.path),
        env=session.terraform_env,
    )
    Initialisation(program).ensure(lambda line: session.console.say(f"  {stack.path}: {line}"))
    return program

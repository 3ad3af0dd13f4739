"""`kubestack unlock`."""

from __future__ import annotations

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.options import environment_option, stacks_argument


@click.command()
@stacks_argument
@environment_option
@click.option("--force", is_flag=True, help="Also where it is not proved that the holder is dead.")
@click.option("--reason", metavar="TEXT", default="", help="With --force: why; goes into the evidence.")
def unlock(*, stacks: tuple[str, ...], environment: str | None, force: bool, reason: str) -> None:
    """Release the state locks that a killed run has left, where that run is proved dead.

    It is proved when the lock was taken on this machine, no Terraform here is old enough to hold it, and
    the run that took it is one that this machine remembers and that is gone. Anything less is refused
    (exit code 5), with a list of what to look at. Also names what that run may have created without the
    state knowing. Locks of PostgreSQL and of files on disk need no help: they end with their holder.

    \b
    Examples:
      kubestack unlock
      kubestack unlock -e apps infra
      kubestack unlock -e apps infra --force --reason "runner 12 was scaled away, job 4711"
    """
    from kubestack_py.runner.unlocking import unlock_stacks

    text = " ".join(reason.split())
    if force and not text:
        raise click.UsageError("--force needs a --reason; it becomes part of the evidence.")
    if text and not force:
        raise click.UsageError("--reason belongs to --force.")
    with open_session() as session:
        unlock_stacks(session, session.environment(environment), session.select(stacks), reason=text)

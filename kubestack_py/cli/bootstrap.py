"""`kubestack bootstrap-state`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from kubestack_py.cli.context import is_unattended, open_session
from kubestack_py.cli.options import stacks_argument

if TYPE_CHECKING:
    from kubestack_py.model.bootstrap import BootstrapStep


@click.command("bootstrap-state")
@stacks_argument
@click.option("--dry-run", is_flag=True, help="Only show the commands; needs neither aws nor credentials.")
@click.option(
    "--kms-key", metavar="ID", default="", help="The key to encrypt with.  [default: kms_key_id of the block]"
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask. Nothing is asked in CI or without a terminal.")
def bootstrap_state(*, stacks: tuple[str, ...], dry_run: bool, kms_key: str, yes: bool) -> None:
    """Make the S3 bucket that Terraform keeps its state in, as the backend block names it.

    The bucket keeps versions, is encrypted and has no public access. Shows what is missing, asks, and makes
    only that. The program `aws` does the work, with the credentials that it finds.

    \b
    Examples:
      kubestack bootstrap-state --dry-run
      kubestack bootstrap-state
      kubestack bootstrap-state infra --kms-key alias/terraform-state --yes
    """
    from kubestack_py.runner.bootstrapping import S3, bucket_of, steps
    from kubestack_py.system.tools import AWS, find_tool

    with open_session() as session:
        bucket = bucket_of(session, session.select(stacks), kms_key)
        if dry_run:
            session.console.data(_text(steps(bucket)))
            return
        s3 = S3(session, find_tool(AWS, session.place.cache), bucket)
        found = s3.look()
        session.console.say(_text(found))
        missing = [step for step in found if not step.there]
        if not missing:
            session.console.say(f"{bucket.name} has all it needs; nothing was changed.")
            return
        if not (yes or is_unattended()):
            click.confirm("Make this?", abort=True, err=True)
        for step in missing:
            s3.make(step)
        session.console.say(f"{bucket.name} is ready; Terraform finds it with the next plan.")


def _text(found: tuple[BootstrapStep, ...]) -> str:
    signs = {True: "✓", False: "+", None: "+"}
    return "\n".join(f"{signs[step.there]} {step.what}\n    {shlex.join(step.command)}" for step in found)

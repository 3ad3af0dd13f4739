"""`kubestack image promote`."""

from __future__ import annotations

from typing import Any

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.image_options import deliver, destination, destination_options
from kubestack_py.cli.options import complete_environment


@click.command("promote")
@click.argument("app")
@click.option(
    "--from",
    "source",
    metavar="ENV",
    default="",
    help="Where they were verified.  [default: the one before --to]",
    shell_complete=complete_environment,
)
@click.option(
    "--to",
    "target",
    metavar="ENV",
    required=True,
    help="The environment that gets them.",
    shell_complete=complete_environment,
)
@destination_options
def promote(*, app: str, source: str, target: str, **options: Any) -> None:
    """Give an environment exactly the images that another one has verified.

    They are read from the commit of the newest evidence that says so, not from the files of today. Without
    such evidence the command is refused, as the gate would, with exit code 5.

    \b
    Examples:
      kubestack image promote web --from ops --to apps --dry-run
      kubestack image promote web --to apps --branch --push
    """
    from kubestack_py.runner.image_promoting import verified_images
    from kubestack_py.runner.imaging import application

    where = destination(**options)
    with open_session() as session:
        into = session.environment(target)
        before = session.platform.before(into)
        if not source and before is None:
            raise click.UsageError(f"{target} is the first environment: nothing is verified before it.")
        start = session.environment(source or (before.name if before else ""))
        if start == into:
            raise click.UsageError("--from and --to are the same environment.")
        session.synchronise_if_possible()
        changes, record = verified_images(session, application(session, app), start, into)
        session.console.say(f"{start.name} verified {record.commit[:8]} at {record.at[:19]}Z.")
        deliver(session, changes, where)

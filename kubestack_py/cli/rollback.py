"""`kubestack rollback`."""

from __future__ import annotations

import click

from kubestack_py.cli.context import open_session
from kubestack_py.cli.options import complete_environment, output_option


@click.command()
@click.argument("environment", metavar="ENV", shell_complete=complete_environment)
@click.option("--to", metavar="COMMIT", help="Whose content to restore.  [default: the delivery before]")
@click.option("--push", is_flag=True, help="Push the branch, ready for a pull request.")
@output_option
def rollback(*, environment: str, to: str | None, push: bool, output: str) -> None:
    """Prepare the way back to what an environment ran before: a branch with one commit, ready to be merged.

    The commit restores the files of every stack that differs, on top of the default branch. Settings,
    pipelines and everything else outside of stacks stay as they are, and so do stacks that the older
    commit did not have. Nothing is applied, and your work tree is not touched: once merged, the
    older content goes through all environments, as every change does.

    \b
    Examples:
      kubestack rollback apps
      kubestack rollback apps --push
      kubestack rollback apps --to apps-deploy-2026-01-31-1 -o json
    """
    from kubestack_py.report.environments import rollback_steps, rollback_text
    from kubestack_py.report.json import dump, plain
    from kubestack_py.runner.rolling_back import prepare_rollback

    with open_session() as session:
        console = session.console
        prepared = prepare_rollback(session, session.environment(environment), to, push=push)
        console.data(dump(plain(prepared)) if output == "json" else rollback_text(prepared, console.paint))
        if not prepared.delivered:
            console.warn(f"{prepared.target[:8]} was never delivered to {environment} as a whole")
        first = session.platform.first.name
        console.say(rollback_steps(prepared, first))

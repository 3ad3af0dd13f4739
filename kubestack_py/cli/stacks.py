"""`kubestack plan`, `kubestack apply` and `kubestack verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kubestack_py.cli.context import is_unattended, open_session
from kubestack_py.cli.options import (
    environment_option,
    output_option,
    override_options,
    overrides_from,
    parallel_option,
    stacks_argument,
)
from kubestack_py.cli.outcomes import finish, show

if TYPE_CHECKING:
    from kubestack_py.model.outcome import EnvironmentOutcome
    from kubestack_py.runner.session import Session


@click.command()
@stacks_argument
@environment_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 4 when there is something to do.")
@parallel_option
@output_option
def plan(
    *,
    stacks: tuple[str, ...],
    environment: str | None,
    parallel: int | None,
    output: str,
    detailed_exitcode: bool,
) -> None:
    """Show what applying would do to an environment. Applies nothing, and works with uncommitted changes.

    \b
    Examples:
      kubestack plan
      kubestack plan -e apps infra
      kubestack plan -e apps -o json --detailed-exitcode
    """
    from kubestack_py.runner.planning import plan_environment

    with open_session(parallel) as session:
        chosen = session.environment(environment)
        selected = session.select(stacks)
        session.synchronise_if_possible()
        outcome = plan_environment(session, chosen, selected)
        show(session.console, outcome, output)
        finish(outcome, pending_is_an_exit_code=detailed_exitcode)


@click.command()
@stacks_argument
@environment_option
@click.option("--all", "everything", is_flag=True, help="Also stacks whose content is in place already.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask. Nothing is asked in CI or without a terminal.")
@override_options
@parallel_option
@output_option
def apply(
    *,
    stacks: tuple[str, ...],
    environment: str | None,
    everything: bool,
    yes: bool,
    override: tuple[str, ...],
    reason: str,
    parallel: int | None,
    output: str,
) -> None:
    """Apply the checked-out commit to an environment, once the gate has let it pass.

    Plans first and applies exactly those plans. Stacks whose content is in place are left alone.
    The work tree has to be clean: only what is in Git is applied.

    \b
    Examples:
      kubestack apply
      kubestack apply -e ops manifests/web --yes
      kubestack apply -e apps --all
    """
    from kubestack_py.runner.applying import ApplyRequest, apply_environment

    with open_session(parallel) as session:
        request = ApplyRequest(
            environment=session.environment(environment),
            stacks=session.select(stacks),
            everything=everything or bool(stacks),
            verify=False,
            overrides=overrides_from(override, reason),
            confirm=lambda outcome: _confirm(session, outcome, unasked=yes),
        )
        outcome = apply_environment(session, request)
        show(session.console, outcome, output)
        finish(outcome)


@click.command()
@stacks_argument
@environment_option
@parallel_option
@output_option
def verify(*, stacks: tuple[str, ...], environment: str | None, parallel: int | None, output: str) -> None:
    """Verify what was applied, and record it: this is what the next environment's gate asks for.

    Planning again has to find nothing to do, Terraform checks have to pass, and the platform's own
    commands (verify.commands in kubestack.yaml) have to succeed.

    \b
    Examples:
      kubestack verify
      kubestack verify -e apps infra
    """
    from kubestack_py.runner.reverify import verify_environment

    with open_session(parallel) as session:
        outcome = verify_environment(session, session.environment(environment), session.select(stacks))
        show(session.console, outcome, output)
        finish(outcome)


def _confirm(session: Session, outcome: EnvironmentOutcome, *, unasked: bool) -> bool:
    from kubestack_py.report.text import outcome_text

    session.console.say(outcome_text(outcome, session.console.paint))
    if unasked or is_unattended() or not outcome.pending:
        return True
    return click.confirm(f"Apply this to {outcome.environment}?", err=True)

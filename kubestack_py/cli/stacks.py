"""`kubestack plan`, `kubestack apply` and `kubestack verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kubestack_py.cli.context import event_of_ci, is_unattended, open_session, refuse_pull_requests
from kubestack_py.cli.options import (
    FILE,
    environment_option,
    output_option,
    override_options,
    overrides_from,
    parallel_option,
    stacks_argument,
)
from kubestack_py.cli.outcomes import finish, show

if TYPE_CHECKING:
    from pathlib import Path

    from kubestack_py.model.outcome import EnvironmentOutcome
    from kubestack_py.runner.restoring import Restoration
    from kubestack_py.runner.session import Session


@click.command()
@stacks_argument
@environment_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 4 when there is something to do.")
@click.option(
    "--save",
    metavar="FILE",
    type=FILE,
    help="Save the plans of this commit in a file, for `kubestack apply FILE` in another job.",
)
@parallel_option
@output_option
def plan(
    *,
    stacks: tuple[str, ...],
    environment: str | None,
    save: Path | None,
    parallel: int | None,
    output: str,
    detailed_exitcode: bool,
) -> None:
    """Show what applying would do to an environment. Applies nothing, and works with uncommitted changes.

    In the CI of a pull request, the settings of its target decide, not its own.

    Saved plans are bound to this commit, ref, environment, workspace, backend, state, lock file and tool
    version; where one of them differs they are not applied. The file is encrypted with the key in the
    file that KUBESTACK_PLAN_KEY_FILE names (make one: openssl rand -base64 32). Without a key, plans with
    sensitive values are not saved, and whoever can write to the file can put other plans into it.

    \b
    Examples:
      kubestack plan
      kubestack plan -e apps infra
      kubestack plan -e apps -o json --detailed-exitcode
      kubestack plan -e apps --save apps.plans
    """
    from kubestack_py.runner.bound import plan_and_save
    from kubestack_py.runner.planning import plan_environment
    from kubestack_py.runner.pull_request import planning_session

    with open_session(parallel) as opened:
        session = planning_session(opened, event_of_ci())
        chosen = session.environment(environment)
        selected = session.select(stacks)
        session.synchronise_if_possible()
        if save:
            outcome = plan_and_save(session, chosen, selected, save)
        else:
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

    Plans first and applies exactly those plans; stacks whose content is in place are left alone. The work
    tree has to be clean. In place of stacks, a file of `kubestack plan --save` may be named: exactly the
    plans in it are applied, if all they rest on is still the same.

    \b
    Examples:
      kubestack apply
      kubestack apply -e ops manifests/web --yes
      kubestack apply apps.plans
    """
    from kubestack_py.runner.applying import ApplyRequest, apply_environment

    refuse_pull_requests("applied")
    with open_session(parallel) as session:
        saved = _saved_plans(session, stacks, everything=everything)
        request = ApplyRequest(
            environment=session.environment(environment or (saved.saved.environment if saved else None)),
            stacks=session.select(saved.stacks if saved else stacks),
            everything=everything or bool(stacks and not saved),
            verify=False,
            overrides=overrides_from(override, reason),
            confirm=lambda outcome: _confirm(session, outcome, unasked=yes),
            saved=saved,
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

    refuse_pull_requests("verified")
    with open_session(parallel) as session:
        outcome = verify_environment(session, session.environment(environment), session.select(stacks))
        show(session.console, outcome, output)
        finish(outcome, action="verification")


def _saved_plans(session: Session, names: tuple[str, ...], *, everything: bool) -> Restoration | None:
    """The plans of the file that the arguments of an apply name, None where they name stacks: directories."""
    from kubestack_py.runner.bound import read_saved

    known = {stack.path for stack in session.stacks}
    files = [name for name in names if name not in known and (session.place.start / name).is_file()]
    if files and len(names) > 1:
        raise click.UsageError(f"{files[0]} is a file; saved plans are applied alone, without stacks.")
    if files and everything:
        raise click.UsageError("--all belongs to stacks; saved plans are applied as they are.")
    return read_saved(session, session.place.start / files[0]) if files else None


def _confirm(session: Session, outcome: EnvironmentOutcome, *, unasked: bool) -> bool:
    from kubestack_py.report.text import outcome_text

    session.console.say(outcome_text(outcome, session.console.paint))
    if unasked or is_unattended() or not outcome.pending:
        return True
    return click.confirm(f"Apply this to {outcome.environment}?", err=True)

"""`kubestack policy list`, `show` and `check`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click

from kubestack_py.cli.context import event_of_ci, open_console, open_session
from kubestack_py.cli.lazy import Group
from kubestack_py.cli.options import any_environment_option, output_option, parallel_option

if TYPE_CHECKING:
    from kubestack_py.model.policy import PolicyRule


@click.group(cls=Group)
def policy() -> None:
    """Look at the policies, and ask them."""


@policy.command("list")
@output_option
def list_(*, output: str) -> None:
    """List the rules with their mode in every environment.

    \b
    Examples:
      kubestack policy list
      kubestack policy list -o json
    """
    from kubestack_py.report.json import dump
    from kubestack_py.report.policy import rule_rows, rules_value
    from kubestack_py.report.tables import render
    from kubestack_py.runner.policing import rules_with_modes

    with open_session() as session:
        rules = rules_with_modes(session)
        if output == "json":
            session.console.data(dump(rules_value(rules)))
            return
        names = [environment.name for environment in session.platform.environments]
        width = max(100, shutil.get_terminal_size((140, 24)).columns)
        rows = rule_rows(rules)
        session.console.data(
            render(("Rule", *names, "What it asks"), rows, color=session.console.color, width=width)
        )


@policy.command()
@click.argument("rule")
def show(*, rule: str) -> None:
    """Explain a rule: why it is there, what to do about it, and how to waive it.

    \b
    Examples:
      kubestack policy show protected-resources
    """
    from kubestack_py.report.policy import rule_text

    console = open_console()
    console.data(rule_text(_rule(rule), console.paint))


@policy.command()
@any_environment_option
@parallel_option
@output_option
def check(*, environment: str | None, parallel: int | None, output: str) -> None:
    """Ask the policies about what the overlays render, without credentials, state or a cloud.

    Rules about changes need a plan: `kubestack plan` and `run` ask all of them. Ends with 5 where a
    violation blocks.

    \b
    Examples:
      kubestack policy check
      kubestack policy check -e apps -o json
    """
    from kubestack_py.errors import RefusedError
    from kubestack_py.report.json import dump, plain
    from kubestack_py.report.text import policy_lines
    from kubestack_py.runner.policing import police_manifests
    from kubestack_py.runner.pull_request import planning_session

    with open_session(parallel) as opened:
        session = planning_session(opened, event_of_ci())
        platform = session.platform
        chosen = [session.environment(environment)] if environment else platform.environments
        found = {item.name: police_manifests(session, item, session.stacks) for item in chosen}
        if output == "json":
            session.console.data(dump({"environments": {name: plain(item) for name, item in found.items()}}))
        else:
            for name, findings in found.items():
                session.console.data(f"{name}: {len(findings) or 'no'} violation{'s'[: len(findings) != 1]}")
                for line in policy_lines(findings, session.console.paint):
                    session.console.data(line)
        blocked = [name for name, findings in found.items() if any(item.blocks for item in findings)]
        if blocked:
            raise RefusedError(
                f"policies block {' and '.join(blocked)}",
                hint="kubestack policy show RULE explains each rule, and how to waive it.",
            )


def _rule(name: str) -> PolicyRule:
    """The built-in rule, or the platform's own, of that name."""
    from kubestack_py.errors import UsageError
    from kubestack_py.policy.rules import RULES

    if name in RULES:
        return RULES[name]
    with open_session() as session:
        own = {item.rule.id: item.rule for item in session.own_rules}
    if name not in own:
        known = ", ".join([*RULES, *own])
        raise UsageError(f"there is no rule {name!r}", hint=f"Known: {known}")
    return own[name]

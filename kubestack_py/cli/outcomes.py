"""Show an outcome, and end the command with the exit code that it deserves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.errors import PendingChangesError, RefusedError, RunFailedError
from kubestack_py.model.decision import Action
from kubestack_py.system.interrupts import interrupts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.outcome import EnvironmentOutcome, RunReport
    from kubestack_py.system.console import Console


def show(console: Console, outcome: EnvironmentOutcome, output: str) -> None:
    """The outcome on standard output, as text or JSON."""
    if output == "json":
        from kubestack_py.report.json import dump, outcome_value

        console.data(dump(outcome_value(outcome)))
    else:
        from kubestack_py.report.text import outcome_text

        console.data(outcome_text(outcome, console.paint))


def show_all(console: Console, outcomes: Sequence[EnvironmentOutcome], output: str) -> None:
    """The outcomes of several environments on standard output."""
    if output == "json":
        from kubestack_py.report.json import dump, outcome_value

        console.data(dump({"environments": [outcome_value(outcome) for outcome in outcomes]}))
    else:
        for outcome in outcomes:
            show(console, outcome, output)


def finish_all(outcomes: Sequence[EnvironmentOutcome]) -> None:
    """Like `finish` for several environments: a failure wins over drift, which names all of them."""
    interrupts.check()
    for outcome in outcomes:
        if outcome.failed:
            finish(outcome)
    drifted = [outcome.environment for outcome in outcomes if outcome.pending]
    if drifted:
        raise PendingChangesError(
            f"changed without a commit: {' and '.join(drifted)}",
            hint="Undo it: kubestack apply -e ENV --all. Or commit it, to keep it.",
        )


def succeeded(report: RunReport) -> bool:
    """Whether the run will end well: nothing failed, nothing was refused, and the settings are in order."""
    wrong = report.settings is not None and bool(report.settings.findings)
    bad = any(outcome.failed or outcome.refused for outcome in report.environments)
    return not (report.refusal or wrong or bad)


def finish(outcome: EnvironmentOutcome, *, action: str = "", pending_is_an_exit_code: bool = False) -> None:
    """Raise the error whose exit code tells how it went; return where all is well.

    `action` is what was asked for, where that is not the action of the outcome.
    """
    interrupts.check()
    if outcome.refused and outcome.verdict:
        number = len(outcome.verdict.refusals)
        raise RefusedError(
            f"the gate refused {outcome.commit[:8]} for {outcome.environment}: "
            f"{number} reason{'s' if number != 1 else ''} above",
        )
    if outcome.failed:
        failed = [stack.stack for stack in outcome.stacks if stack.failed]
        failed += [result.name for result in outcome.commands if not result.passed]
        raise RunFailedError(
            f"{action or outcome.action} of {outcome.environment} failed: {', '.join(failed)}",
            hint="Mend the cause and run the same command again: what succeeded is not done twice.",
        )
    if outcome.pending and outcome.action is Action.DRIFT:
        raise PendingChangesError(
            f"{outcome.environment} has drifted: it was changed without a commit",
            hint=f"Undo it: kubestack apply -e {outcome.environment} --all. Or commit it, to keep it.",
        )
    if outcome.pending and pending_is_an_exit_code:
        raise PendingChangesError(f"{outcome.environment} has changes pending")

"""`kubestack update`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kubestack_py.cli.context import is_unattended, open_session
from kubestack_py.cli.editing import dry_run_option

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kubestack_py.runner.session import Session
    from kubestack_py.scaffold.record import Record
    from kubestack_py.scaffold.update import Update

_WORDS = {"A": "added", "D": "removed", "M": "changed"}


@click.command()
@dry_run_option
@click.option("--to", "version", metavar="VERSION", help="Another version than this program's own.")
@click.option(
    "--answer",
    "answers",
    metavar="NAME=VALUE",
    multiple=True,
    help="Answer a question of the templates anew; may be given several times.",
)
@click.option("--no-input", is_flag=True, help="Ask nothing; take defaults for questions that are new.")
def update(*, dry_run: bool, version: str | None, answers: tuple[str, ...], no_input: bool) -> None:
    """Bring the platform to the templates of this version, keeping what your team changed.

    The platform is rendered from the templates it was made from and from the new ones, with its recorded
    answers and additions, and the difference is merged into your files: edits follow files that were
    renamed, and what you deleted stays deleted. Where both changed the same lines, the place is marked as
    Git does it, and the exit code is 1. The result is staged, not committed.

    \b
    Examples:
      kubestack update --dry-run
      kubestack update
      kubestack update --answer domain=platform.example.com
    """
    from kubestack_py.runner.updating import accept, prepare_update, prove_valid, refuse_conflicts

    given = _parsed(answers)
    with open_session() as session:
        ready = prepare_update(session, version, _answers(given, ask=not no_input and not is_unattended()))
        if ready is None:
            session.console.say("There is nothing to do: the platform is up to date.")
            return
        _say(session, ready)
        if dry_run:
            session.console.data(_diff(session, ready))
            refuse_conflicts(ready, "nothing was changed")
            return
        accept(session, ready)
        marked = {path for conflict in ready.conflicts for path in conflict.paths}
        for path in sorted(ready.changed.keys() | marked):
            word = "conflict" if path in marked else _WORDS[ready.changed[path]]
            session.console.data(f"{word} {path}")
        refuse_conflicts(ready, "marked in the work tree")
        prove_valid(session)
        session.console.say(
            "The platform is valid. Look at the update with `git diff --staged`, then `git commit` it."
        )


def _parsed(answers: tuple[str, ...]) -> dict[str, object]:
    pairs = [answer.partition("=") for answer in answers]
    if any(not name or not divider for name, divider, _ in pairs):
        raise click.UsageError("--answer takes NAME=VALUE.")
    return {name: value for name, _, value in pairs}


def _answers(given: Mapping[str, object], *, ask: bool) -> Callable[[Record], Mapping[str, object]]:
    """What answers the questions that are new: the user, where there is one."""

    def answers(record: Record) -> Mapping[str, object]:
        from kubestack_py.cli.new import ask_one
        from kubestack_py.scaffold.update import open_questions

        if not ask:
            return given
        known = {"name": "", **record.answers, **given}
        new = {item.name: ask_one(item, known, record.template) for item in open_questions(record, given)}
        return {**given, **new}

    return answers


def _say(session: Session, ready: Update) -> None:
    newer = f"From the templates of {ready.before} to those of {ready.after}."
    session.console.say(newer if ready.before != ready.after else "The same templates, with other answers.")
    for note in ready.notes:
        session.console.say(note)
    for path in ready.stay_deleted:
        session.console.say(f"{path} stays deleted, though the templates changed it.")


def _diff(session: Session, ready: Update) -> str:
    options = ("--no-color", "--no-ext-diff", "--no-textconv", "--find-renames")
    return session.git.call("diff", *options, "HEAD", ready.tree).text.removesuffix("\n")

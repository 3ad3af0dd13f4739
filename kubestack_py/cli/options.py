"""Options that several commands share, each defined once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.shell_completion import CompletionItem


class PathFromStart(click.Path):
    """A path that begins where `kubestack -C` says, as all that the command does."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The whole path."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        start: Path = ctx.find_root().params.get("start", Path()) if ctx else Path()
        return start.absolute() / path


FILE = PathFromStart(dir_okay=False, path_type=Path)
DIRECTORY = PathFromStart(file_okay=False, path_type=Path)
parent_option = click.option(
    "--directory", type=DIRECTORY, default=Path(), help="Write DIRECTORY/NAME.  [default: here]"
)


def output_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`-o text|json`."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="json goes to standard output, everything else to standard error.",
    )(function)


def environment_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`-e ENV`, completed from kubestack.yaml."""
    return click.option(
        "-e",
        "--environment",
        metavar="ENV",
        help="The environment; the first of the promotion chain when left out.",
        shell_complete=complete_environment,
    )(function)


def any_environment_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`-e ENV` for commands that look at every environment without it."""
    return click.option(
        "-e",
        "--environment",
        metavar="ENV",
        help="One environment; all of them when left out.",
        shell_complete=complete_environment,
    )(function)


def stacks_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """`[STACK]...`, completed from the repository."""
    return click.argument("stacks", metavar="[STACK]...", nargs=-1, shell_complete=complete_stack)(function)


def parallel_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--parallel N`."""
    return click.option(
        "--parallel",
        type=click.IntRange(1, 64),
        envvar="KUBESTACK_PARALLEL",
        help="How many stacks run at once.  [default: twice the cores]",
    )(function)


def event_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--event`, `--ref` and `--target`: the event, where neither CI nor the checkout should say it."""
    for option in (
        click.option(
            "--target", metavar="BRANCH", default="", help="The branch a pull request wants to reach."
        ),
        click.option("--ref", metavar="REF", default="", help="Full name: refs/heads/… or refs/tags/…"),
        click.option(
            "--event",
            type=click.Choice(["push", "pull_request", "schedule", "manual"]),
            help="What happened; a push when only --ref is given.",
        ),
    ):
        function = option(function)
    return function


def override_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--override CHECK --reason TEXT`: let named checks of the gate pass."""
    from kubestack_py.promotion.overrides import OVERRIDABLE

    for option in (
        click.option("--reason", metavar="TEXT", default="", help="Why; goes into the evidence."),
        click.option(
            "--override",
            type=click.Choice(OVERRIDABLE),
            multiple=True,
            help="Let this check of the gate pass though it fails; may be given several times.",
        ),
    ):
        function = option(function)
    return function


def overrides_from(checks: tuple[str, ...], reason: str) -> dict[str, str]:
    """The reason by the name of the check; a reason is asked for, and is good for nothing alone."""
    if checks and not reason.strip():
        raise click.UsageError("--override needs a --reason; it becomes part of the evidence.")
    if reason and not checks:
        raise click.UsageError("--reason belongs to --override.")
    return dict.fromkeys(checks, " ".join(reason.split()))


def complete_environment(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of environments."""
    return _complete(ctx, incomplete, lambda session: [item.name for item in session.platform.environments])


def complete_stack(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Paths of stacks."""
    return _complete(ctx, incomplete, lambda session: [stack.path for stack in session.stacks])


def _complete(ctx: click.Context, incomplete: str, names: Callable[[Any], list[str]]) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from kubestack_py.errors import KubestackError
    from kubestack_py.runner.session import Session, Workplace
    from kubestack_py.system.console import Console

    start = ctx.find_root().params.get("start") or Path.cwd()
    place = Workplace(start=start, console=Console(quiet=True), cache=Path(), scratch=Path())
    try:
        return [CompletionItem(name) for name in names(Session(place)) if name.startswith(incomplete)]
    except KubestackError:
        return []

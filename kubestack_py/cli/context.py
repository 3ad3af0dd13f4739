"""From the process to a `Session`: environment, terminal, caches. The only reader of the environment here."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kubestack_py.errors import UsageError
from kubestack_py.system.files import cache_directory, scratch_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kubestack_py.model.event import Event
    from kubestack_py.runner.session import Session
    from kubestack_py.system.console import Console


def open_console() -> Console:
    """The terminal of this command."""
    console: Console = click.get_current_context().find_root().obj["console"]
    return console


@contextmanager
def open_session(parallel: int | None = None) -> Iterator[Session]:
    """A session in the directory the command was started in; its scratch directory goes at the end."""
    from kubestack_py.ci.detect import detect
    from kubestack_py.runner.session import Session, Workplace, default_parallel
    from kubestack_py.terraform.environment import repository_tokens, scrub

    given = click.get_current_context().find_root().obj
    console = open_console()
    tool_env, dropped = scrub(os.environ)
    if dropped:
        console.warn(f"ignored from the environment: {', '.join(dropped)} (they could redirect a run)")
    event = detect(os.environ)
    with scratch_directory("run") as scratch:
        yield Session(
            Workplace(
                start=given["start"],
                engine=given["engine"],
                console=console,
                cache=cache_directory(dict(os.environ)),
                scratch=scratch,
                tool_env=tool_env,
                host_tokens=repository_tokens(os.environ) if event or os.environ.get("CI") else (),
                parallel=parallel or default_parallel(),
                actor=(event.actor if event else "") or os.environ.get("USER", ""),
                url=event.url if event else "",
                ref=event.ref if event else "",
                lock_seconds=_lock_seconds(os.environ),
                signing_key=_path(os.environ.get("KUBESTACK_SIGNING_KEY")),
                plan_key=_path(os.environ.get("KUBESTACK_PLAN_KEY_FILE")),
            )
        )


def _path(name: str | None) -> Path | None:
    return Path(name) if name else None


def _lock_seconds(environ: Mapping[str, str]) -> int:
    """How long a Terraform state lock is waited for: `KUBESTACK_LOCK_TIMEOUT`, in whole seconds."""
    from kubestack_py.terraform.environment import LOCK_SECONDS

    text = environ.get("KUBESTACK_LOCK_TIMEOUT") or str(LOCK_SECONDS)
    if not (text.isascii() and text.isdigit()):
        raise UsageError(
            f"KUBESTACK_LOCK_TIMEOUT is {text!r}",
            hint="Give it whole seconds, such as 600; 60 is the default.",
        )
    return int(text)


def event_of(session: Session, event: str | None, ref: str, target: str) -> Event:
    """The event that the options describe, else the CI variables, else the checkout."""
    from kubestack_py.model.event import EventKind
    from kubestack_py.runner.events import event_from_options

    kind = EventKind(event) if event else None
    return event_from_options(kind=kind, ref=ref, target=target, environ=dict(os.environ), git=session.git)


def event_of_ci() -> Event | None:
    """The event that CI works on; None outside of CI."""
    from kubestack_py.runner.events import event_of_ci as told_by

    return told_by(dict(os.environ))


def refuse_pull_requests(what: str) -> None:
    """Raise `RefusedError` where CI works on a pull request: it is never applied, verified, …"""
    from kubestack_py.runner.pull_request import refuse_on_pull_request

    refuse_on_pull_request(event_of_ci(), what)


def is_unattended() -> bool:
    """True where nobody can answer a question: in CI, or without a terminal."""
    return bool(os.environ.get("CI")) or not sys.stdin.isatty()


def warn_of_broken_files(session: Session) -> None:
    """Say which Terraform files cannot be read whole, where a command shows what is written in them."""
    from kubestack_py.scaffold.inventory import broken_files

    for place in broken_files(session.root, session.stacks, session.place.cache):
        session.console.warn(f"{place}: not valid, so something may be missing here: kubestack validate")

"""The comment on the pull request, for `kubestack run`: where CI tells of one and there is a token."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from kubestack_py.errors import HostError, UsageError
from kubestack_py.model.event import EventKind
from kubestack_py.model.review import LIMITS
from kubestack_py.system.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kubestack_py.ci.hosts.review import Review
    from kubestack_py.model.event import Event
    from kubestack_py.model.outcome import RunReport
    from kubestack_py.model.review import Place
    from kubestack_py.runner.reviewing import Reviewing
    from kubestack_py.runner.session import Session
    from kubestack_py.system.console import Console

SUMMARY_LIMIT = 340_000  # UTF-16 units: less than the mebibyte that GitHub takes, whatever the language
FILE_LIMIT = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the options ask for. `comment` is None where they leave it to what CI tells."""

    comment: bool | None = None
    required: bool = False
    label: bool = False
    status: bool = False
    file: Path | None = None


def comment_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--comment`, `--require-comment`, `--comment-file`, `--label` and `--status`."""
    import pathlib

    for option in (
        click.option("--status", is_flag=True, help="Set the commit status kubestack/plan as well."),
        click.option(
            "--label", is_flag=True, help="Label the pull request add-or-update, destroy or no-changes."
        ),
        click.option(
            "--comment-file",
            "file",
            type=click.Path(dir_okay=False, path_type=pathlib.Path),
            help="Write the comment to this file, for a host that kubestack does not know.",
        ),
        click.option(
            "--require-comment",
            "required",
            is_flag=True,
            help="Fail when the comment cannot be written; without it that is a warning.",
        ),
        click.option(
            "--comment/--no-comment",
            default=None,
            help="Comment on the pull request.  [default: where CI tells of one and there is a token]",
        ),
    ):
        function = option(function)
    return function


class Commenting:
    """What happens around a run; nothing at all where there is no pull request or no token."""

    def __init__(self, console: Console, event: Event, desk: Reviewing | None, wishes: Wishes) -> None:
        self._console = console
        self._event = event
        self._desk = desk
        self._wishes = wishes
        self._problem: HostError | None = None

    @contextmanager
    def around(self) -> Iterator[None]:
        """A plan: an older comment is outdated while it runs, and failed when it does not end."""
        desk = self._desk
        if desk is None or not desk.place.number:
            yield
            return
        self._try(desk.outdate)
        try:
            yield
        except BaseException:
            self._try(lambda: desk.failed(self._event.url))
            raise

    def finish(self, report: RunReport) -> None:
        """Show what was planned."""
        from kubestack_py.cli.outcomes import succeeded

        desk = self._desk
        if self._wishes.file:
            limit = LIMITS[desk.place.host] if desk else FILE_LIMIT
            write_atomically(self._wishes.file, self._text(report, limit).encode())
        if desk is None or not desk.place.number:
            return
        self._try(lambda: desk.planned(report))
        if self._wishes.status:
            self._try(lambda: desk.set_status(report, failed=not succeeded(report)))
        if self._wishes.label:
            self._try(lambda: desk.set_label(report))

    def check(self) -> None:
        """Raise the first `HostError` where the comment is required."""
        if self._problem and self._wishes.required:
            raise self._problem

    def summary(self, report: RunReport) -> str:
        """The run as Markdown for the summary of a job; of a pull request, the comment with more room."""
        from kubestack_py.report.comment import BODY
        from kubestack_py.report.markdown import run_markdown

        if report.event.kind is EventKind.PULL_REQUEST:
            return self._text(report, SUMMARY_LIMIT).partition(BODY)[2].lstrip()
        return self._console.masked(run_markdown(report))

    def _text(self, report: RunReport, limit: int) -> str:
        from kubestack_py.report.comment import comment, review_mark

        place = self._desk.place if self._desk else None
        number, head = (place.number, place.head) if place else (0, report.event.commit)
        mark = review_mark(report, place.repository if place else "", number=number, head=head)
        return self._console.masked(comment(report, mark, limit, self._console.masked))

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except HostError as error:
            self._problem = self._problem or error
            self._console.warn(f"the pull request was not told: {error}")


def open_commenting(session: Session, event: Event, wishes: Wishes) -> Commenting:
    """What tells the pull request of this event. Raises `UsageError` where it is asked for and cannot be."""
    return Commenting(session.console, event, _desk(session, event, wishes), wishes)


def open_review(session: Session) -> Review:
    """The repository on its host. Raises `UsageError` where CI tells of none, or holds no token."""
    from kubestack_py.ci.hosts.open import open_host
    from kubestack_py.ci.hosts.place import OWN_TOKEN, place_of
    from kubestack_py.ci.hosts.review import Review
    from kubestack_py.runner.events import event_payload

    place = place_of(os.environ, event_payload(dict(os.environ)))
    if place is None or not place.token:
        raise UsageError(
            "there is no repository on a host to keep an issue in, or no token to do it with",
            hint=f"In CI, give the job a token in {OWN_TOKEN}. Elsewhere, use --summary.",
        )
    token = os.environ[place.token]
    session.console.mask([token])
    return Review(open_host(place, token), place)


def _desk(session: Session, event: Event, wishes: Wishes) -> Reviewing | None:
    from kubestack_py.ci.hosts.place import OWN_TOKEN, place_of
    from kubestack_py.runner.events import event_payload

    told = event.source != "the command line"
    if wishes.comment is False or not (told or wishes.comment):
        return None
    place = place_of(os.environ, event_payload(dict(os.environ)))
    if place is None or not place.token:
        if wishes.comment or wishes.required:
            raise UsageError(
                "there is no pull request to comment on, or no token to do it with",
                hint=f"In CI, give the job a token in {OWN_TOKEN}. Elsewhere, use --comment-file.",
            )
        if place and place.number:
            session.console.say(f"No comment: no variable holds a token ({OWN_TOKEN} may)")
        return None
    return _opened(session, place, os.environ[place.token])


def _opened(session: Session, place: Place, token: str) -> Reviewing:
    from kubestack_py.ci.hosts.open import open_host
    from kubestack_py.ci.hosts.review import Review
    from kubestack_py.report import comment as pen
    from kubestack_py.runner.reviewing import Reviewing

    session.console.mask([token])
    review = Review(open_host(place, token), place)
    return Reviewing(review=review, place=place, pen=pen, hide=session.console.masked)

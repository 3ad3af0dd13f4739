"""The comment on the pull request, for `kubestack run`: where CI tells of one and there is a token."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from kubestack_py.errors import HostError, RefusedError, UsageError
from kubestack_py.model.decision import Action
from kubestack_py.model.event import EventKind
from kubestack_py.model.review import LIMITS, ApplyNote, ReviewState
from kubestack_py.system.files import append_text, write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kubestack_py.ci.hosts.review import Review
    from kubestack_py.model.event import Event
    from kubestack_py.model.outcome import RunReport
    from kubestack_py.model.review import Place
    from kubestack_py.runner.reviewing import Reviewing
    from kubestack_py.runner.run import Share
    from kubestack_py.runner.session import Session

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
    full_text: Path | None = None


def comment_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--comment`, `--require-comment`, `--comment-file`, `--full-text`, `--label` and `--status`."""
    import pathlib

    path = click.Path(dir_okay=False, path_type=pathlib.Path)
    for option in (
        click.option("--status", is_flag=True, help="Set the commit status kubestack/plan as well."),
        click.option(
            "--label", is_flag=True, help="Label the pull request add-or-update, destroy or no-changes."
        ),
        click.option(
            "--full-text",
            type=path,
            help="Write the text of the summary to this file, without a limit: to be kept as an artifact.",
        ),
        click.option(
            "--comment-file",
            "file",
            type=path,
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

    def __init__(self, session: Session, event: Event, desk: Reviewing | None, wishes: Wishes) -> None:
        self._session = session
        self._console = session.console
        self._event = event
        self._desk = desk
        self._wishes = wishes
        self._problem: HostError | None = None
        self._applied: dict[str, list[int]] = {}

    @contextmanager
    def around(self, share: Share) -> Iterator[None]:
        """While it runs, an older comment is outdated, or that of a merged pull request is being applied.

        Both have failed when the run does not end. A pull request of which nothing may be planned is
        left to `finish`.
        """
        self._begin(share)
        try:
            yield
        except BaseException as error:
            if isinstance(error, RefusedError) and self._event.kind is EventKind.PULL_REQUEST:
                raise
            self._broken()
            raise

    def _begin(self, share: Share) -> None:
        from kubestack_py.runner.reviewing import applied_pull_requests

        desk = self._desk
        if desk and desk.place.number:
            self._try(desk.outdate)
        elif desk:
            for name in applies(self._session, self._event, share):
                numbers: list[int] = []
                self._try(lambda: numbers.extend(applied_pull_requests(self._session, desk, name)))  # noqa: B023 - called at once
                self._applied[name] = numbers
                self._tell(name, ReviewState.APPLYING)

    def _broken(self) -> None:
        desk = self._desk
        if desk and desk.place.number:
            self._try(lambda: desk.failed(self._event.url))
        for name in self._applied:
            self._tell(name, ReviewState.FAILED)

    def _tell(self, environment: str, state: ReviewState) -> None:
        """Say of the pull requests that reach an environment how they fare there."""
        desk, numbers = self._desk, self._applied.get(environment, [])
        if desk and numbers:
            commit = self._session.git.head()
            note = ApplyNote(environment=environment, state=state, commit=commit, url=self._event.url)
            self._try(lambda: desk.applies(numbers, note))

    def finish(self, report: RunReport, summary: Path | None) -> None:
        """Show what was planned, or how merged pull requests fared; `summary` is the file of the job's."""
        from kubestack_py.cli.outcomes import succeeded

        if summary:
            append_text(summary, self.summary(report))
        for outcome in report.environments:
            if outcome.action is Action.APPLY:
                bad = outcome.failed or outcome.refused
                self._tell(outcome.environment, ReviewState.FAILED if bad else ReviewState.APPLIED)

        desk = self._desk
        if self._wishes.full_text:
            write_atomically(self._wishes.full_text, self.summary(report, sys.maxsize).encode())
        if self._wishes.file:
            limit = LIMITS[desk.place.host] if desk else FILE_LIMIT
            write_atomically(self._wishes.file, self._text(report, limit).encode())
        if desk is None or not desk.place.number:
            return
        self._try(lambda: desk.planned(report))
        if self._wishes.status:
            self._try(lambda: desk.set_status(report, failed=not succeeded(report)))
        if self._wishes.label and not report.refusal:
            self._try(lambda: desk.set_label(report))

    def check(self) -> None:
        """Raise the first `HostError` where the comment is required."""
        if self._problem and self._wishes.required:
            raise self._problem

    def summary(self, report: RunReport, limit: int = SUMMARY_LIMIT) -> str:
        """The run as Markdown for the summary of a job; of a pull request, the comment with more room."""
        from kubestack_py.report.comment import BODY
        from kubestack_py.report.drift import drift_text
        from kubestack_py.report.markdown import run_markdown

        if any(outcome.action is Action.DRIFT for outcome in report.environments):
            text = drift_text(report.environments, SUMMARY_LIMIT, self._console.masked)
            return self._console.masked(f"## Drift\n\n{text}")
        if report.event.kind is EventKind.PULL_REQUEST:
            return self._text(report, limit).partition(BODY)[2].lstrip()
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


def applies(session: Session, event: Event, share: Share) -> list[str]:
    """The environments that this run will apply."""
    from kubestack_py.promotion.resolve import resolve

    if event.kind is EventKind.PULL_REQUEST:
        return []
    decisions = resolve(session.platform, event).decisions
    return [item.environment for item in decisions if item.action is Action.APPLY and share.has(item)]


def open_commenting(session: Session, event: Event, wishes: Wishes) -> Commenting:
    """What tells the pull request of this event. Raises `UsageError` where it is asked for and cannot be."""
    return Commenting(session, event, _desk(session, event, wishes), wishes)


def open_review(session: Session) -> Review:
    """The repository on its host. Raises `UsageError` where CI tells of none, `HostError` without a token."""
    from kubestack_py.ci.hosts.place import OWN_TOKEN, place_of
    from kubestack_py.runner.events import event_payload

    place = place_of(os.environ, event_payload(dict(os.environ)))
    if place is None:
        raise UsageError(
            "there is no repository on a host to keep an issue in",
            hint="Outside of CI, use --summary.",
        )
    if not place.token:
        raise HostError("no variable holds a token", hint=f"Give the job one in {OWN_TOKEN}.")
    return _review(session, place)


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
            why = "a fork gets none that may write" if event.fork else f"{OWN_TOKEN} may"
            session.console.say(f"No comment: no variable holds a token ({why})")
        return None
    return _opened(session, place)


def _opened(session: Session, place: Place) -> Reviewing:
    from kubestack_py.report import comment as pen
    from kubestack_py.runner.reviewing import Reviewing

    review = _review(session, place)
    if place.number and not place.head:
        place = replace(place, head=_head(session, review, place.number))
    return Reviewing(review=review, place=place, pen=pen, hide=session.console.masked)


def _head(session: Session, review: Review, number: int) -> str:
    """The commit of a pull request that is checked out: as it is, or merged into its target by the CI."""
    here = session.git.call("rev-list", "--parents", "--max-count=1", "HEAD", "--").text.split()
    try:
        newest = review.head(number)
    except HostError:
        newest = ""  # whatever comes next will say why
    return next((commit for commit in here if newest and commit.startswith(newest)), here[0])


def _review(session: Session, place: Place) -> Review:
    """The API of a place whose token is known; the token is masked from now on."""
    from kubestack_py.ci.hosts.open import open_host
    from kubestack_py.ci.hosts.review import Review

    token = os.environ[place.token]
    session.console.mask([token])
    return Review(open_host(place, token), place)

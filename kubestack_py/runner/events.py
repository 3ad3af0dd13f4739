"""Where the event comes from: the command line, the CI variables, or the checkout."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubestack_py.ci.detect import detect
from kubestack_py.errors import RefusedError, UsageError
from kubestack_py.model.event import BRANCH_PREFIX, TAG_PREFIX, Event, EventKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.system.git import Git


def event_from_options(
    *, kind: EventKind | None, ref: str, target: str, environ: Mapping[str, str], git: Git
) -> Event:
    """The event to act on. What the options say wins over CI variables, those over the checkout."""
    if ref or kind:
        detected = event_of_ci(environ) or Event(kind=EventKind.OTHER)
        event = Event(
            kind=kind or EventKind.PUSH,
            ref=ref,
            target=target,
            fork=detected.fork,
            actor=detected.actor,
            url=detected.url,
        )
        return _checked(event)
    if target:
        raise UsageError(
            "--target belongs to a pull request", hint="Add --event pull_request --ref refs/heads/…"
        )
    return event_of_ci(environ) or event_of_checkout(git)


def event_of_ci(environ: Mapping[str, str]) -> Event | None:
    """The event that the CI variables tell, None outside of CI.

    Raises `RefusedError` for one on which a contributor's code would run with the rights of the target.
    """
    event = detect(environ, event_payload(environ))
    if event and event.borrowed:
        raise RefusedError(
            f"the event {event.name} is refused: it has the secrets and the token of the target branch, "
            "and would run a contributor's code with them",
            hint="Run the workflow on `pull_request`: with rights to read, and none for forks.",
        )
    return event


def event_of_checkout(git: Git) -> Event:
    """The push that the checked-out branch stands for."""
    branch = git.current_branch()
    if branch is None:
        raise UsageError(
            "HEAD is detached, so the checkout does not say which branch or tag this is",
            hint="Name it: --ref refs/heads/BRANCH or --ref refs/tags/TAG.",
        )
    return Event(kind=EventKind.PUSH, ref=BRANCH_PREFIX + branch, source="the checkout")


def _checked(event: Event) -> Event:
    if event.kind is EventKind.PULL_REQUEST and not event.target:
        raise UsageError("a pull request needs the branch it wants to reach", hint="Add --target main.")
    if event.target and event.kind is not EventKind.PULL_REQUEST:
        raise UsageError("--target belongs to a pull request", hint="Add --event pull_request.")
    if event.kind is EventKind.PUSH and not event.ref:
        raise UsageError("a push needs a ref", hint="Add --ref refs/heads/BRANCH or --ref refs/tags/TAG.")
    for name in (event.ref, event.target):
        if not name.isprintable():
            raise UsageError(
                f"{name!r} cannot be the name of a ref", hint="A ref name holds no control characters."
            )
    if event.ref and not event.ref.startswith("refs/"):
        raise UsageError(
            f"{event.ref!r} is no full ref name",
            hint=f"Write {BRANCH_PREFIX}{event.ref} for a branch or {TAG_PREFIX}{event.ref} for a tag.",
        )
    return replace(event, target=event.target.removeprefix(BRANCH_PREFIX))


def event_payload(environ: Mapping[str, str]) -> Mapping[str, Any] | None:
    """The event file that GitHub writes, when there is one."""
    path = environ.get("GITHUB_EVENT_PATH")
    if not path or not Path(path).is_file():
        return None
    try:
        value = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"the event file {path} cannot be read: {error}") from error
    return value if isinstance(value, dict) else None

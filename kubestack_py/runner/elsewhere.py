"""What building the overlays of a pull request would fetch: only what its target fetches, or allows.

A base or a chart can be at any address, which a pull request would make the job ask: one inside of its
network, or one that learns of the job. The same goes for `validate`, also for a fork.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from kubestack_py.errors import KubestackError
from kubestack_py.kustomize.elsewhere import UNREADABLE, from_elsewhere
from kubestack_py.model.event import EventKind
from kubestack_py.model.finding import Finding
from kubestack_py.model.platform import SETTINGS_FILE, StackKind
from kubestack_py.model.pull_request_settings import PullRequestSettings
from kubestack_py.runner.content import CommitContent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kubestack_py.model.closure import Unfollowed
    from kubestack_py.model.event import Event
    from kubestack_py.model.platform import Stack
    from kubestack_py.runner.content import Content
    from kubestack_py.runner.session import Session

_VERSION = re.compile(r"([?&])(?:ref|version)=[^&]*")


def unknown_sources(
    stack: Stack, here: Content, there: Content | None, settings: PullRequestSettings
) -> Iterator[Unfollowed]:
    """What a Kustomize stack fetches `here` and not `there`, in the target, nor with leave of its settings.

    The revision does not count: it is in the diff.
    """
    known = {_address(item) for item in _sources(stack, there)} if there else set()
    for item in _sources(stack, here):
        address = _address(item)
        if address in known and (there is None or not _unreadable(item) or _same(item, here, there)):
            continue
        if not any(fnmatchcase(address, glob) for glob in settings.modules):
            yield item


def unknown_in_validation(
    session: Session, event: Event | None, stacks: Iterable[Stack], content: Content
) -> dict[str, list[Finding]]:
    """In the CI of a pull request: findings about stacks that are therefore not built, by their path."""
    if event is None or event.kind is not EventKind.PULL_REQUEST:
        return {}
    overlays = [stack for stack in stacks if stack.kind is StackKind.KUSTOMIZE and _sources(stack, content)]
    if not overlays:
        return {}
    there, settings = _target(session, event)
    found = {
        stack.path: [
            _finding(item, event.target) for item in unknown_sources(stack, content, there, settings)
        ]
        for stack in overlays
    }
    return {path: findings for path, findings in found.items() if findings}


def _target(session: Session, event: Event) -> tuple[Content | None, PullRequestSettings]:
    """What the target has and allows; nothing where it cannot be looked at."""
    from kubestack_py.runner.pull_request import resolve_event

    try:
        resolved = resolve_event(session, event)
        settings = resolved.session.platform.pull_requests if resolved.tip else PullRequestSettings()
    except KubestackError:
        return None, PullRequestSettings()
    return CommitContent(session.git, resolved.tip) if resolved.tip else None, settings


def _sources(stack: Stack, content: Content) -> tuple[Unfollowed, ...]:
    return from_elsewhere(stack.path, content.files, content.read)


def _address(item: Unfollowed) -> str:
    return _VERSION.sub("", item.target)


def _unreadable(item: Unfollowed) -> bool:
    return item.target.endswith(UNREADABLE)


def _same(item: Unfollowed, here: Content, there: Content) -> bool:
    return here.read(item.where.path) == there.read(item.where.path)


def _finding(item: Unfollowed, target: str) -> Finding:
    name = target or "the target"
    return Finding(
        check="elsewhere",
        where=item.where,
        message=f"{item.target} is not in this repository, and {name} does not have it; nothing is built",
        hint=f"look at it, then allow it on {name} first: `pull_requests` in {SETTINGS_FILE}",
    )

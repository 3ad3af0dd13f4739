"""Tags that promote: what their annotations ask for, and making the next one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kubestack_py.errors import GitError, UsageError
from kubestack_py.model.pattern import matches
from kubestack_py.promotion.overrides import OVERRIDABLE, from_annotation
from kubestack_py.promotion.tag_names import next_name
from kubestack_py.system.tags import TAGS, annotation, make_tag, push_tag, remote_tags, tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.runner.session import Session

ATTEMPTS = 20


def overrides_of_tag(session: Session, name: str, commit: str) -> dict[str, str]:
    """The checks that the annotation of a tag on this commit lets pass, with the reasons.

    A check that cannot be overridden is left out, with a warning, and so is everything when the tag
    is on another commit by now.
    """
    tagged, text = annotation(session.git, name, session.remote)
    asked = from_annotation(text) if tagged == commit else {}
    for check in asked.keys() - set(OVERRIDABLE):
        session.console.warn(f"the tag {name} asks to override {check!r}, which cannot be overridden")
    return {check: reason for check, reason in asked.items() if check in OVERRIDABLE}


class PromotionTags:
    """The tags of one pattern, here and on the remote, as they are now."""

    def __init__(self, session: Session, pattern: str) -> None:
        self._session = session
        self._pattern = pattern
        self._here = tags(session.git)
        self._there = remote_tags(session.git, session.remote) if session.remote else {}

    def standing(self, commit: str, overrides: Mapping[str, str]) -> str:
        """A tag that promotes this commit already, with the same overrides; or empty."""
        names = (name for name, at in self._all().items() if at == commit and matches(self._pattern, name))
        same = (name for name in names if overrides_of_tag(self._session, name, commit) == overrides)
        return max(same, default="")

    def is_shared(self, name: str) -> bool:
        """Whether the remote has a tag of that name."""
        return name in self._there

    def free_name(self) -> str:
        """The next name of the pattern that nobody has. Raises `UsageError` where it has no next one."""
        name = next_name(self._pattern, self._all().keys(), datetime.now(UTC).date())
        if name is None:
            raise UsageError(
                f"the pattern {self._pattern} does not say how the next tag is called",
                hint="Name it: --tag NAME. A pattern in kubestack.yaml with one `*` names its tags itself.",
            )
        return name

    def _all(self) -> dict[str, str]:
        return {**self._here, **self._there}


def make_next_tag(session: Session, pattern: str, commit: str, message: str, *, push: bool) -> str:
    """Tag a commit with the next free name, and push that tag where asked to. Returns the name.

    Whoever loses the race for a name takes the next one. Raises `GitError` where the tag cannot be
    pushed for another reason; it is kept then.
    """
    for _ in range(ATTEMPTS):
        name = PromotionTags(session, pattern).free_name()
        if make_tag(session.git, name, commit, message):
            if not push or share_tag(session, name):
                return name
            session.git.delete_ref(f"{TAGS}{name}")  # nobody has seen it; the name belongs to another
    raise GitError(f"{ATTEMPTS} names in a row were taken by others", hint="Run this again.")


def make_named_tag(session: Session, name: str, commit: str, message: str, *, push: bool) -> None:
    """Tag a commit with this name, and push that tag where asked to. Raises `UsageError` for a taken name."""
    taken = UsageError(f"there is a tag {name} already", hint="A tag is never moved: take another name.")
    if not make_tag(session.git, name, commit, message):
        raise taken
    if push and not share_tag(session, name):
        session.git.delete_ref(f"{TAGS}{name}")
        raise taken


def share_tag(session: Session, name: str) -> bool:
    """Push one tag; False when its name is taken. Raises `GitError` where the push fails otherwise."""
    if session.remote is None:
        raise UsageError("there is no remote to push to", hint="Add it: git remote add origin URL.")
    try:
        return push_tag(session.git, session.remote, name)
    except GitError as error:
        raise GitError(
            f"the tag {name} was made, but could not be pushed: {error.message}",
            detail=error.detail,
            hint=f"It is kept here. Push it with: git push {session.remote} {TAGS}{name}",
        ) from error

"""A pull request is judged by the settings of the branch that it wants to reach, never by its own.

It cannot give itself an environment, another gate, other tools or commands. What it changes in
kubestack.yaml takes effect after the merge, and is told.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from kubestack_py.config.load import load_platform, read_source
from kubestack_py.config.source import SettingsSource
from kubestack_py.config.stacks import find_stacks
from kubestack_py.errors import ConfigurationError, GitError, RefusedError, UsageError
from kubestack_py.model.decision import Resolution
from kubestack_py.model.event import BRANCH_PREFIX, EventKind
from kubestack_py.model.finding import Finding
from kubestack_py.model.platform import SETTINGS_FILE
from kubestack_py.model.settings import SettingsNews
from kubestack_py.promotion.resolve import resolve
from kubestack_py.promotion.settings import settings_changes
from kubestack_py.runner.content import CommitContent
from kubestack_py.runner.session import Session

if TYPE_CHECKING:
    from pathlib import Path

    from kubestack_py.model.event import Event
    from kubestack_py.model.platform import Platform, Stack
    from kubestack_py.system.git import Git


SETTINGS_OF_ENGINES = (".checkov.yaml", ".checkov.yml", "conftest.toml")  # as they lie where an engine runs


class Resolved(NamedTuple):
    """What an event means, the session with the settings that say so, and what would change in them.

    `tip` is the newest known commit of a pull request's target, empty for other events.
    """

    session: Session
    resolution: Resolution
    news: SettingsNews | None = None
    tip: str = ""

    def check_code(self, event: Event) -> None:
        """Raise `RefusedError` for a pull request of which a plan would run what its target does not."""
        if self.tip and self.resolution.decisions:
            from kubestack_py.runner.foreign import refuse_foreign_code

            refuse_foreign_code(self.session, event.target, self.tip)


class TargetSession(Session):
    """The files of the checkout with the settings and the policies of the target branch.

    Stacks that these settings name and the checkout has not are left out: the pull request removes
    them, or is older than they are.
    """

    def __init__(self, base: Session, settings: SettingsSource, tip: str) -> None:
        super().__init__(base.place)
        self._base = base
        self._settings = settings
        self._tip = tip

    @cached_property
    def git(self) -> Git:
        """The same repository."""
        return self._base.git

    @cached_property
    def source(self) -> SettingsSource:
        """The text of kubestack.yaml on the target branch."""
        return self._settings

    @cached_property
    def policy_root(self) -> Path:
        """A copy of the target's: Rego can send away what it judges, checkov runs what its settings say."""
        policies, content = self.platform.policies, CommitContent(self.git, self._tip)
        place = self.place.scratch / "policies-of-target"
        place.mkdir(parents=True, exist_ok=True)
        for name in (*policies.own, policies.engine_policies, *SETTINGS_OF_ENGINES):
            for path in (name, *content.files(name)):
                text = content.read(path)
                if text is not None:
                    (place / path).parent.mkdir(parents=True, exist_ok=True)
                    (place / path).write_bytes(text)
        return place

    @cached_property
    def stacks(self) -> tuple[Stack, ...]:
        """The stacks that are there."""
        found, _ = find_stacks(self.platform, self.source, self.root)
        names = {stack.path for stack in found}
        return tuple(replace(s, needs=tuple(need for need in s.needs if need in names)) for s in found)


def resolve_event(session: Session, event: Event) -> Resolved:
    """What an event means for this platform.

    Raises `RefusedError` where the settings that decide cannot be fetched, `UsageError` for a target
    that does not exist, `ConfigurationError` where the settings that decide are wrong.
    """
    if event.kind is not EventKind.PULL_REQUEST:
        return Resolved(session, resolve(session.platform, event))
    if not event.target:
        return Resolved(session, _nothing("A pull request to an unknown branch reaches no environment."))
    tip = _tip(session, event.target)
    settings = _settings(session.git, tip, event.target)
    if settings is None:
        reason = f"{event.target} has no {SETTINGS_FILE} yet; that of a pull request counts after the merge."
        return Resolved(session, _nothing(reason))
    decides = TargetSession(session, settings, tip)
    if _own(session.git) == settings.content:
        return Resolved(decides, resolve(decides.platform, event), None, tip)
    news = _news(session, event.target, tip, decides)
    return Resolved(decides, resolve(decides.platform, event), news, tip)


def planning_session(session: Session, event: Event | None) -> Session:
    """The session for a plan that somebody asks for: on a pull request, with its target's settings.

    Raises what `resolve_event` raises, and `RefusedError` for a pull request of which nothing may be
    planned: that of a fork, one whose target has no settings, or one that brings code for a plan to run.
    """
    if event is None or event.kind is not EventKind.PULL_REQUEST:
        return session
    resolved = resolve_event(session, event)
    if not resolved.resolution.decisions:
        raise RefusedError(
            f"nothing is planned for this pull request: {resolved.resolution.reason}",
            hint="Check it without running anything of it: kubestack validate",
        )
    resolved.check_code(event)
    return resolved.session


def refuse_on_pull_request(event: Event | None, what: str) -> None:
    """Raise `RefusedError` where CI works on a pull request, of which nothing is ever in an environment."""
    if event and event.kind is EventKind.PULL_REQUEST:
        target = event.target or "the default branch"
        raise RefusedError(f"a pull request is never {what}", hint=f"Merge it into {target} first.")


def _nothing(reason: str) -> Resolution:
    return Resolution(decisions=(), reason=reason)


def _tip(session: Session, target: str) -> str:
    """The newest commit of the target that is known here; fetched where there is none."""
    branch = f"{BRANCH_PREFIX}{target}"
    if session.git.call("check-ref-format", branch, ok=(0, 1)).code:
        raise UsageError(f"{target!r} cannot be the name of a branch", hint="Give --target a branch: main.")
    copy = f"refs/remotes/{session.remote}/{target}" if session.remote else branch
    tip = _known(session.git, copy, branch)
    if tip is None and session.remote:
        _fetch(session.git, session.remote, target, f"+{branch}:{copy}")
        tip = _known(session.git, copy)
    if tip is None:
        raise UsageError(
            f"the pull request wants to reach {target}, which is not in this clone",
            hint="Give --target the name of a branch that exists.",
        )
    return tip


def _known(git: Git, *names: str) -> str | None:
    there = git.refs(*names)
    return next((there[name] for name in names if name in there), None)


def _fetch(git: Git, remote: str, target: str, refspec: str) -> None:
    try:
        git.fetch(remote, refspec)
    except GitError as error:
        if "couldn't find remote ref" in error.detail:
            return
        raise RefusedError(
            f"the settings that decide are those of {target}, which cannot be fetched from {remote}; "
            "a pull request's own are not trusted instead",
            detail=error.detail,
            hint=f"Fetch the branch before: git fetch {remote} {target}",
        ) from error


def _settings(git: Git, commit: str, name: str) -> SettingsSource | None:
    content = git.read_file(commit, SETTINGS_FILE)
    return None if content is None else SettingsSource(name=f"{name}:{SETTINGS_FILE}", content=content)


def _own(git: Git) -> bytes | None:
    path = git.root / SETTINGS_FILE
    return path.read_bytes() if path.is_file() else None


def _news(session: Session, target: str, tip: str, decides: Session) -> SettingsNews | None:
    """What the pull request itself changes, since it left the target; None where that is nothing."""
    base = session.git.merge_base(tip, session.git.head())
    left = _settings(session.git, base, target) if base else None
    if left and left.content == _own(session.git):
        return None
    try:
        source = read_source(session.root)
        platform = load_platform(source)
    except ConfigurationError as error:
        said = Finding(message=error.message, check="settings", hint=error.hint)
        return SettingsNews(target=target, findings=error.findings or (said,))
    changes = settings_changes(_before(left, decides), platform)
    _, findings = find_stacks(platform, source, session.root)
    return SettingsNews(target=target, changes=changes, findings=findings) if changes or findings else None


def _before(left: SettingsSource | None, decides: Session) -> Platform:
    """The settings that the pull request began with; those of the target where they cannot be read."""
    try:
        return load_platform(left) if left else decides.platform
    except ConfigurationError:
        return decides.platform

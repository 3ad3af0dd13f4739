"""Which settings decide: on a pull request those of the branch it wants to reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.config.load import load_platform
from kubestack_py.config.source import SettingsSource
from kubestack_py.model.event import EventKind
from kubestack_py.model.platform import SETTINGS_FILE
from kubestack_py.promotion.resolve import resolve

if TYPE_CHECKING:
    from kubestack_py.model.decision import Resolution
    from kubestack_py.model.event import Event
    from kubestack_py.model.platform import Platform
    from kubestack_py.runner.session import Session


def resolve_event(session: Session, event: Event) -> Resolution:
    """What an event means for this platform."""
    return resolve(trusted_platform(session, event), event)


def trusted_platform(session: Session, event: Event) -> Platform:
    """The settings that say what an event means.

    A pull request cannot give itself an environment: its target branch's settings are read. Where
    that branch, or the file on it, is not in this clone, the checkout's are used, with a warning;
    a pull request applies nothing either way.
    """
    if event.kind is not EventKind.PULL_REQUEST:
        return session.platform
    remote = session.remote
    names = [f"refs/remotes/{remote}/{event.target}"] if remote else []
    refs = session.git.refs(*names, f"refs/heads/{event.target}")
    commit = next((refs[name] for name in (*names, f"refs/heads/{event.target}") if name in refs), None)
    content = session.git.read_file(commit, SETTINGS_FILE) if commit else None
    if content is None:
        where = f"{event.target}:{SETTINGS_FILE}"
        session.console.warn(f"{where} is not in this clone; using the settings of the checkout")
        return session.platform
    return load_platform(SettingsSource(name=f"{event.target}:{SETTINGS_FILE}", content=content))

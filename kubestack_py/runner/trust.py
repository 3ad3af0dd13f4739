"""Which evidence counts: what the default branch says. For pull requests see `pull_request`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.config.load import load_platform
from kubestack_py.config.source import SettingsSource
from kubestack_py.errors import ConfigurationError
from kubestack_py.model.platform import SETTINGS_FILE

if TYPE_CHECKING:
    from kubestack_py.model.platform import EvidenceSettings, Platform
    from kubestack_py.system.git import Git


def trusted_evidence(git: Git, tip: str | None, platform: Platform) -> EvidenceSettings:
    """Which evidence counts: what `tip`, the default branch, says, whatever is checked out.

    Neither a branch nor a commit from before signatures were asked for can do without them. Where
    the default branch says nothing that can be read, `platform` decides.
    """
    content = git.read_file(tip, SETTINGS_FILE) if tip else None
    if content is None:
        return platform.evidence
    try:
        return load_platform(SettingsSource(name=SETTINGS_FILE, content=content)).evidence
    except ConfigurationError:
        return platform.evidence

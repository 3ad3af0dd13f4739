"""Where applications and services lie in a repository: a platform has one place for both, a deploy repository
one for each."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kubestack_py.model.platform import Platform

MANIFESTS = PurePosixPath("manifests")
APPS = PurePosixPath("apps")
CONTROLLERS = PurePosixPath("infrastructure/controllers")
CONFIGS = PurePosixPath("infrastructure/configs")


def apps_home(platform: Platform) -> PurePosixPath:
    """The directory whose directories are applications."""
    return APPS if _has(platform, APPS) else MANIFESTS


def services_home(platform: Platform) -> PurePosixPath:
    """The directory whose directories are services that Git delivers."""
    return CONTROLLERS if _has(platform, CONTROLLERS) else MANIFESTS


def _has(platform: Platform, home: PurePosixPath) -> bool:
    return any(entry.path == f"{home}/*" for entry in platform.stacks)

"""Which CI system runs us, and what it says happened: a pure function of its variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.ci import azure, bitbucket, github, gitlab, jenkins, lighthouse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kubestack_py.model.event import Event

DETECTORS: tuple[Callable[[Mapping[str, str], Mapping[str, Any]], Event | None], ...] = (
    github.detect,
    gitlab.detect,
    azure.detect,
    bitbucket.detect,
    jenkins.detect,
    lighthouse.detect,
)


def detect(environ: Mapping[str, str], payload: Mapping[str, Any] | None = None) -> Event | None:
    """The event that the CI variables describe, or None outside of the known systems.

    `payload` is the parsed event file that GitHub writes; other systems have none.
    """
    for detector in DETECTORS:
        event = detector(environ, payload or {})
        if event is not None:
            return event
    return None

"""Read what is checked before anything is planned: `kubernetes`, `validate` and `pull_requests`."""

from __future__ import annotations

import re

from kubestack_py.config.values import GLOB, IDENTIFIER, REASON, choice, entries, globs, mapping, text
from kubestack_py.model.platform import Ignore, KubernetesSettings, ValidationSettings
from kubestack_py.model.pull_request_settings import External, PullRequestSettings

_KUBERNETES = re.compile(r"1\.[0-9]{1,3}")


def read_kubernetes(value: object) -> KubernetesSettings:
    """Which Kubernetes the clusters run. Raises `MalformedError`."""
    settings = mapping(value, {"version"})
    return KubernetesSettings(version=text(settings["version"], _KUBERNETES) if "version" in settings else "")


def read_validation(value: object) -> ValidationSettings:
    """What `kubestack validate` leaves out. Raises `MalformedError`."""
    settings = mapping(value, {"ignore"})
    return ValidationSettings(ignore=tuple(map(_ignore, entries(settings.get("ignore", [])))))


def read_pull_requests(value: object) -> PullRequestSettings:
    """What a pull request may bring that its target has not. Raises `MalformedError`."""
    settings = mapping(value, {"providers", "modules", "external"})
    default = PullRequestSettings()
    return PullRequestSettings(
        providers=globs(settings.get("providers", [*default.providers])),
        modules=globs(settings.get("modules", [])),
        external=choice(settings.get("external", default.external.value), External),
    )


def _ignore(value: object) -> Ignore:
    settings = mapping(value, {"check", "path", "object", "reason"}, required={"check", "reason"})
    return Ignore(
        check=text(settings["check"], IDENTIFIER),
        path=text(settings.get("path", "*"), GLOB),
        object=text(settings.get("object", "*"), GLOB),
        reason=text(settings["reason"], REASON),
    )

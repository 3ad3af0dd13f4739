"""The `ci` section of the settings, read as strictly as the rest (see `reader`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from kubestack_py.config.values import (
    ENVIRONMENT,
    MalformedError,
    boolean,
    choice,
    mapping,
    number,
    text,
    unique,
)
from kubestack_py.model.ci import (
    REPOSITORY_HOSTS,
    WITHOUT_REPOSITORIES,
    AwsAccess,
    AzureAccess,
    CiHost,
    CiSettings,
    CommentSettings,
    GoogleAccess,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kubestack_py.config.source import SettingsSource
    from kubestack_py.model.finding import Finding
    from kubestack_py.model.platform import Platform

Access = TypeVar("Access")

_IMAGE = re.compile(r"[a-z0-9]([A-Za-z0-9._:/-]{0,400}[A-Za-z0-9])?@sha256:[0-9a-f]{64}")
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_CRON = re.compile(r"[0-9*/,-]{1,40}( [0-9*/,-]{1,40}){4}")
_SECRET = re.compile(
    r"(?!TF_CLI_|TF_WORKSPACE$|TF_DATA_DIR$|KUBESTACK_|GITHUB_(?!TOKEN$)|CI_(?!JOB_TOKEN$)|GIT_(?!PASSWORD$)"
    r"|LD_|PATH$)[A-Z][A-Za-z0-9_]{0,99}"
)
_APPROVERS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._,@-]{0,199}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]{1,12}){1,3}-[0-9]{1,2}")
_ROLE = re.compile(r"arn:aws[a-z-]{0,12}:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}")
_PROVIDER = re.compile(
    r"projects/[0-9]{1,20}/locations/global/workloadIdentityPools/[a-z0-9-]{4,32}/providers/[a-z0-9-]{4,32}"
)
_ACCOUNT = re.compile(
    r"[a-z]([a-z0-9-]{4,28}[a-z0-9])@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})?\.iam\.gserviceaccount\.com"
)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CLOUDS = ("aws", "google", "azure")
_READ_ONLY = "use an identity that can only read"
_KEYS = {
    "host", "image", "runner", "drift", "drift_issue", "comment", "timeout", "secrets", "approvers",
    "aws", "google", "azure",
}  # fmt: skip


def read_ci(value: object) -> CiSettings:
    """The section with defaults filled in. Raises `MalformedError`."""
    settings = mapping(value, _KEYS, required={"host"})
    default = CiSettings(host=choice(settings["host"], CiHost))
    return CiSettings(
        host=default.host,
        image=text(settings["image"], _IMAGE) if "image" in settings else "",
        runner=unique(settings.get("runner", []), _LABEL),
        drift=text(settings.get("drift", default.drift), _CRON),
        drift_issue=boolean(settings.get("drift_issue", default.drift_issue)),
        comment=_comment(settings.get("comment", {})),
        timeout=number(settings.get("timeout", default.timeout), 5, 360),
        secrets=unique(settings.get("secrets", []), _SECRET),
        approvers=_by_environment(settings.get("approvers", {}), _APPROVERS),
        aws=_optional(settings, "aws", _aws),
        google=_optional(settings, "google", _google),
        azure=_optional(settings, "azure", _azure),
    )


def ci_findings(source: SettingsSource, platform: Platform) -> list[Finding]:
    """Environments that the section names and that are none, and those without an identity to apply as."""
    if platform.ci is None:
        return []
    known = [environment.name for environment in platform.environments]
    found = [
        source.finding(f"there is no environment {name}", ["ci", "approvers", name], hint=_chain(known))
        for name in platform.ci.approvers
        if name not in known
    ]
    if platform.ci.comment.host and platform.ci.host not in WITHOUT_REPOSITORIES:
        told = f"{platform.ci.host} says itself where the repository is"
        found.append(source.finding(told, ["ci", "comment", "host"], hint="leave it out"))
    for cloud in _CLOUDS:
        found += _access_findings(source, platform.ci, cloud, known)
    return found


def _access_findings(
    source: SettingsSource, settings: CiSettings, cloud: str, known: list[str]
) -> Iterator[Finding]:
    """Environments without an identity in a cloud, identities without one, and those that may do too much."""
    access = getattr(settings, cloud)
    if access is None:
        return
    for name, identity in access.apply.items():
        if name not in known:
            told, hint = f"there is no environment {name}", _chain(known)
            yield source.finding(told, ["ci", cloud, "apply", name], hint=hint)
        if identity == access.plan:
            told, hint = f"plans of pull requests would run as what applies {name}", _READ_ONLY
            yield source.finding(told, ["ci", cloud, "plan"], hint=hint)
    for name in known:
        if name not in access.apply:
            hint = f"add `{name}: …`, an identity that only the apply of {name} may use"
            yield source.finding(f"{name} has no identity to apply as", ["ci", cloud, "apply"], hint=hint)


def _chain(known: list[str]) -> str:
    return f"environments: {', '.join(known)}"


def _optional(settings: Mapping[str, object], key: str, read: Callable[[object], Access]) -> Access | None:
    return read(settings[key]) if key in settings else None


def _comment(value: object) -> CommentSettings:
    settings, default = mapping(value, {"labels", "statuses", "host"}), CommentSettings()
    host = choice(settings["host"], CiHost) if "host" in settings else None
    if host and host not in REPOSITORY_HOSTS:
        raise MalformedError
    return CommentSettings(
        labels=boolean(settings.get("labels", default.labels)),
        statuses=boolean(settings.get("statuses", default.statuses)),
        host=host,
    )


def _aws(value: object) -> AwsAccess:
    settings = mapping(value, {"region", "plan", "apply"}, required={"region", "plan", "apply"})
    return AwsAccess(
        region=text(settings["region"], _REGION),
        plan=text(settings["plan"], _ROLE),
        apply=_by_environment(settings["apply"], _ROLE, at_least=1),
    )


def _google(value: object) -> GoogleAccess:
    settings = mapping(value, {"provider", "plan", "apply"}, required={"provider", "plan", "apply"})
    return GoogleAccess(
        provider=text(settings["provider"], _PROVIDER),
        plan=text(settings["plan"], _ACCOUNT),
        apply=_by_environment(settings["apply"], _ACCOUNT, at_least=1),
    )


def _azure(value: object) -> AzureAccess:
    known = {"tenant", "subscription", "plan", "apply"}
    settings = mapping(value, known, required={"tenant", "plan", "apply"})
    return AzureAccess(
        tenant=text(settings["tenant"], _UUID),
        subscription=text(settings["subscription"], _UUID) if "subscription" in settings else "",
        plan=text(settings["plan"], _UUID),
        apply=_by_environment(settings["apply"], _UUID, at_least=1),
    )


def _by_environment(value: object, allowed: re.Pattern[str], at_least: int = 0) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) < at_least:
        raise MalformedError
    return {text(name, ENVIRONMENT): text(item, allowed) for name, item in value.items()}

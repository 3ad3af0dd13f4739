"""From parsed YAML to a `Platform`, fast and strict.

The JSON Schema says what a settings file may hold, and explains what is wrong with one; this reader
accepts exactly the same (tests/unit/test_config_agreement.py) without the cost of a validator, and
raises `MalformedError` without an explanation for everything else.
"""

from __future__ import annotations

import re

from kubestack_py.config.ci import read_ci
from kubestack_py.config.clusters import read_cluster, read_sync
from kubestack_py.config.drift import read_drift
from kubestack_py.config.gates import read_gate, read_names
from kubestack_py.config.policies import read_policies
from kubestack_py.config.state import read_state
from kubestack_py.config.validation import read_kubernetes, read_pull_requests, read_validation
from kubestack_py.config.values import (
    FILE,
    MalformedError,
    boolean,
    choice,
    entries,
    globs,
    mapping,
    number,
    text,
    unique,
)
from kubestack_py.model.platform import (
    ITSELF,
    OVERLAYS,
    ApplyOn,
    Delivery,
    Environment,
    EvidenceSettings,
    Platform,
    RefKind,
    ServiceSettings,
    Signing,
    StackEntry,
    StackKind,
    ToolRequirement,
    Verification,
    VerifyCommand,
)
from kubestack_py.model.service import ServiceDelivery

_SETTINGS = {
    "version",
    "name",
    "default_branch",
    "environments",
    "stacks",
    "verify",
    "tools",
    "evidence",
    "services",
    "kubernetes",
    "validate",
    "pull_requests",
    "policies",
    "drift",
    "ci",
    "state",
}
_ENVIRONMENT = {"name", "apply_on", "gate", "names", "only_here", "cluster"}
_STACK = {"path", "kind", "needs", "delivery", "force_conflicts", "overlays"}
_PLATFORM_NAME = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
_ENVIRONMENT_NAME = re.compile(r"(?!default$)[a-z]([a-z0-9-]{0,30}[a-z0-9])?")
_BRANCH = re.compile(
    r"(?!HEAD$|env(/|$)|refs/|.*\.lock(/|$))[A-Za-z0-9_][A-Za-z0-9_-]*([./][A-Za-z0-9_][A-Za-z0-9_-]*)*"
)
_PATTERN = re.compile(r"(?!refs/)[A-Za-z0-9_*?][A-Za-z0-9._/*?+-]*")
_STACK_PATH = re.compile(r"(?!.*\*\*)[A-Za-z0-9_*][A-Za-z0-9._*-]*(/[A-Za-z0-9_*][A-Za-z0-9._*-]*)*")
_NOTES_REF = re.compile(r"refs/notes/(?!.*\.lock$)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_COMPARISON = r" *(~>|[<>=!]=|[<>]) *[0-9]+(\.[0-9]+)* *"
_REQUIREMENT = re.compile(f"{_COMPARISON}(,{_COMPARISON})*")
_ARGUMENT = re.compile(r"[^\0]+")


def read_platform(value: object) -> Platform:
    """The settings with defaults filled in. Raises `MalformedError`."""
    settings = mapping(value, _SETTINGS, required={"version", "name", "environments", "stacks"})
    if number(settings["version"], 1, 1) != 1:
        raise MalformedError
    return Platform(
        name=text(settings["name"], _PLATFORM_NAME),
        default_branch=text(settings.get("default_branch", "main"), _BRANCH),
        environments=tuple(map(_environment, entries(settings["environments"], at_least=1))),
        stacks=tuple(map(_stack, entries(settings["stacks"], at_least=1))),
        verify=_verification(settings.get("verify", {})),
        tools=_tools(settings.get("tools", {})),
        evidence=_evidence(settings.get("evidence", {})),
        services=_services(settings.get("services", {})),
        kubernetes=read_kubernetes(settings.get("kubernetes", {})),
        validate=read_validation(settings.get("validate", {})),
        pull_requests=read_pull_requests(settings.get("pull_requests", {})),
        policies=read_policies(settings.get("policies", {})),
        drift=read_drift(settings.get("drift", {})),
        ci=read_ci(settings["ci"]) if "ci" in settings else None,
        state=read_state(settings["state"]) if "state" in settings else None,
    )


def _environment(value: object) -> Environment:
    settings = mapping(value, _ENVIRONMENT, required={"name", "apply_on"})
    rule = mapping(settings["apply_on"], {kind.value for kind in RefKind})
    if len(rule) != 1:
        raise MalformedError
    kind, pattern = next(iter(rule.items()))
    return Environment(
        name=text(settings["name"], _ENVIRONMENT_NAME),
        apply_on=ApplyOn(kind=RefKind(kind), pattern=text(pattern, _PATTERN)),
        gate=read_gate(settings.get("gate", {})),
        names=read_names(settings.get("names", {})),
        only_here=globs(settings.get("only_here", [])),
        cluster=read_cluster(settings["cluster"]) if "cluster" in settings else None,
    )


def _stack(value: object) -> StackEntry:
    settings = mapping(value, _STACK, required={"path"})
    return StackEntry(
        path=text(settings["path"], _STACK_PATH),
        kind=choice(settings["kind"], StackKind) if "kind" in settings else None,
        needs=unique(settings.get("needs", []), _STACK_PATH),
        delivery=choice(settings["delivery"], Delivery) if "delivery" in settings else None,
        force_conflicts=boolean(settings.get("force_conflicts", False)),
        overlays=_overlays(settings["overlays"]) if "overlays" in settings else None,
    )


def _overlays(value: object) -> str:
    if value not in (OVERLAYS, ITSELF):
        raise MalformedError
    return str(value)


def _verification(value: object) -> Verification:
    settings = mapping(value, {"converged", "checks", "commands", "rollout", "rollout_timeout", "sync"})
    return Verification(
        converged=boolean(settings.get("converged", True)),
        checks=boolean(settings.get("checks", True)),
        rollout=boolean(settings.get("rollout", True)),
        rollout_timeout=number(settings.get("rollout_timeout", 300), 1, 3600),
        sync=read_sync(settings["sync"]) if "sync" in settings else None,
        commands=tuple(map(_verify_command, entries(settings.get("commands", [])))),
    )


def _verify_command(value: object) -> VerifyCommand:
    settings = mapping(value, {"run", "timeout"}, required={"run"})
    return VerifyCommand(
        argv=tuple(text(item, _ARGUMENT) for item in entries(settings["run"], at_least=1)),
        timeout=number(settings.get("timeout", 60), 1, 3600),
    )


def _tools(value: object) -> tuple[ToolRequirement, ...]:
    settings = mapping(value, {"terraform", "tofu", "kubectl", "kustomize"})
    return tuple(
        ToolRequirement(name=name, version=text(version, _REQUIREMENT)) for name, version in settings.items()
    )


def _evidence(value: object) -> EvidenceSettings:
    settings = mapping(value, {"ref", "signing", "allowed_signers"})
    default = EvidenceSettings()
    return EvidenceSettings(
        ref=text(settings.get("ref", default.ref), _NOTES_REF),
        signing=choice(settings.get("signing", default.signing.value), Signing),
        allowed_signers=text(settings.get("allowed_signers", default.allowed_signers), FILE),
    )


def _services(value: object) -> ServiceSettings:
    settings = mapping(value, {"delivery", "catalog"})
    default = ServiceSettings()
    return ServiceSettings(
        delivery=choice(settings.get("delivery", default.delivery.value), ServiceDelivery),
        catalog=tuple(text(item, FILE) for item in entries(settings.get("catalog", []))),
    )

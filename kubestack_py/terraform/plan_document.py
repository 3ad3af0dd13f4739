"""The parts of `terraform show -json PLAN` that are needed, typed for msgspec.

Format: https://developer.hashicorp.com/terraform/internals/json-format (1.2). Values stay raw
bytes until somebody wants them: a plan of 50 MB is read in a tenth of a second, and only the few
resources that change are decoded.
"""

from __future__ import annotations

import msgspec

from kubestack_py.model.changes import CheckStatus

RawJson = msgspec.Raw


class ChangeDocument(msgspec.Struct, frozen=True, gc=False):
    """A change of a resource or an output: values, and masks of the same shape as the values."""

    actions: tuple[str, ...] = ()
    before: RawJson = RawJson()
    after: RawJson = RawJson()
    after_unknown: RawJson = RawJson()
    before_sensitive: RawJson = RawJson()
    after_sensitive: RawJson = RawJson()
    replace_paths: tuple[tuple[str | int, ...], ...] | None = None
    importing: dict[str, RawJson] | None = None


class ResourceDocument(msgspec.Struct, frozen=True, gc=False):
    """One instance of a resource; `deposed` is the key of an object that waits for its deletion."""

    address: str
    change: ChangeDocument
    mode: str = "managed"
    type: str = ""
    previous_address: str = ""
    deposed: str = ""
    action_reason: str = ""


class ProblemDocument(msgspec.Struct, frozen=True):
    """What one assertion complains about."""

    message: str = ""


class CheckInstanceDocument(msgspec.Struct, frozen=True):
    """The result for one instance of the checked object."""

    problems: tuple[ProblemDocument, ...] | None = None


class CheckAddressDocument(msgspec.Struct, frozen=True):
    """What is checked: `kind` is `check`, `resource`, `output_value` or `var`."""

    kind: str
    to_display: str


class CheckDocument(msgspec.Struct, frozen=True):
    """The result of everything that is checked under one address."""

    address: CheckAddressDocument
    status: CheckStatus
    instances: tuple[CheckInstanceDocument, ...] | None = None


class ValueDocument(msgspec.Struct, frozen=True):
    """The value of an input variable."""

    value: RawJson = RawJson(b"null")


class VariableDocument(msgspec.Struct, frozen=True):
    """The declaration of an input variable."""

    sensitive: bool = False


class ModuleDocument(msgspec.Struct, frozen=True):
    """The root module of the configuration."""

    variables: dict[str, VariableDocument] | None = None


class ConfigurationDocument(msgspec.Struct, frozen=True):
    """The configuration that the plan was made from."""

    root_module: ModuleDocument = ModuleDocument()


class StateResourceDocument(msgspec.Struct, frozen=True, gc=False):
    """One resource or data source of a state, with the mask of its values."""

    mode: str = "managed"
    type: str = ""
    values: RawJson = RawJson()
    sensitive_values: RawJson = RawJson()


class StateModuleDocument(msgspec.Struct, frozen=True):
    """A module of a state, with those that it calls."""

    resources: tuple[StateResourceDocument, ...] | None = None
    child_modules: tuple[StateModuleDocument, ...] | None = None


class StateValuesDocument(msgspec.Struct, frozen=True):
    """What a state holds."""

    root_module: StateModuleDocument = StateModuleDocument()


class StateDocument(msgspec.Struct, frozen=True):
    """The state that was planned against, with what data sources read."""

    values: StateValuesDocument | None = None


class PlanDocument(msgspec.Struct, frozen=True):
    """The whole plan."""

    resource_changes: tuple[ResourceDocument, ...] | None = None
    resource_drift: tuple[ResourceDocument, ...] | None = None
    output_changes: dict[str, ChangeDocument] | None = None
    checks: tuple[CheckDocument, ...] | None = None
    variables: dict[str, ValueDocument] | None = None
    prior_state: StateDocument | None = None
    configuration: ConfigurationDocument = ConfigurationDocument()
    errored: bool = False


class VersionDocument(msgspec.Struct, frozen=True):
    """Only the version of the format, to judge it before anything else is read."""

    format_version: str = ""


def decode(raw: RawJson) -> object:
    """The value of a part that was left raw; what was absent is None."""
    content = bytes(raw)
    return msgspec.json.decode(content) if content else None

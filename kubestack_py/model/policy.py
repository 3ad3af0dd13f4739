"""Policies: what a platform does not want to see in a plan or a manifest, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from kubestack_py.model.changes import Change
from kubestack_py.model.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Mapping


class PolicyMode(StrEnum):
    """What becomes of a violation: nothing, a warning, or no apply."""

    OFF = "off"
    WARN = "warn"
    BLOCK = "block"


class PolicyEngine(StrEnum):
    """Programs beside this one that judge; each is used where it is asked for, and has to be installed."""

    CONFTEST = "conftest"
    OPA = "opa"
    CHECKOV = "checkov"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRule:
    """A rule as people read it. `mode` holds where the settings say nothing."""

    id: str
    title: str
    why: str
    fix: str
    mode: PolicyMode = PolicyMode.WARN


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A violation that is accepted until the end of a day (`2026-12-31`, UTC), with the reason.

    `rule` is exact, `address` a glob over the address of the resource or object.
    """

    rule: str
    address: str
    reason: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """`policies:` of the settings.

    A rule's own mode wins over its environment's, that over `mode`; without any of them the rule's
    default holds. The globs are those of each rule that takes some.
    """

    mode: PolicyMode | None = None
    environments: Mapping[str, PolicyMode] = field(default_factory=dict)
    rules: Mapping[str, PolicyMode] = field(default_factory=dict)
    protected: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    registries: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    engine: PolicyEngine | None = None
    engine_policies: str = "policies"
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRule:
    """A platform's own rule: a JSON Schema for objects of some kinds or resources of some types (globs)."""

    rule: PolicyRule
    targets: tuple[str, ...]
    schema: Mapping[str, Any]
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySubject:
    """What the rules look at: the changes of one stack, and the objects that it renders."""

    stack: str
    changes: tuple[Change, ...] = ()
    manifests: tuple[Manifest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A rule that does not hold for one resource or object."""

    rule: str
    address: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFinding:
    """A violation with what becomes of it. `waived` is the reason of a waiver that holds, `until` its end."""

    rule: str
    stack: str
    address: str
    message: str
    mode: PolicyMode
    waived: str = ""
    until: str = ""

    @property
    def blocks(self) -> bool:
        """True when it keeps a plan from being applied."""
        return self.mode is PolicyMode.BLOCK and not self.waived

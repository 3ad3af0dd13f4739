"""The change set: what a plan would do, the same for a Terraform plan and for a Kustomize diff."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kubestack_py.model.manifest import Manifest


SENSITIVE = "(sensitive)"


class ChangeAction(StrEnum):
    """What happens to one object. `MOVE`, `IMPORT` and `FORGET` touch the state, not the object."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    IMPORT = "import"
    MOVE = "move"
    FORGET = "forget"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeChange:
    """One attribute that changes.

    `path` is dotted, with indices in brackets (`spec.ports[0].port`). `before` and `after` are
    compact JSON, None where the attribute does not exist on that side; both are the literal
    `(sensitive)` for a masked value, and `after` is `(known after apply)` where it is unknown.
    """

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One object that a plan touches.

    `address` is Terraform's resource address, or `group/Kind/namespace/name` for a manifest (with
    `_` for what is empty). `replace_paths` are the attributes that force a replacement, `reason`
    is the tool's own word (`replace_because_tainted`).
    """

    address: str
    action: ChangeAction
    attributes: tuple[AttributeChange, ...] = ()
    replace_paths: tuple[str, ...] = ()
    unknown_paths: tuple[str, ...] = ()
    previous_address: str = ""
    reason: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        """The changed attribute paths, without any value."""
        return tuple(item.path for item in self.attributes)


class CheckStatus(StrEnum):
    """The result of a Terraform `check` block, as `show -json` words it."""

    PASS = "pass"  # noqa: S105 - a status, not a password
    FAIL = "fail"
    ERROR = "error"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One `check` block with what it complains about."""

    address: str
    status: CheckStatus
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """Everything one plan of one stack in one environment would do, sorted by address."""

    stack: str
    environment: str
    changes: tuple[Change, ...] = ()
    outputs: tuple[AttributeChange, ...] = ()
    checks: tuple[CheckResult, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True when applying would change nothing, not even an output."""
        return not self.changes and not self.outputs

    def counts(self) -> dict[ChangeAction, int]:
        """How many changes there are of each action, in the order of `ChangeAction`."""
        return count_actions(change.action for change in self.changes)

    def summary(self) -> str:
        """The counts in words: `2 to create, 1 to delete`, or `no changes`."""
        words = in_words(self.counts())
        return words or ("outputs change" if self.outputs else "no changes")

    def short_digest(self) -> str:
        """The first hex digits of the digest, for people."""
        return self.digest().removeprefix("sha256:")[:12]

    def digest(self) -> str:
        """SHA-256 over addresses, actions and attribute paths: equal plans, equal digest. No values."""
        lines = [
            [c.address, c.action, sorted(c.paths), sorted(c.replace_paths), c.previous_address]
            for c in self.changes
        ]
        text = json.dumps([lines, sorted(o.path for o in self.outputs)], separators=(",", ":"))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentDigest:
    """What determines a stack: the part all environments share, and the part of one environment."""

    shared: str
    environment: str

    def short(self) -> str:
        """The first hex digits of both parts, for people."""
        return f"{self.shared[:12]}+{self.environment[:12]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStack:
    """A change set together with where Terraform left the plan file; `plan_file` is empty otherwise.

    `manifests` are the objects that an overlay renders, for the policies. `sensitive` are the texts to
    hide. A plan is `confidential` when any of its values is masked, also one that is too short to be
    hidden elsewhere.
    """

    changes: ChangeSet
    plan_file: str = ""
    tool: str = ""
    manifests: tuple[Manifest, ...] = field(default=(), repr=False)
    sensitive: tuple[str, ...] = field(default=(), repr=False)
    confidential: bool = False


def count_actions(actions: Iterable[ChangeAction]) -> dict[ChangeAction, int]:
    """How often each action occurs, in the order of `ChangeAction`; none that does not occur."""
    counted = Counter(actions)
    return {action: counted[action] for action in ChangeAction if counted[action]}


def in_words(counts: Mapping[ChangeAction, int] | Mapping[str, int]) -> str:
    """Counted actions as people read them: `2 to create, 1 to delete`; empty for none."""
    return ", ".join(f"{number} to {action}" for action, number in counts.items())

"""Rules over what a plan changes, the same for Terraform resources and Kubernetes objects."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.policy import Violation
from kubestack_py.policy.rules import LARGE, PROTECTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubestack_py.model.changes import AttributeChange, Change
    from kubestack_py.model.policy import PolicySettings, PolicySubject

_GONE = {
    ChangeAction.DELETE: "destroyed",
    ChangeAction.REPLACE: "replaced: it comes back empty",
    ChangeAction.FORGET: "no longer managed",
}
_INSTANCE = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')
_SIZE = re.compile(r"(^|\.)(instance_types?(\[\d+\])?|instance_class|machine_type|vm_size|node_type)$")
_NETWORKS = {'"0.0.0.0/0"', '"::/0"'}
_PUBLIC = re.compile(r"(^|\.)(publicly_accessible|public_network_access_enabled|endpoint_public_access)$")
_OPEN_TO = re.compile(r"(cidr_blocks?|cidr_ipv[46]|source_ranges|source_address_prefix|_cidrs)(\[\d+\])?$")
_WEB = {"80", "443"}


def kind_of(address: str) -> str:
    """The type of a Terraform resource or the kind of an object, from its address."""
    parts = address.split("/")
    if len(parts) == 4 and "." not in parts[1]:
        return parts[1]
    steps = _INSTANCE.sub("", address).split(".")
    while len(steps) > 2 and steps[0] == "module":
        del steps[:2]
    return steps[0]


def protected_resources(subject: PolicySubject, settings: PolicySettings) -> Iterator[Violation]:
    """Resources that hold data, and are deleted, replaced or forgotten."""
    globs = (*PROTECTED, *settings.protected)
    for change in subject.changes:
        kind = kind_of(change.address)
        if change.action in _GONE and any(fnmatchcase(kind, glob) for glob in globs):
            forced = f" because of {', '.join(change.replace_paths)}" if change.replace_paths else ""
            message = f"{kind} would be {_GONE[change.action]}{forced}"
            yield Violation(rule="protected-resources", address=change.address, message=message)


def large_sizes(subject: PolicySubject, settings: PolicySettings) -> Iterator[Violation]:
    """Machines of a size that the platform calls large."""
    globs = settings.sizes or LARGE
    for change, attribute in _set(subject):
        if _SIZE.search(attribute.path):
            size = _text(attribute.after)
            if any(fnmatchcase(size, glob) for glob in globs):
                message = f"{attribute.path} becomes {size}"
                yield Violation(rule="large-sizes", address=change.address, message=message)


def public_resources(subject: PolicySubject, _settings: PolicySettings) -> Iterator[Violation]:
    """Terraform resources that become reachable from anywhere."""
    for change, attribute in _set(subject):
        if _PUBLIC.search(attribute.path) and attribute.after == "true" and not _is_narrowed(change):
            message = f"{attribute.path} becomes true"
            yield Violation(rule="public-endpoints", address=change.address, message=message)
        elif _opens(attribute) and _is_entrance(change, attribute):
            message = f"{attribute.path} becomes {_text(attribute.after)}"
            yield Violation(rule="public-endpoints", address=change.address, message=message)


def _set(subject: PolicySubject) -> Iterator[tuple[Change, AttributeChange]]:
    """Attributes that have a value after the change."""
    for change in subject.changes:
        if change.action is not ChangeAction.DELETE:
            yield from ((change, item) for item in change.attributes if item.after is not None)


def _opens(attribute: AttributeChange) -> bool:
    return attribute.after in _NETWORKS and _OPEN_TO.search(attribute.path) is not None


def _is_narrowed(change: Change) -> bool:
    """Whether a public endpoint is for named networks only: `public_access_cidrs` without everybody."""
    named = [item.after for item in change.attributes if "public_access_cidrs[" in item.path]
    return bool(named) and not _NETWORKS & set(named)


def _is_entrance(change: Change, attribute: AttributeChange) -> bool:
    """Whether an open network may come in, and by another port than those of the web."""
    if "egress" in attribute.path or "egress" in kind_of(change.address):
        return False
    values = {item.path.rpartition(".")[2]: _text(item.after) for item in change.attributes}
    if values.get("type") == "egress" or values.get("direction", "").lower() in {"egress", "outbound"}:
        return False
    ports = {values[name] for name in ("from_port", "to_port", "destination_port_range") if name in values}
    return not ports or not ports <= _WEB


def value_of(text: str | None) -> Any:
    """What the text of an attribute stands for; masked and unknown ones are the text that is shown."""
    try:
        return json.loads(text) if text is not None else None
    except ValueError:
        return text


def _text(value: str | None) -> str:
    """A value without the quotes of JSON."""
    plain = value_of(value)
    return plain if isinstance(plain, str) else value or ""

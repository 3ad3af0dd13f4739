"""A change without its values: what a record keeps of it, and what parity compares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.model.changes import ChangeAction

if TYPE_CHECKING:
    from kubestack_py.model.changes import Change, ChangeSet


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOutline:
    """One object that a plan touches: where, how, and which attributes; never a value.

    The fields are those of `model.changes.Change`. A creation or deletion concerns the object as a
    whole and lists no attributes.
    """

    address: str
    action: ChangeAction
    paths: tuple[str, ...] = ()
    replace_paths: tuple[str, ...] = ()
    unknown_paths: tuple[str, ...] = ()
    previous_address: str = ""


_WHOLE = frozenset({ChangeAction.CREATE, ChangeAction.DELETE})


def outline(change: Change) -> ChangeOutline:
    """What is left of a change without its values."""
    whole = change.action in _WHOLE
    return ChangeOutline(
        address=change.address,
        action=change.action,
        paths=() if whole else tuple(sorted(set(change.paths))),
        replace_paths=tuple(sorted(set(change.replace_paths))),
        unknown_paths=() if whole else tuple(sorted(set(change.unknown_paths))),
        previous_address=change.previous_address,
    )


def outlines(changes: ChangeSet) -> tuple[ChangeOutline, ...]:
    """What is left of a change set: its objects. Outputs follow from them and are left out."""
    return tuple(outline(change) for change in changes.changes)

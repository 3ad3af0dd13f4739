"""Which drift is expected: what an autoscaler counts, what an operator writes."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.outcome import ExpectedDrift

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.changes import Change, ChangeSet
    from kubestack_py.model.platform import DriftIgnore


def unexpected(
    found: ChangeSet, ignore: Sequence[DriftIgnore]
) -> tuple[ChangeSet, tuple[ExpectedDrift, ...]]:
    """What is drift after all, and what was passed over, with the reasons.

    An entry that names attributes passes over a change only as far as these go: the others remain.
    """
    kept: list[Change] = []
    expected: list[ExpectedDrift] = []
    for change in found.changes:
        rest, reasons = _rest(change, ignore)
        expected += [ExpectedDrift(address=change.address, reason=reason) for reason in reasons]
        if rest:
            kept.append(rest)
    return replace(found, changes=tuple(kept)), tuple(expected)


def _rest(change: Change, ignore: Sequence[DriftIgnore]) -> tuple[Change | None, list[str]]:
    reasons: list[str] = []
    for entry in ignore:
        if not fnmatchcase(change.address, entry.address):
            continue
        if not entry.attributes:
            return None, [entry.reason]
        left = tuple(item for item in change.attributes if not _is_one_of(item.path, entry.attributes))
        if change.action is ChangeAction.UPDATE and len(left) < len(change.attributes):
            reasons.append(entry.reason)
            change = replace(change, attributes=left)
    emptied = reasons and not change.attributes
    return None if emptied else change, reasons


def _is_one_of(path: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(path, glob) or path.startswith((f"{glob}.", f"{glob}[")) for glob in globs)

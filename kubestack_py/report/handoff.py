"""What a handoff did, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.report.json import dump, plain

if TYPE_CHECKING:
    from kubestack_py.model.handoff import Handoff


def handoff_json(handoff: Handoff) -> str:
    """`kubestack handoff -o json`. Of the pull request only what tells where it is, and how it stands."""
    value: dict[str, Any] = plain(handoff)
    kept = handoff.request
    value["request"] = (
        {"number": kept.request.number, "url": kept.request.url, "state": kept.state.value} if kept else None
    )
    return dump(value)

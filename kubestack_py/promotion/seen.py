"""What this clone has seen of a ref on the remote: notices when somebody rewrote or deleted it there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.model.evidence import LossKind

if TYPE_CHECKING:
    from kubestack_py.system.git import Git


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The newest state of a remote's ref that followed from all earlier ones, kept in the ref `memory`.

    `tracking` is where fetches put the ref, and is gone when the remote has it no more. A clone that
    is made for one run has seen nothing before, and can notice nothing.
    """

    git: Git
    tracking: str
    memory: str

    def look(self) -> LossKind | None:
        """What happened to the ref; where it only grew, that is remembered and nothing is returned."""
        refs = self.git.refs(self.tracking, self.memory)
        now, before = refs.get(self.tracking), refs.get(self.memory)
        if now == before:
            return None
        if now is None:
            return LossKind.DELETED
        if before is not None and not self.git.is_ancestor(before, now):
            return LossKind.REWRITTEN
        self.git.update_ref(self.memory, now)
        return None

"""Which recorded plan still says what would happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kubestack_py.model.changes import ContentDigest
    from kubestack_py.model.evidence import Record
    from kubestack_py.promotion.history import History


def standing_preview(history: History, environment: str, stack: str, digest: ContentDigest) -> Record | None:
    """The newest preview of this content, unless the stack was touched in the environment since.

    A plan that was made before another apply speaks of a state that is no more.
    """
    preview = history.preview(environment, stack, digest)
    touched = history.latest(environment, stack)
    return None if preview and touched and touched.at > preview.at else preview

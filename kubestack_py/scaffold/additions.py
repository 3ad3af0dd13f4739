"""What each kind of addition does to a platform, to do it again: `kubestack update` renders with it.

An addition is made again in a platform that was just rendered, by the function that also makes it for
`kubestack add`; text comes from `templates/` alone, so that of a former version can be had.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.errors import ConfigurationError
from kubestack_py.scaffold.adding_clusters import add_cluster
from kubestack_py.scaffold.clusters import Cluster
from kubestack_py.scaffold.draft import Draft
from kubestack_py.scaffold.edits import apply_edits
from kubestack_py.scaffold.record import RECORD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from kubestack_py.scaffold.edits import Edits
    from kubestack_py.scaffold.record import Addition


def _cluster(root: Path, options: Mapping[str, Any]) -> Edits:
    draft = Draft(root)
    add_cluster(draft, Cluster.from_options(options), force=True)
    return draft.edits()


# By its kind in the record: from the top of a platform and the recorded options to the edits.
KINDS: Mapping[str, Callable[[Path, Mapping[str, Any]], Edits]] = {"cluster": _cluster}


def add_again(root: Path, addition: Addition) -> None:
    """Make an addition in the platform at `root`, with the templates that are in use.

    Raises `ConfigurationError` for a kind that this program does not know.
    """
    if addition.kind not in KINDS:
        known = ", ".join(KINDS) or "none"
        raise ConfigurationError(
            f"{RECORD} has an addition of the kind {addition.kind!r}, which this program does not know",
            hint=f"Known: {known}.",
        )
    apply_edits(root, KINDS[addition.kind](root, addition.options))

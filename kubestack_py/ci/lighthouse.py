"""Lighthouse of Jenkins X, and Prow, whose variables it has: jobs are told apart by JOB_TYPE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.model.event import BRANCH_PREFIX, Event, EventKind

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_KINDS = {
    "presubmit": EventKind.PULL_REQUEST,
    "postsubmit": EventKind.PUSH,
    "periodic": EventKind.SCHEDULE,
}


_BY_ITSELF = "updatebot"


def update_labels(chain: Sequence[str], changed: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Labels for a request that changes images in some environments of a chain: wanted, and unwanted ones.

    `env/<environment>` says which they are. A query of the keeper merges what has `updatebot`, so that is for
    changes of the first environment alone, which nobody depends on.
    """
    names = {f"env/{name}": name in changed for name in chain}
    names[_BY_ITSELF] = set(changed) == {chain[0]}
    wanted = tuple(label for label, fits in names.items() if fits)
    return wanted, tuple(label for label in names if label not in wanted)


def detect(environ: Mapping[str, str], _payload: Mapping[str, Any]) -> Event | None:
    """The event of a job.

    PULL_BASE_REF is a short name that may be a branch or a tag, and nothing tells whether a pull request
    comes from a fork. The pipeline asks the repository and says in KUBESTACK_REF which full ref has that
    commit (for a pull request, which branch of the repository itself). Without it a pushed name is taken
    for a branch, and a pull request for a fork's. A batch, which stands for several pull requests, has no
    meaning.
    """
    name = environ.get("JOB_TYPE", "")
    if not name or not environ.get("JOB_SPEC"):
        return None
    kind = _KINDS.get(name, EventKind.OTHER)
    base, known = environ.get("PULL_BASE_REF", ""), environ.get("KUBESTACK_REF", "")
    known = known if known.startswith("refs/") else ""
    pull_request = kind is EventKind.PULL_REQUEST
    assumed = BRANCH_PREFIX + base if kind is EventKind.PUSH and base else ""
    return Event(
        kind=kind,
        ref=known or assumed,
        target=base if pull_request else "",
        fork=pull_request and not known.startswith(BRANCH_PREFIX),
        commit=environ.get("PULL_PULL_SHA" if pull_request else "PULL_BASE_SHA", ""),
        source="Lighthouse" if environ["JOB_SPEC"].startswith("type:") else "Prow",
        name=name,
    )

"""`kubestack history`: what was done to environments, from the evidence."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from kubestack_py.model.past import PastDelivery
from kubestack_py.promotion.runs import runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.platform import Environment
    from kubestack_py.runner.session import Session


def past_deliveries(
    session: Session, environments: Sequence[Environment], newest: int
) -> tuple[PastDelivery, ...]:
    """The newest runs of some environments together, newest first."""
    session.synchronise_if_possible()
    history = session.history()
    found = [run for item in environments for run in islice(runs(history, item.name), newest)]
    chosen = sorted(found, key=lambda run: run.at, reverse=True)[:newest]
    infos = {commit: session.git.commit_info(commit) for commit in {run.commit for run in chosen}}
    return tuple(
        PastDelivery(run=run, subject=info.subject if (info := infos[run.commit]) else "") for run in chosen
    )

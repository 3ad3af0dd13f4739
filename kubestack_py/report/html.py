"""One self-contained HTML page about a platform: no script, no network, nothing from outside is markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.changes import ChangeAction
from kubestack_py.model.evidence import RecordStatus
from kubestack_py.report.drawing import graph, timeline

if TYPE_CHECKING:
    from kubestack_py.model.overview import Overview
    from kubestack_py.model.past import PastRun

_SIGNS = {
    ChangeAction.CREATE: "+",
    ChangeAction.UPDATE: "~",
    ChangeAction.REPLACE: "±",
    ChangeAction.DELETE: "−",  # noqa: RUF001 - a minus sign that is as wide as the plus
    ChangeAction.IMPORT: "←",
    ChangeAction.MOVE: "→",
    ChangeAction.FORGET: "∅",
}
_SHORT_ID = 8


def overview_html(overview: Overview, page: str) -> str:
    """The page of an overview; `page` is the text of `page.html`, a Jinja template."""
    from jinja2 import Environment, StrictUndefined

    engine = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    engine.filters.update(
        short=lambda commit: commit[:_SHORT_ID],
        when=lambda at: at[:16].replace("T", " "),
        sign=lambda action: _SIGNS[action],
        link=_link,
        result=_result,
    )
    names = [environment.name for environment in overview.status.environments]
    return engine.from_string(page).render(
        it=overview,
        stories={story.environment: story for story in overview.stories},
        plans={plan.environment: plan for plan in overview.plans},
        graph=graph(overview.stacks),
        timeline=timeline(overview.past, names),
    )


def _link(url: str) -> str:
    """A link that a browser may follow: evidence is written by whoever may push it."""
    return url if url.startswith(("https://", "http://")) else ""


def _result(run: PastRun) -> str:
    """`good`, `bad`, or `open` for a run that never reported."""
    if run.result is RecordStatus.STARTED:
        return "open"
    return "good" if run.result in {RecordStatus.VERIFIED, RecordStatus.APPLIED} else "bad"

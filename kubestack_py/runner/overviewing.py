"""`kubestack report`: collect what one page about the platform shows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kubestack_py import __version__
from kubestack_py.model.overview import Overview, StackNode
from kubestack_py.runner.explaining import explain
from kubestack_py.runner.past import past_deliveries
from kubestack_py.runner.planning import plan_environment
from kubestack_py.runner.status import platform_status
from kubestack_py.runner.validate import examine

if TYPE_CHECKING:
    from kubestack_py.runner.session import Session


def overview(session: Session, *, newest: int, with_plans: bool = False) -> Overview:
    """What the platform looks like now, with the `newest` runs of its past.

    Read from Git and the evidence, and the files of the checkout for the findings. `with_plans` asks
    Terraform and the rendered branches what an apply of the checkout would do to every environment.
    """
    status = platform_status(session)
    story = explain(session, status.tip)
    environments = session.platform.environments
    return Overview(
        made_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        version=__version__,
        subject=story.subject,
        status=status,
        stories=story.environments,
        stacks=tuple(
            StackNode(path=stack.path, kind=stack.kind.value, needs=stack.needs) for stack in session.stacks
        ),
        past=past_deliveries(session, environments, newest),
        findings=examine(session).findings,
        plans=tuple(plan_environment(session, item, session.stacks) for item in environments)
        if with_plans
        else (),
    )

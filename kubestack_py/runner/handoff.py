"""`kubestack handoff`: outputs of verified environments, on their way to the deploy repository."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kubestack_py.delivery.cluster_vars import DeployRepository
from kubestack_py.errors import RefusedError, UsageError
from kubestack_py.model.evidence import RecordStatus
from kubestack_py.model.handoff import Handed
from kubestack_py.model.platform import StackKind
from kubestack_py.runner.terraform_engine import TerraformEngine
from kubestack_py.system.git import NETWORK_SECONDS, Git
from kubestack_py.system.git_command import git_command
from kubestack_py.system.process import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.runner.session import Session

_NO_OUTPUTS = "its state has no outputs; with the backend `local` they are only where the apply ran"


def gather(session: Session, names: Sequence[str]) -> tuple[Handed, ...]:
    """What there is to hand over of each environment; `names` are those asked for, all for none.

    Raises `RefusedError` where an environment that was asked for is not verified, or none is.
    """
    stacks = [stack for stack in session.stacks if stack.kind is StackKind.TERRAFORM]
    if not stacks:
        raise UsageError(
            "this repository has no Terraform stack, so there are no outputs",
            hint="Run this in the infrastructure repository.",
        )
    session.synchronise()
    wanted = [session.environment(name) for name in names] or list(session.platform.environments)
    handed = tuple(_of(session, environment, stacks) for environment in wanted)
    left_out = [item for item in handed if item.reason]
    if left_out and (names or len(left_out) == len(handed)):
        reasons = "\n".join(f"  {item.environment}: {item.reason}" for item in left_out)
        raise RefusedError(
            f"only what is verified is handed over:\n{reasons}",
            hint="Apply it first; `kubestack status` shows where every environment stands.",
        )
    return handed


def open_deploy_repository(session: Session, to: str) -> DeployRepository:
    """The deploy repository at a path, or a bare clone of the one at a URL.

    Empty stands for the directory beside this one that `new platform --layout split` has made.
    """
    place = Path(to) if to else session.root.parent / f"{session.platform.name}-deploy"
    if not place.is_absolute():
        place = session.place.start / place
    if place.is_dir():
        return DeployRepository(Git.discover(place), to or str(place))
    if not to or ":" not in to:
        raise UsageError(
            f"there is no deploy repository at {to or place}",
            hint="Name it: --to PATH, or --to URL.",
        )
    clone = session.place.scratch / "deploy.git"
    command = ("clone", "--quiet", "--bare", "--", to, str(clone))
    run(git_command(session.place.scratch, command, purpose=f"git clone of {to}", timeout=NETWORK_SECONDS))
    return DeployRepository(Git(clone), to)


def _of(session: Session, environment: Environment, stacks: Sequence[Stack]) -> Handed:
    history = session.history()
    commit = ""
    for stack in stacks:
        record = history.latest(environment.name, stack.path)
        if record is None:
            return Handed(environment=environment.name, reason=f"{stack.path} was never applied there")
        if record.status is not RecordStatus.VERIFIED:
            return Handed(
                environment=environment.name,
                reason=f"{stack.path} is not verified: its newest record says {record.status}",
            )
        commit = record.commit
    engine = TerraformEngine(session, environment, lambda path, text: session.console.say(f"{path}: {text}"))
    variables: dict[str, str] = {}
    sensitive: list[str] = []
    owners: dict[str, str] = {}
    for stack in stacks:
        outputs = engine.outputs(stack.path)
        for name in outputs.variables:
            if name in owners:
                raise UsageError(
                    f"{owners[name]} and {stack.path} both have an output {name}",
                    hint="Call one of them otherwise: variables of a cluster have one name each.",
                )
            owners[name] = stack.path
        variables |= outputs.variables
        sensitive += outputs.sensitive
    if not owners and not sensitive:
        return Handed(environment=environment.name, reason=_NO_OUTPUTS)
    return Handed(
        environment=environment.name, commit=commit, variables=variables, sensitive=tuple(sensitive)
    )

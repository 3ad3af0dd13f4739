"""Plans that cross jobs: `kubestack plan --save FILE`, and the file that `kubestack apply FILE` reads."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kubestack_py import __version__
from kubestack_py.errors import RefusedError, UsageError
from kubestack_py.model.platform import StackKind
from kubestack_py.model.saved import SavedPlan, SavedPlans
from kubestack_py.promotion.envelope import from_bytes, to_bytes
from kubestack_py.runner.applying import clean_head
from kubestack_py.runner.content import CommitContent
from kubestack_py.runner.engines import Engines
from kubestack_py.runner.planning import look_at_all, outcome_of_plans, plans
from kubestack_py.runner.restoring import Restoration, bindings, built_ref
from kubestack_py.system.files import disk_errors, write_atomically
from kubestack_py.system.sealing import read_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubestack_py.model.changes import PlannedStack
    from kubestack_py.model.outcome import EnvironmentOutcome
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.runner.session import Session


def plan_and_save(
    session: Session, environment: Environment, stacks: Sequence[Stack], file: Path
) -> EnvironmentOutcome:
    """Plan the checked-out commit and save the plans; nothing is written where a stack cannot be planned.

    Raises `UsageError` for a work tree that differs from the commit, and `RefusedError` where a plan
    holds sensitive values and there is no key to encrypt it with.
    """
    commit, key = clean_head(session, apart=file), _key(session)
    engines = Engines(session, environment, stacks)
    planned = look_at_all(session, engines.plan, stacks)
    outcome = outcome_of_plans(session, environment, stacks, planned)
    if outcome.failed:
        return outcome
    ready = plans(planned)
    if key is None:
        _refuse_secrets(ready, environment)
    _warn_of_needs(session, stacks, ready)
    saved = SavedPlans(
        environment=environment.name,
        commit=commit,
        ref=built_ref(session),
        at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        made_by=__version__,
        plans=_saved(session, environment, stacks, engines, ready),
    )
    write_atomically(file, to_bytes(saved, key), mode=0o600)
    how = "encrypted" if key else "not encrypted"
    session.console.say(f"Saved in {file.name} ({how}). Apply exactly this: kubestack apply {file.name}")
    return outcome


def read_saved(session: Session, file: Path) -> Restoration:
    """The plans of a file; raises `UsageError` or `RefusedError` for what cannot be trusted or understood."""
    with disk_errors(f"read {file}"):
        content = file.read_bytes()
    return Restoration(from_bytes(content, file.name, _key(session)), file)


def _saved(
    session: Session,
    environment: Environment,
    stacks: Sequence[Stack],
    engines: Engines,
    planned: Mapping[str, PlannedStack],
) -> tuple[SavedPlan, ...]:
    """Plans with what they rest on. A state that was written since they were made is Terraform's to see."""
    digests = CommitContent(session.git, session.git.head()).digests(stacks, session.platform.environments)
    found = bindings(session, engines, stacks)
    return tuple(
        SavedPlan(
            stack=stack.path,
            content=digests[stack.path][environment.name],
            binding=found[stack.path],
            empty=planned[stack.path].changes.is_empty,
            file=_plan_file(planned[stack.path]),
        )
        for stack in stacks
    )


def _plan_file(planned: PlannedStack) -> bytes:
    if not planned.plan_file:
        return b""
    with disk_errors(f"read {planned.plan_file}"):
        return Path(planned.plan_file).read_bytes()


def _key(session: Session) -> bytes | None:
    path = session.place.plan_key
    if path is None:
        return None
    if not path.is_file():
        hint = "KUBESTACK_PLAN_KEY_FILE has to name a file. Make a key with: openssl rand -base64 32"
        raise UsageError(f"there is no key at {path}", hint=hint)
    return read_key(path)


def _refuse_secrets(planned: Mapping[str, PlannedStack], environment: Environment) -> None:
    secret = [stack for stack, plan in planned.items() if plan.confidential]
    if secret:
        raise RefusedError(
            f"the plan of {', '.join(secret)} for {environment.name} holds sensitive values, "
            "and a plan file has them in the clear: it is not saved without encryption",
            hint="Make a key with `openssl rand -base64 32`, keep it as a secret of your CI, and set "
            "KUBESTACK_PLAN_KEY_FILE to a file with it, here and where the plans are applied.",
        )


def _warn_of_needs(session: Session, stacks: Sequence[Stack], planned: Mapping[str, PlannedStack]) -> None:
    """Say which plans may rest on values that other plans of the same file change."""
    changing = {path for path, plan in planned.items() if not plan.changes.is_empty}
    for stack in stacks:
        moved = sorted(changing.intersection(stack.needs))
        if moved and stack.kind is StackKind.TERRAFORM:
            session.console.warn(
                f"{stack.path} is planned with what {', '.join(moved)} has now, and is applied like that: "
                "plan it again afterwards"
            )

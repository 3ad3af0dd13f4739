"""Ask the policies about plans, or about what the overlays render where nothing is planned."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kubestack_py.errors import PolicyEngineError, ToolMissingError
from kubestack_py.model.platform import StackKind
from kubestack_py.model.policy import PolicyEngine, PolicySubject
from kubestack_py.policy.judge import judged, mode_of, violations
from kubestack_py.policy.rules import RULES
from kubestack_py.system.process import Command, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubestack_py.model.changes import PlannedStack
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.model.policy import PolicyFinding, PolicyMode, PolicyRule, Violation
    from kubestack_py.runner.session import Session

ENGINE_SECONDS = 600.0


def police(
    session: Session, environment: Environment, planned: Mapping[str, PlannedStack]
) -> tuple[PolicyFinding, ...]:
    """What the policies say of plans, those first that keep them from being applied."""
    subjects = [
        PolicySubject(stack=stack, changes=plan.changes.changes, manifests=plan.manifests)
        for stack, plan in planned.items()
    ]
    return _findings(session, environment, subjects)


def police_manifests(
    session: Session, environment: Environment, stacks: Sequence[Stack]
) -> tuple[PolicyFinding, ...]:
    """What the policies say of what the overlays of an environment render; needs no state and no cloud.

    Raises the error of an overlay that does not build.
    """
    from kubestack_py.runner.overlays import Overlays  # plans have their manifests already

    rendering = [stack for stack in stacks if stack.kind is StackKind.KUSTOMIZE]
    overlays = Overlays(session, environment, rendering)
    subjects = [
        PolicySubject(stack=stack.path, manifests=overlays.one(stack.path).manifests) for stack in rendering
    ]
    return _findings(session, environment, subjects)


def rules_with_modes(session: Session) -> list[tuple[PolicyRule, dict[str, PolicyMode]]]:
    """Every rule, built in or the platform's own, with its mode by environment."""
    policies, environments = session.platform.policies, session.platform.environments
    rules = [*RULES.values(), *(item.rule for item in session.own_rules)]
    return [
        (rule, {item.name: mode_of(rule.id, policies, item.name, rule.mode) for item in environments})
        for rule in rules
    ]


def _findings(
    session: Session, environment: Environment, subjects: Sequence[PolicySubject]
) -> tuple[PolicyFinding, ...]:
    settings, own = session.platform.policies, session.own_rules
    found = {subject.stack: [*violations(subject, settings, own)] for subject in subjects}
    if settings.engine:
        for subject in subjects:
            found[subject.stack] += _asked(session, environment, settings.engine, subject)
    today = datetime.now(UTC).date().isoformat()
    return judged(found, settings, environment.name, today, own)


def _asked(
    session: Session, environment: Environment, engine: PolicyEngine, subject: PolicySubject
) -> list[Violation]:
    """What another engine says of one stack."""
    from kubestack_py.policy.external import ENDINGS, engine_argv, engine_input, engine_violations

    place = session.place.scratch / "policy" / engine / environment.name / subject.stack
    place.mkdir(parents=True, exist_ok=True)
    if engine is PolicyEngine.CHECKOV:
        if not subject.manifests:
            return []
        (place / "manifests.yaml").write_bytes(b"---\n".join(item.content for item in subject.manifests))
        file = place
    else:
        file = place / "input.json"
        file.write_text(json.dumps(engine_input(subject, environment.name), default=str), encoding="utf-8")
    argv = engine_argv(engine, session.policy_root / session.platform.policies.engine_policies, file)
    command = Command(
        argv=argv,
        cwd=session.policy_root,
        ok=ENDINGS[engine],
        error=PolicyEngineError,
        timeout=ENGINE_SECONDS,
        interruptible=True,
    )
    try:
        answer = run(command).text
    except ToolMissingError as error:
        raise PolicyEngineError(
            f"kubestack.yaml asks for {engine}, which is not installed",
            hint=f"Install {engine}, or take `engine` out of `policies`.",
        ) from error
    return list(engine_violations(engine, subject.stack, answer))

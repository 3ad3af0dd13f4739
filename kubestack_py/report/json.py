"""Values as JSON for scripts. Keys are stable; the schemas are in `schemas/`."""

from __future__ import annotations

import dataclasses
import json
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kubestack_py.model.changes import ChangeSet
    from kubestack_py.model.decision import Resolution
    from kubestack_py.model.event import Event
    from kubestack_py.model.outcome import EnvironmentOutcome, RunReport
    from kubestack_py.model.settings import SettingsNews
    from kubestack_py.model.status import PlatformStatus


def dump(value: object) -> str:
    """JSON for people and programs: two blanks of indentation, keys in the order of the model."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def resolution_value(event: Event, resolution: Resolution) -> dict[str, Any]:
    """`kubestack resolve -o json`."""
    return {
        "event": event.kind.value,
        "ref": event.ref,
        "source": event.source,
        "reason": resolution.reason,
        "decisions": [plain(decision) for decision in resolution.decisions],
    }


def outcome_value(outcome: EnvironmentOutcome) -> dict[str, Any]:
    """`kubestack plan`, `apply` and `verify` with `-o json`."""
    verdict = outcome.verdict
    return {
        "environment": outcome.environment,
        "action": outcome.action.value,
        "commit": outcome.commit,
        "gate": {"allowed": verdict.allowed, "checks": plain(verdict.checks)} if verdict else None,
        "stacks": [
            {
                "stack": stack.stack,
                "phase": stack.phase.value,
                "error": stack.error,
                "changes": changes_value(stack.changes) if stack.changes else None,
                "verification": plain(stack.verification),
                "expected": plain(stack.expected),
            }
            for stack in outcome.stacks
        ],
        "commands": plain(outcome.commands),
        "parity": plain(outcome.parity),
        "policies": plain(outcome.policies),
    }


def changes_value(changes: ChangeSet) -> dict[str, Any]:
    """A change set with its counts and its digest."""
    return {
        "counts": {action.value: number for action, number in changes.counts().items()},
        "digest": changes.digest(),
        "changes": plain(changes.changes),
        "outputs": plain(changes.outputs),
        "checks": plain(changes.checks),
    }


def run_value(report: RunReport) -> dict[str, Any]:
    """`kubestack run -o json`."""
    return {
        **resolution_value(report.event, report.resolution),
        "environments": [outcome_value(outcome) for outcome in report.environments],
        "settings": _settings_value(report.settings) if report.settings else None,
    }


def _settings_value(news: SettingsNews) -> dict[str, Any]:
    return {
        "target": news.target,
        "changes": list(news.changes),
        "findings": [str(finding) for finding in news.findings],
    }


def status_value(status: PlatformStatus) -> dict[str, Any]:
    """`kubestack status -o json`."""
    value: dict[str, Any] = plain(status)
    return value


def plain(value: object) -> Any:
    """Dataclasses, enums and tuples as dictionaries, strings and lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return value

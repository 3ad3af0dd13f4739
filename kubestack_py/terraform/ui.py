"""Listen to `plan -json` and `apply -json`: progress in short lines, complaints collected.

The lines: https://developer.hashicorp.com/terraform/internals/machine-readable-ui. Values of outputs
and what provisioners print are in them too, and are never passed on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from kubestack_py.terraform.diagnostics import Diagnostic, from_json

Progress = Callable[[str], None]
_DOING = {"create": "creating", "update": "updating", "delete": "deleting", "read": "reading"}
_DONE = {"create": "created", "update": "updated", "delete": "deleted", "read": "read"}
_SPOKEN = {"state_lock_acquire", "log"}
_STRAY_LINES = 40


class Listener:
    """Takes the lines of one command. `errors` are its errors, `stray` the last lines that are no JSON."""

    def __init__(self, stack: str, progress: Progress) -> None:
        self._stack = stack
        self._progress = progress
        self.errors: list[Diagnostic] = []
        self.stray: list[str] = []

    def __call__(self, line: str) -> None:
        """Take one line of standard output."""
        event = _event(line)
        if event is None:
            self.stray = [*self.stray, line][-_STRAY_LINES:]
        elif event.get("type") == "diagnostic":
            self._diagnostic(from_json(event.get("diagnostic") or {}, self._stack))
        elif text := _sentence(event):
            self._progress(text)

    @property
    def wants_init(self) -> bool:
        """True when an error says that `terraform init` is the remedy."""
        return any(error.wants_init for error in self.errors)

    def _diagnostic(self, diagnostic: Diagnostic) -> None:
        if diagnostic.is_error:
            self.errors.append(diagnostic)
        else:
            first = diagnostic.detail.partition("\n")[0]
            place = f"{diagnostic.place}: " if diagnostic.place else ""
            self._progress(f"warning: {place}{diagnostic.summary}" + (f": {first}" if first else ""))


def _event(line: str) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def _sentence(event: dict[str, Any]) -> str:
    """What a line means for somebody who waits; empty when it is not worth a line."""
    kind = str(event.get("type", ""))
    if kind in _SPOKEN:
        return str(event.get("@message", ""))
    hook = event.get("hook") or {}
    phrase = _phrase(kind, hook)
    return f"{(hook.get('resource') or {}).get('addr', '')}: {phrase}" if phrase else ""


def _phrase(kind: str, hook: dict[str, Any]) -> str:
    action = str(hook.get("action", ""))
    doing, seconds = _DOING.get(action, action), f"{hook.get('elapsed_seconds', 0)}s"
    return {
        "refresh_start": "refreshing",
        "apply_start": doing,
        "apply_progress": f"still {doing} ({seconds})",
        "apply_complete": f"{_DONE.get(action, action)} ({seconds})",
        "apply_errored": f"{action} failed ({seconds})",
        "provision_start": f"running {hook.get('provisioner', 'a provisioner')}",
        "provision_errored": f"{hook.get('provisioner', 'a provisioner')} failed",
    }.get(kind, "")

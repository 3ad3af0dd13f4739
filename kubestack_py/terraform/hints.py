"""The next step for the failures of Terraform that have one."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.terraform.locks import lock_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from kubestack_py.model.state import Selection
    from kubestack_py.terraform.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Where a failure happened: enough to write a command that can be copied."""

    tool: str
    stack: str
    environment: str
    selection: Selection

    def command(self, *args: str) -> str:
        """The command line that runs Terraform by hand there, from the top of the repository."""
        words = [self.tool, f"-chdir={self.stack}", *args]
        return f"{self.selection.in_shell} {shlex.join(words)}"


def hint(diagnostics: Iterable[Diagnostic], scene: Scene) -> str:
    """The first hint that fits what Terraform said; empty when there is none."""
    text = "\n".join(f"{item.summary}\n{item.detail}" for item in diagnostics)
    flat = " ".join(text.split())
    for words, advise in _ADVICE:
        if words in flat:
            return advise(text, scene)
    return ""


def errored_state_hint(scene: Scene, file: str) -> str:
    """What to do with a state that the backend did not take and that lies in the stack's directory."""
    return (
        f"What was done is recorded only in {scene.stack}/{file}. Keep that file (in CI, save it before the "
        "job ends) and do not apply again before it is in the backend: "
        f"{scene.command('state', 'push', file)}"
    )


def _lock(text: str, scene: Scene) -> str:
    """Who holds the state lock, and how to break it when they are gone."""
    lock = lock_in(text)
    if not lock.id:
        return "Another run holds the state lock; it is released when that run ends. Try again then."
    command = shlex.join(["kubestack", "unlock", "-e", scene.environment, scene.stack])
    return (
        f"The state is locked by {lock}. Wait for that run and try again. "
        f"If it is gone for good, {command} looks whether that can be proved, and lets go of the lock."
    )


def _backend(_text: str, scene: Scene) -> str:
    return (
        "The backend is another one than this directory was initialised with. To take the new one as it is: "
        f"{scene.command('init', '-reconfigure')}; to bring the states along: "
        f"{scene.command('init', '-migrate-state')}"
    )


def _dependencies(_text: str, scene: Scene) -> str:
    return (
        f"{scene.stack}/.terraform.lock.hcl does not list exactly the providers that the configuration and "
        f"the state of {scene.environment} need. Keep a provider in required_providers until no state uses "
        f"it any more; else run {scene.command('init')} and commit the lock file."
    )


def _checksums(_text: str, scene: Scene) -> str:
    command = scene.command("providers", "lock", "-platform=OS_ARCH")
    return f"The lock file lacks this platform's checksum: {command} (linux_amd64 …), then commit it."


def _registry(_text: str, _scene: Scene) -> str:
    return "Check the network, or point TF_CLI_CONFIG_FILE at a mirror that has this provider."


def _refused(_text: str, scene: Scene) -> str:
    return (
        f"{scene.selection.address or 'The server'} does not let this user in: TF_HTTP_USERNAME and "
        "TF_HTTP_PASSWORD say who it is. With GitLab that is a token with the scope `api`."
    )


def _unreachable(_text: str, scene: Scene) -> str:
    return f"{scene.selection.address or 'The server'} does not answer, or fails. Nothing was changed."


def _stale(_text: str, _scene: Scene) -> str:
    return "The state changed after the plan was made. Run the command again: it makes a new plan."


_ADVICE: tuple[tuple[str, Callable[[str, Scene], str]], ...] = (
    ("HTTP remote state endpoint requires auth", _refused),
    ("HTTP remote state endpoint invalid auth", _refused),
    ("Failed to lock: ", _unreachable),
    ("Failed to get state: ", _unreachable),
    ("Error acquiring the state lock", _lock),
    ("Backend configuration changed", _backend),
    ("Backend configuration block has changed", _backend),
    ("Provider dependency changes detected", _dependencies),
    ("doesn't match any of the checksums", _checksums),
    ("Failed to query available provider packages", _registry),
    ("Saved plan is stale", _stale),
)

"""Decide how an environment's state is selected in a stack: by a workspace or by an address. Pure.

The backend `http` takes its address from `kubestack.yaml` alone. One in its block would be the same for every
environment, and a pull request could send the password to a server of its choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.errors import ConfigurationError
from kubestack_py.model.finding import Finding, Location
from kubestack_py.model.platform import SETTINGS_FILE
from kubestack_py.model.state import by_address, by_workspace
from kubestack_py.terraform.backend import read_backends

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kubestack_py.model.platform import Platform
    from kubestack_py.model.state import Selection, StateSettings
    from kubestack_py.terraform.backend import Backend

HTTP = "http"
CHECK = "backend"
_OURS = ("address", "lock_address", "lock_method", "unlock_address", "unlock_method")
_SECRET = ("username", "password")
_SETTING = 'state: {address: "https://…/{stack}-{environment}"}'


def is_addressed(files: Mapping[str, bytes]) -> bool:
    """Whether the states of a root module are told apart by addresses; `files` are its own, by path."""
    return any(backend.type == HTTP for backend in _backends(files))


def select(
    platform: Platform, stacks: Sequence[str], stack: str, environment: str, files: Mapping[str, bytes]
) -> Selection:
    """The state of a stack in an environment.

    `stacks` are the paths of all Terraform stacks, `files` those of this one's root module. Raises
    `ConfigurationError` where environments or stacks would share a state.
    """
    if not is_addressed(files):
        return by_workspace(environment)
    problems = (*selection_findings(platform.state, files), *shared_findings(platform, stacks))
    if problems or platform.state is None:
        raise ConfigurationError(f"it is not certain where {stack} keeps its states", findings=problems)
    return by_address(platform.state, stack, environment)


def selection_findings(settings: StateSettings | None, files: Mapping[str, bytes]) -> Iterator[Finding]:
    """What keeps a root module from having a state for each environment."""
    backends = _backends(files)
    addressed = next((backend for backend in backends if backend.type == HTTP), None)
    if addressed is None:
        return
    other = next((backend for backend in backends if backend.type != HTTP), None)
    if other:
        yield Finding(
            check=CHECK,
            where=other.where,
            message=f"the stack has two backends, {other.type} and {HTTP} ({addressed.where})",
            hint="leave one of them",
        )
    for backend in backends:
        yield from _stated(backend)
    if settings is None:
        yield Finding(
            check=CHECK,
            where=addressed.where,
            message="the backend http knows no workspaces, and kubestack.yaml gives no addresses",
            hint=f"{_SETTING}, see docs/backends.md",
        )


def shared_findings(platform: Platform, stacks: Sequence[str]) -> Iterator[Finding]:
    """Addresses that would be those of two states; `stacks` are the paths of all Terraform stacks."""
    names = [environment.name for environment in platform.environments]
    for address in platform.state.shared(stacks, names) if platform.state else ():
        yield Finding(
            check=CHECK,
            where=Location(path=SETTINGS_FILE),
            key="state.address",
            message=f"two states would be at {address}",
            hint="put {stack} and {environment} so that no two pairs read the same, or rename a stack",
        )


def _stated(backend: Backend) -> Iterator[Finding]:
    for name in backend.arguments:
        if name in _OURS:
            yield Finding(
                check=CHECK,
                where=backend.where,
                message=f"`{name}` in the block would be the same for every environment",
                hint=f"take it out; kubestack.yaml says it: {_SETTING}",
            )
        elif name in _SECRET:
            yield Finding(
                check=CHECK,
                where=backend.where,
                message=f"`{name}` in the block would be in Git and in every plan",
                hint="take it out; Terraform reads TF_HTTP_USERNAME and TF_HTTP_PASSWORD",
            )


def _backends(files: Mapping[str, bytes]) -> list[Backend]:
    """The backends of files that may name this one; others are not parsed."""
    return read_backends({path: text for path, text in files.items() if HTTP.encode() in text})

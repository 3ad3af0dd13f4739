"""Which state Terraform works on: the one value that says how an environment's is told from the others.

Most backends keep a state for each workspace, and an environment is a workspace there. The backend `http`
knows no workspaces but only an address: each environment of each stack has an address of its own there, and
the configuration learns the environment from a variable, since `terraform.workspace` is `default` in all.

Everything is said by the process environment. Terraform 1.11 writes an address that it has from there
neither to `.terraform` nor into plans, so one directory serves all environments at once, as it does with
workspaces; with `-backend-config` each would need an init and a TF_DATA_DIR of its own.
"""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ENVIRONMENT_VARIABLE = "environment"
ENVIRONMENT, STACK = "{environment}", "{stack}"
_ADDRESS = "TF_HTTP_ADDRESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSettings:
    """Where an HTTP server keeps the states, and how it locks them.

    `address` has `{environment}` and `{stack}` in it. A lock is asked for at the address and `lock_suffix`.
    """

    address: str
    lock_suffix: str = ""
    lock_method: str = "LOCK"
    unlock_method: str = "UNLOCK"

    def address_of(self, stack: str, environment: str) -> str:
        """The address of one state; slashes of a stack's path become dashes."""
        return self.address.replace(STACK, stack.replace("/", "-")).replace(ENVIRONMENT, environment)

    def shared(self, stacks: Iterable[str], environments: Iterable[str]) -> tuple[str, ...]:
        """The addresses that two of these states would share."""
        names = tuple(environments)
        counted = Counter(self.address_of(stack, name) for stack in stacks for name in names)
        return tuple(address for address, count in counted.items() if count > 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The state of one environment: `variables` of the process environment make Terraform use it.

    `address` is where it is, empty where a workspace says it.
    """

    variables: Mapping[str, str | None]
    address: str = ""

    @property
    def in_shell(self) -> str:
        """The same as the beginning of a command line."""
        given = (
            f"{name}={shlex.quote(value)}" for name, value in self.variables.items() if value is not None
        )
        return " ".join(given)


def by_workspace(environment: str) -> Selection:
    """The state of a workspace."""
    return Selection(variables={"TF_WORKSPACE": environment})


def by_address(settings: StateSettings, stack: str, environment: str) -> Selection:
    """The state at an address of its own. Who may read it is left to `TF_HTTP_USERNAME` and `_PASSWORD`."""
    address = settings.address_of(stack, environment)
    lock = address + settings.lock_suffix
    return Selection(
        address=address,
        variables={
            "TF_WORKSPACE": None,
            _ADDRESS: address,
            "TF_HTTP_LOCK_ADDRESS": lock,
            "TF_HTTP_LOCK_METHOD": settings.lock_method,
            "TF_HTTP_UNLOCK_ADDRESS": lock,
            "TF_HTTP_UNLOCK_METHOD": settings.unlock_method,
            f"TF_VAR_{ENVIRONMENT_VARIABLE}": environment,
        },
    )

"""What a plan rests on beside the configuration: workspace, backend, state, lock file, version.

Terraform 1.11 compares none of the first two itself: it applies a plan of one workspace to another
one as long as neither has a state, and to the backend that the plan remembers, whatever is
configured. The serial of the state it does compare, with the plan's own.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import msgspec

from kubestack_py.errors import TerraformError
from kubestack_py.model.saved import TerraformBinding
from kubestack_py.terraform import diagnostics
from kubestack_py.terraform.layout import BACKEND_RECORD, LOCK_FILE, content

if TYPE_CHECKING:
    from pathlib import Path

    from kubestack_py.terraform.program import Program


class StatePosition(msgspec.Struct, frozen=True):
    """Which state, and how often it was written. Nothing else of a state is kept: it holds secrets."""

    lineage: str = ""
    serial: int = 0


def read_binding(program: Program) -> TerraformBinding:
    """What a plan made now rests on; the directory has to be initialised.

    Raises `TerraformError` when the backend cannot be reached.
    """
    state = state_position(program)
    return TerraformBinding(
        workspace=program.environment,
        backend=backend(program.directory, program.selection.address),
        lineage=state.lineage,
        serial=state.serial,
        lock_file=_digest(content(program.directory / LOCK_FILE)),
        tool=f"{program.tool.name} {program.tool.version}",
    )


def backend(directory: Path, address: str = "") -> str:
    """The backend as init recorded it: its type, and a digest of its configuration, which may hold secrets.

    What a backend takes from the process environment is in neither Terraform's record nor its plans; of that,
    the `address` that this program gives it counts.
    """
    record = json.loads(content(directory / BACKEND_RECORD) or b"{}").get("backend") or {}
    configuration = json.dumps([address, record.get("config") or {}], sort_keys=True).encode()
    return f"{record.get('type', 'local')} sha256:{_digest(configuration)[:16]}"


def state_position(program: Program) -> StatePosition:
    """Lineage and serial of the workspace's state; empty and 0 where there is none yet."""
    done = program.run("state", "pull")
    if done.code:
        raise program.failure("state pull", diagnostics.from_text(done.err, program.stack), said=done.err)
    if not done.out.strip():
        return StatePosition()
    try:
        return msgspec.json.decode(done.out, type=StatePosition)
    except msgspec.MsgspecError as error:
        raise TerraformError(f"the state of {program.stack} is no state", detail=str(error)) from error


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest() if text else ""

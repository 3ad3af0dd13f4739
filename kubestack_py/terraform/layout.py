"""Where things lie in the directory of a stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.file_names import TERRAFORM_SUFFIXES

if TYPE_CHECKING:
    from pathlib import Path

DATA_DIRECTORY = ".terraform"
LOCK_FILE = ".terraform.lock.hcl"
BACKEND_RECORD = f"{DATA_DIRECTORY}/terraform.tfstate"
MODULES_RECORD = f"{DATA_DIRECTORY}/modules/modules.json"
ERRORED_STATE = "errored.tfstate"


def configuration_files(directory: Path) -> list[Path]:
    """The files that Terraform or OpenTofu reads as configuration of one module, sorted."""
    try:
        return sorted(path for path in directory.iterdir() if path.name.endswith(TERRAFORM_SUFFIXES))
    except OSError:
        return []


def variables_file(directory: Path, environment: str) -> Path | None:
    """The variables of one environment (`ops.tfvars`), if the stack has such a file."""
    path = directory / f"{environment}.tfvars"
    return path if path.is_file() else None


def keep_errored_state(directory: Path, environment: str) -> str:
    """Give the state that could not be saved the environment's name, and return its file name.

    Terraform writes it as `errored.tfstate` whatever the workspace, so another environment's apply
    in the same directory would overwrite it. An earlier one of the environment is not replaced.
    """
    own = directory / f"errored.{environment}.tfstate"
    if own.exists():
        return ERRORED_STATE
    try:
        (directory / ERRORED_STATE).rename(own)
    except OSError:
        return ERRORED_STATE
    return own.name


def content(path: Path) -> bytes:
    """The bytes of a file; none when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""

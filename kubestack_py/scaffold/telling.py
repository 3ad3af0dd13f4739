"""How the configuration of a stack knows which environment it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.state import ENVIRONMENT_VARIABLE
from kubestack_py.scaffold.edits import content_of
from kubestack_py.terraform.layout import configuration_files
from kubestack_py.terraform.selection import is_addressed

if TYPE_CHECKING:
    from pathlib import Path


def environment_expression(root: Path, stack: str) -> str:
    """What modules are given as `environment`; empty where the Terraform workspace says it."""
    files = {path.name: content_of(path) or b"" for path in configuration_files(root / stack)}
    return f"var.{ENVIRONMENT_VARIABLE}" if is_addressed(files) else ""

"""Whose state Terraform works on, from the files of a stack as they are on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.platform import StackKind
from kubestack_py.runner.configuring import stack_files
from kubestack_py.terraform.selection import select

if TYPE_CHECKING:
    from kubestack_py.model.platform import Environment
    from kubestack_py.model.state import Selection
    from kubestack_py.runner.session import Session


def selection_of(session: Session, environment: Environment, stack: str) -> Selection:
    """How the state of a stack in an environment is selected. Raises `ConfigurationError`."""
    stacks = [item.path for item in session.stacks if item.kind is StackKind.TERRAFORM]
    return select(session.platform, stacks, stack, environment.name, stack_files(session.root, stack))

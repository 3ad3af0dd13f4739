"""Refuse, before anything is written, what would arrive encrypted and stay so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.checks.encrypted import check_encrypted
from kubestack_py.errors import DeliveryError
from kubestack_py.model.examined import Built
from kubestack_py.model.finding import Severity
from kubestack_py.model.platform import Delivery
from kubestack_py.runner.content import BoundedContent, closure
from kubestack_py.runner.locating import located

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kubestack_py.model.manifest import Manifest
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.runner.session import Session


def refuse_encrypted(
    session: Session, environment: Environment, stack: Stack, manifests: Sequence[Manifest]
) -> None:
    """Raise `DeliveryError` with file and line of every value that nobody would decrypt."""
    objects = [Built(environment=environment.name, stack=stack.path, manifest=item) for item in manifests]
    kubectl = {stack.path} if stack.delivery is Delivery.KUBECTL else set[str]()
    problems = [item for item in check_encrypted(objects, kubectl) if item.severity is Severity.ERROR]
    if problems:
        content = BoundedContent(session.git)
        findings = located(problems, {stack.path: closure(stack, content).files}, content.read)
        raise DeliveryError(
            f"{stack.path} has values that nobody would decrypt in {environment.name}; nothing was delivered",
            detail="\n".join(f"{item.where}: {item.object}: {item.message}" for item in findings),
            hint="\n".join(dict.fromkeys(f"{item.hint[0].upper()}{item.hint[1:]}." for item in findings)),
        )

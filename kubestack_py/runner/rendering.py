"""Every overlay built, an environment at a time, as a plan would: objects, and what Kustomize says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.errors import KustomizeError, ToolError
from kubestack_py.kustomize.build import Overlay
from kubestack_py.model.examined import Built
from kubestack_py.model.finding import Finding, Location, Severity
from kubestack_py.model.platform import StackKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kubestack_py.kustomize.build import Rendered
    from kubestack_py.runner.examining import StackFiles
    from kubestack_py.runner.remembering import Memory
    from kubestack_py.runner.session import Session


def render(
    session: Session, stacks: Sequence[StackFiles], memory: Memory
) -> tuple[list[Built], list[Finding]]:
    """The objects of all overlays that build, and a finding for each that does not or that warns.

    Without a tool there are no objects, and one finding that says so.
    """
    objects: list[Built] = []
    findings: list[Finding] = []
    for environment in session.platform.environments:
        overlays = dict(_overlays(stacks, environment.name))
        if not overlays:
            continue
        scratch = session.place.scratch / "validate" / environment.name
        scratch.mkdir(parents=True, exist_ok=True)
        try:
            results = memory.build(overlays, scratch)
        except ToolError as error:
            return [], [Finding(check="build", message=error.message, hint=error.hint)]
        for overlay in overlays:
            result = results[overlay.stack]
            findings += _said(result, overlay)
            if not isinstance(result, KustomizeError):
                objects += (
                    Built(environment=environment.name, stack=overlay.stack, manifest=manifest)
                    for manifest in result.manifests
                )
    return objects, findings


def _overlays(stacks: Sequence[StackFiles], environment: str) -> Iterator[tuple[Overlay, frozenset[str]]]:
    for item in stacks:
        directory = item.overlay(environment) if item.stack.kind is StackKind.KUSTOMIZE else None
        if directory and item.is_sound:
            yield Overlay(stack=item.stack.path, path=directory), item.files


def _said(result: Rendered | KustomizeError, overlay: Overlay) -> Iterator[Finding]:
    where = Location(path=overlay.path)
    if isinstance(result, KustomizeError):
        hint = "" if result.detail else result.hint
        yield Finding(check="build", where=where, message=result.detail or result.message, hint=hint)
        return
    for warning in result.warnings:
        yield Finding(check="build", severity=Severity.WARNING, where=where, message=warning)

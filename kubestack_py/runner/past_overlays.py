"""What a stack rendered at a former commit, for being compared with what a cluster holds now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.errors import KustomizeError
from kubestack_py.kustomize.build import Overlay, build
from kubestack_py.runner.content import CommitContent, closure
from kubestack_py.system.files import disk_errors

if TYPE_CHECKING:
    from kubestack_py.model.manifest import Manifest
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.runner.session import Session

_REGULAR = "100"


def render_past(
    session: Session, environment: Environment, stack: Stack, commit: str
) -> tuple[Manifest, ...]:
    """The objects of a stack at a commit. Only the files that determine it are written, to scratch.

    Raises `KustomizeError` where it cannot be rendered (any more), `GitError` where this clone lacks
    the commit.
    """
    content = CommitContent(session.git, commit)
    top = session.place.scratch / "past" / environment.name / commit
    for path in closure(stack, content).files:
        entry = content.tree.get(path)
        if entry and entry.mode.startswith(_REGULAR):
            with disk_errors(f"write {path} of {commit[:8]}"):
                (top / path).parent.mkdir(parents=True, exist_ok=True)
                (top / path).write_bytes(content.read(path) or b"")
    scratch = top.with_suffix(".builds")
    scratch.mkdir(parents=True, exist_ok=True)
    overlay = Overlay(stack=stack.path, path=stack.overlay(environment.name))
    rendered = build(session.kustomize, top, [overlay], scratch, 1)[stack.path]
    if isinstance(rendered, KustomizeError):
        raise rendered
    return rendered.manifests

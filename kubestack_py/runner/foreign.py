"""Before anything of a pull request is planned: does it bring code that a plan would run, or fetch anything?

What the target runs already, and what its settings allow, may be planned. The rest is refused before
`init`, since Terraform starts what it has downloaded, and before Kustomize asks an address.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from kubestack_py.errors import RefusedError
from kubestack_py.model.platform import SETTINGS_FILE, StackKind
from kubestack_py.model.pull_request_settings import External
from kubestack_py.runner.content import CommitContent, WorkTreeContent, closure
from kubestack_py.runner.elsewhere import unknown_sources
from kubestack_py.terraform.foreign import Foreign, Kind, foreign_code, programs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kubestack_py.model.platform import Stack
    from kubestack_py.model.pull_request_settings import PullRequestSettings
    from kubestack_py.runner.content import Content
    from kubestack_py.runner.session import Session


def refuse_foreign_code(session: Session, target: str, tip: str) -> None:
    """Raise `RefusedError` with everything that a plan would run and the target does not.

    `session` has the settings of the target, `tip` is its newest known commit.
    """
    here, there = WorkTreeContent(session.git), CommitContent(session.git, tip)
    allowed = session.platform.pull_requests
    lines = []
    for stack in session.stacks:
        if stack.kind is StackKind.KUSTOMIZE:
            unknown = unknown_sources(stack, here, there, allowed)
            lines += [f"{item.where}: {item.target} is not in this repository" for item in unknown]
    stacks = [stack for stack in session.stacks if stack.kind is StackKind.TERRAFORM]
    for stack in stacks:
        lines += [f"{path}: a symbolic link to other code" for path in _linked(session.root, stack, here)]
        lines += _of_stack(allowed, stack, here, there)
    tracked = session.git.list_tree(session.git.head())
    started = programs(tracked, (stack.path for stack in stacks))
    lines += [f"{path}: a provider in the repository" for path in started]
    if lines:
        raise RefusedError(
            f"nothing of this pull request is planned: a plan would run or fetch what {target} does not\n"
            + "\n".join(f"  {line}" for line in dict.fromkeys(lines)),
            hint=f"Look at it, then allow it on {target} first: `pull_requests` in {SETTINGS_FILE}.",
        )


def _of_stack(settings: PullRequestSettings, stack: Stack, here: Content, there: Content) -> Iterator[str]:
    known = {(item.kind, item.name, item.content) for item in _code(stack, there)}
    for item in _code(stack, here):
        comparable = item.kind in {Kind.PROVIDER, Kind.MODULE} or item.content
        runs_already = comparable and (item.kind, item.name, item.content) in known
        if not runs_already and not _is_allowed(settings, item, here, there):
            problem = " cannot be read without Terraform" if item.kind is Kind.UNREADABLE else ""
            yield f"{item.where}: {item.kind} {item.name}{problem}"


def _linked(root: Path, stack: Stack, here: Content) -> Iterator[str]:
    """The stack or modules of it that Terraform finds behind links, and that were not read here."""
    if (root / stack.path).resolve() != root.resolve() / stack.path:
        yield stack.path
    found = closure(stack, here)
    for item in (*found.missing, *found.escapes):
        if (root / item.where.path).parent.joinpath(item.target).is_dir():
            yield f"{item.where}: {item.target}"


def _code(stack: Stack, content: Content) -> tuple[Foreign, ...]:
    return foreign_code({path: content.read(path) or b"" for path in closure(stack, content).files})


def _is_allowed(settings: PullRequestSettings, item: Foreign, here: Content, there: Content) -> bool:
    match item.kind:
        case Kind.PROVIDER:
            return any(fnmatchcase(item.name, glob) for glob in settings.providers)
        case Kind.MODULE:
            return any(fnmatchcase(item.name, glob) for glob in settings.modules)
        case Kind.DATA | Kind.SETTING:
            return settings.external is External.ALLOW
        case Kind.UNREADABLE:
            return here.read(item.name) == there.read(item.name)

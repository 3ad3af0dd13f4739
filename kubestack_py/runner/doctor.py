"""`kubestack doctor`: the tools of this machine, and whether this repository is in order."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

from kubestack_py import __version__
from kubestack_py.errors import ConfigurationError, KubestackError
from kubestack_py.model.health import Health
from kubestack_py.runner.session import find_kustomize, find_terraform
from kubestack_py.system.git import FALLBACK_IDENTITY
from kubestack_py.system.tools import GIT, find_tool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kubestack_py.model.platform import ToolRequirement
    from kubestack_py.runner.session import Session
    from kubestack_py.system.tools import Tool


def examine(session: Session) -> tuple[Health, ...]:
    """Everything there is to look at: tools first, then the repository, if there is one."""
    cache = session.place.cache
    git = _look("git", lambda: _words(find_tool(GIT, cache)))
    repository = _look("repository", lambda: str(session.root)) if git.ok else None
    settings = _look("kubestack.yaml", lambda: _settings(session)) if repository and repository.ok else None
    required = session.platform.tools if settings and settings.ok else ()
    checks = [
        Health(name="kubestack", ok=True, found=f"{__version__} on Python {platform.python_version()}"),
        git,
        *_tools(required, session),
    ]
    if repository and not repository.ok:
        checks.append(
            Health(name="repository", ok=False, needed=False, found="not inside one", hint=repository.hint)
        )
    elif repository and settings:
        checks += [repository, settings]
    if settings and settings.ok:
        checks += [
            _look("stacks", lambda: ", ".join(stack.path for stack in session.stacks)),
            _work_tree(session),
            _identity(session),
            _remote(session),
            _look("evidence", lambda: _evidence(session)),
        ]
    return tuple(checks)


def _look(name: str, find: Callable[[], str]) -> Health:
    """What a look finds; an expected failure is a finding."""
    try:
        return Health(name=name, ok=True, found=find())
    except ConfigurationError as error:
        return Health(
            name=name, ok=False, found=error.message, hint="Run `kubestack validate` to see every finding."
        )
    except KubestackError as error:
        return Health(name=name, ok=False, found=error.message, hint=error.hint)


def _tools(required: Sequence[ToolRequirement], session: Session) -> list[Health]:
    cache = session.place.cache
    return [
        _look("terraform", lambda: _words(find_terraform(required, cache))),
        _look("kustomize", lambda: _words(find_kustomize(required, cache))),
    ]


def _words(tool: Tool) -> str:
    return f"{tool.name} {tool.version} ({tool.path})"


def _settings(session: Session) -> str:
    chain = " → ".join(environment.name for environment in session.platform.environments)
    return f"{session.platform.name}: {chain}"


def _work_tree(session: Session) -> Health:
    dirty = session.git.dirty_paths()
    found = f"{len(dirty)} files differ from the commit" if dirty else "clean"
    hint = "`kubestack plan` takes them; `kubestack apply` wants them committed."
    return Health(name="work tree", ok=not dirty, needed=False, found=found, hint=hint)


def _identity(session: Session) -> Health:
    name, email = session.git.identity
    known = (name, email) != FALLBACK_IDENTITY
    found = f"{name} <{email}>" if known else "none configured"
    hint = "Evidence is written as kubestack; set user.name and user.email to write it as yourself."
    return Health(name="identity", ok=known, needed=False, found=found, hint=hint)


def _remote(session: Session) -> Health:
    remote = session.remote
    hint = "Without a remote, evidence and rendered branches stay in this clone: git remote add origin URL."
    found = remote or "no remote, or several without an origin"
    return Health(name="remote", ok=remote is not None, needed=False, found=found, hint=hint)


def _evidence(session: Session) -> str:
    session.synchronise()
    number = len(session.ledger.records())
    return f"{number} records in {session.platform.evidence.ref}"

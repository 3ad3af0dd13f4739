"""`kubestack validate`: look at everything that needs no credentials, and say all that is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.config.schema import findings as schema_findings
from kubestack_py.config.stacks import find_stacks
from kubestack_py.errors import KustomizeError, ToolError
from kubestack_py.kustomize.build import Overlay, build
from kubestack_py.model.finding import Finding, Location, Severity
from kubestack_py.model.platform import StackKind
from kubestack_py.runner.content import WorkTreeContent, closure
from kubestack_py.system.yaml import YamlError, load_all
from kubestack_py.terraform import hcl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kubestack_py.model.closure import Closure
    from kubestack_py.model.platform import Stack
    from kubestack_py.runner.session import Session

_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_TERRAFORM = (".tf", ".tf.json")
_YAML = (".yaml", ".yml")


def examine(session: Session) -> tuple[Finding, ...]:
    """Every finding, errors and warnings, in the order of the stacks.

    Raises `ConfigurationError` when kubestack.yaml itself cannot be read: without it nothing says
    what the rest should be.
    """
    platform = session.platform
    found = list(schema_findings(session.source, session.source.parse()))
    stacks, problems = find_stacks(platform, session.source, session.root)
    found += problems
    content = WorkTreeContent(session.git)
    missing: set[str] = set()
    for stack in stacks:
        files = closure(stack, content)
        found += _unfollowed(stack, files)
        if stack.kind is StackKind.TERRAFORM:
            found += _terraform(session, stack, files.files, content)
        else:
            absent = list(_missing_overlays(session, stack, content))
            missing.update(finding.where.path for finding in absent if finding.where)
            found += absent
            found += _yaml(files.files, content)
    found += _builds(session, stacks, missing)
    return tuple(dict.fromkeys(found))


def _unfollowed(stack: Stack, files: Closure) -> Iterator[Finding]:
    """References that lead out of the repository, or nowhere."""
    for reference in files.escapes:
        yield Finding(
            check="reference",
            where=reference.where,
            message=f"{reference.target} leads out of the repository",
            hint=f"what {stack.path} is made of has to be in Git, or a change of it goes unnoticed",
        )
    for reference in files.missing:
        yield Finding(check="reference", where=reference.where, message=f"{reference.target} does not exist")
    for reference in files.dynamic:
        yield Finding(
            check="reference",
            severity=Severity.WARNING,
            where=reference.where,
            message=f"{reference.target} reads a path that is only known to Terraform",
            hint=f"keep what it reads below {stack.path}, so that a change of it is noticed",
        )


def _terraform(
    session: Session, stack: Stack, files: Iterable[str], content: WorkTreeContent
) -> Iterator[Finding]:
    """Syntax of every configuration file, and a configuration for every environment."""
    for path in sorted(path for path in files if path.endswith(_TERRAFORM)):
        source = content.read(path) or b""
        error = hcl.syntax_error(source, cache=session.place.cache, name=path)
        if error:
            where = Location(path=path, line=error[0], column=error[1])
            yield Finding(
                check="hcl-syntax",
                where=where,
                message="this is not valid HCL",
                hint="terraform fmt says more",
            )
        elif path.startswith(f"{stack.path}/"):
            yield from _configurations(session, path, source)


def _configurations(session: Session, path: str, source: bytes) -> Iterator[Finding]:
    """Every `configuration = {…}` map has a key for every environment, and none for an unknown one."""
    names = [environment.name for environment in session.platform.environments]
    for found in hcl.configuration_keys(source, name=path):
        keys = dict(found.keys)
        for name in names:
            if found.complete and name not in keys:
                yield Finding(
                    check="environment",
                    where=Location(path=path, line=found.line),
                    message=f"the configuration of {found.where} has no key for the environment {name}",
                    hint=f"add `{name} = {{}}` to inherit everything",
                )
        for key, line in keys.items():
            if key not in names:
                yield Finding(
                    check="environment",
                    severity=Severity.WARNING,
                    where=Location(path=path, line=line),
                    message=f"the configuration of {found.where} has the key {key}, which is no environment",
                    hint=f"environments: {', '.join(names)}",
                )


def _missing_overlays(session: Session, stack: Stack, content: WorkTreeContent) -> Iterator[Finding]:
    for environment in session.platform.environments:
        overlay = f"{stack.path}/overlays/{environment.name}"
        if not any(content.read(f"{overlay}/{name}") is not None for name in _KUSTOMIZATIONS):
            yield Finding(
                check="overlay",
                where=Location(path=overlay),
                message=f"{stack.path} has no overlay for the environment {environment.name}",
                hint=f"add {overlay}/kustomization.yaml",
            )


def _yaml(files: Iterable[str], content: WorkTreeContent) -> Iterator[Finding]:
    for path in sorted(path for path in files if path.endswith(_YAML)):
        try:
            load_all(content.read(path) or b"", path)
        except YamlError as error:
            where = Location(path=path, line=error.line, column=error.column)
            yield Finding(check="yaml", where=where, message=error.problem)


def _builds(session: Session, stacks: Sequence[Stack], missing: set[str]) -> Iterator[Finding]:
    """Build every overlay that exists, an environment at a time, as a plan would."""
    for environment in session.platform.environments:
        overlays = [
            Overlay(stack=stack.path, path=f"{stack.path}/overlays/{environment.name}")
            for stack in stacks
            if stack.kind is StackKind.KUSTOMIZE
        ]
        overlays = [overlay for overlay in overlays if overlay.path not in missing]
        if not overlays:
            continue
        scratch = session.place.scratch / "validate" / environment.name
        scratch.mkdir(parents=True, exist_ok=True)
        try:
            results = build(session.kustomize, session.root, overlays, scratch, session.place.parallel)
        except ToolError as error:
            yield Finding(check="build", message=error.message, hint=error.hint)
            return
        for overlay in overlays:
            result = results[overlay.stack]
            where = Location(path=overlay.path)
            if isinstance(result, KustomizeError):
                yield Finding(check="build", where=where, message=result.detail or result.message)
            else:
                for warning in result.warnings:
                    yield Finding(check="build", severity=Severity.WARNING, where=where, message=warning)

"""`kubestack config`: what the configurations of an environment come to, from the files alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.errors import ConfigurationError, UsageError
from kubestack_py.model.configuration import EffectiveConfiguration
from kubestack_py.model.platform import StackKind
from kubestack_py.terraform.configurations import read_configurations
from kubestack_py.terraform.layout import configuration_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kubestack_py.model.finding import Finding
    from kubestack_py.model.platform import Environment, Stack
    from kubestack_py.runner.session import Session
    from kubestack_py.terraform.configurations import ModuleConfiguration


def show_configuration(
    session: Session, environment: Environment, what: str = ""
) -> tuple[tuple[EffectiveConfiguration, ...], tuple[Finding, ...]]:
    """Every inherited configuration of an environment, and those that only Terraform can read.

    `what` is a module (`cluster`), a path (`node_pools.default`), or a path in a module
    (`cluster.node_pools`); nothing for everything. Raises `ConfigurationError` for what is wrong with the
    inheritance, and `UsageError` when there is nothing of that name.
    """
    found: list[EffectiveConfiguration] = []
    wrong: list[Finding] = []
    unread: list[Finding] = []
    for stack in session.stacks:
        if stack.kind is StackKind.TERRAFORM:
            files = stack_files(session.root, stack.path)
            reading = read_configurations(files, session.platform.environments[-1].name)
            unread += reading.findings
            for module in reading.modules:
                found.append(_effective(stack, module, environment.name))
                wrong += module.inheritance.findings
    if wrong:
        raise ConfigurationError("the configurations cannot be merged", findings=tuple(dict.fromkeys(wrong)))
    return tuple(_selected(found, what)), tuple(unread)


def stack_files(root: Path, stack: str) -> dict[str, bytes]:
    """The configuration files of a root module as they are on disk, by their path in the repository."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in configuration_files(root / stack)
    }


def _effective(stack: Stack, module: ModuleConfiguration, environment: str) -> EffectiveConfiguration:
    inheritance = module.inheritance
    inheritance.check_parents()
    known = environment in inheritance.configurations
    if not known:
        names = ", ".join(inheritance.configurations)
        inheritance.note(
            f"module.{module.name} has no configuration for {environment}",
            f"add `{environment} = {{}}` to inherit everything; configured: {names}",
        )
    return EffectiveConfiguration(
        stack=stack.path,
        where=f"module.{module.name}",
        line=inheritance.line(environment),
        values=tuple(inheritance.merged(environment).values()) if known else (),
    )


def _selected(found: list[EffectiveConfiguration], what: str) -> Iterator[EffectiveConfiguration]:
    """The configurations, or the part of them, that `what` names."""
    chosen = [part for item in found if (part := _part(item, what.removeprefix("module.")))]
    if what and not chosen:
        names = ", ".join(item.where.removeprefix("module.") for item in found)
        raise UsageError(
            f"there is no configuration and no path {what!r}",
            hint=f"Name a configuration ({names}), a path such as node_pools.default, or both with a dot.",
        )
    yield from chosen


def _part(item: EffectiveConfiguration, what: str) -> EffectiveConfiguration | None:
    name = item.where.removeprefix("module.")
    if what in {"", name}:
        return item
    path = what.removeprefix(f"{name}.")
    values = tuple(value for value in item.values if value.name == path or value.name.startswith(f"{path}."))
    if not values:
        return None
    return EffectiveConfiguration(stack=item.stack, where=item.where, line=item.line, values=values)

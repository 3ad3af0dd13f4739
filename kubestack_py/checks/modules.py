"""Calls of local modules, told without Terraform: arguments, outputs, and what a type drops in silence."""

from __future__ import annotations

import difflib
import posixpath
from typing import TYPE_CHECKING

from kubestack_py.model.file_names import TERRAFORM_SUFFIXES
from kubestack_py.model.finding import Finding
from kubestack_py.terraform.configurations import read_configurations
from kubestack_py.terraform.hcl import CONFIGURATION
from kubestack_py.terraform.interfaces import variables_file
from kubestack_py.terraform.types import ObjectType, Type, dropped_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from kubestack_py.model.finding import Location
    from kubestack_py.terraform.configurations import ModuleConfiguration
    from kubestack_py.terraform.interfaces import Argument, Call, Interface, Reference
    from kubestack_py.terraform.types import Dropped

_MOST = 12


def check_calls(modules: Mapping[str, Interface]) -> Iterator[Finding]:
    """Arguments that a local module does not take or lacks, and references that lead nowhere.

    `terraform validate` says the same, where it can be run.
    """
    for module in modules.values():
        for call in module.calls.values():
            called = modules.get(call.directory) if call.directory is not None else None
            if called and called.whole:
                yield from _arguments(call, called)
        if module.whole:
            for reference in module.references:
                yield from _leads_nowhere(reference, module, modules)


def _arguments(call: Call, called: Interface) -> Iterator[Finding]:
    for name, argument in call.arguments.items():
        if name not in called.variables:
            yield Finding(
                check="module-call",
                where=argument.where,
                message=f"module.{call.name} has the argument {name}, which {call.directory} does not take",
                hint=_suggestion(name, called.variables),
            )
    for name, variable in called.variables.items():
        if variable.required and name not in call.arguments:
            yield Finding(
                check="module-call",
                where=call.where,
                message=f"module.{call.name} lacks the argument {name}, which {call.directory} requires",
                hint=f"add `{name} = …`",
            )


def _leads_nowhere(
    reference: Reference, module: Interface, modules: Mapping[str, Interface]
) -> Iterator[Finding]:
    if reference.kind == "var":
        if reference.name not in module.variables:
            yield _unknown(
                reference.name, reference, f"there is no variable {reference.name} here", module.variables
            )
        return
    call = module.calls.get(reference.name)
    if call is None:
        yield _unknown(reference.name, reference, f"there is no module {reference.name} here", module.calls)
        return
    called = modules.get(call.directory) if call.directory is not None else None
    output = reference.output
    if called and called.whole and output and output not in called.outputs:
        yield _unknown(output, reference, f"{call.directory} has no output {output}", called.outputs)


def _unknown(name: str, reference: Reference, message: str, known: Iterable[str]) -> Finding:
    return Finding(check="module-call", where=reference.where, message=message, hint=_suggestion(name, known))


def check_attributes(
    stack: str, modules: Mapping[str, Interface], files: Mapping[str, bytes], environments: Sequence[str]
) -> Iterator[Finding]:
    """Attributes that Terraform drops, because the type of the variable does not name them.

    `files` are all of the stack's closure. A configuration is followed to where its types are.
    """
    for module in modules.values():
        for call in module.calls.values() if module.whole else ():
            called = modules.get(call.directory) if call.directory is not None else None
            for name, argument in call.arguments.items() if called and called.whole else ():
                yield from _dropped(f"{name} of module.{call.name}", argument, called, name)
    root = {path: text for path, text in files.items() if posixpath.dirname(path) == stack}
    for path, text in root.items():
        for name, argument in variables_file(text, path).items() if path.endswith(".tfvars") else ():
            yield from _dropped(name, argument, modules.get(stack), name)
    configured = {path: text for path, text in root.items() if path.endswith(TERRAFORM_SUFFIXES)}
    yield from _of_configurations(stack, modules, configured, environments)


def _dropped(what: str, argument: Argument, taker: Interface | None, name: str) -> Iterator[Finding]:
    variable = taker.variables.get(name) if taker else None
    for item in argument.dropped(variable.type) if variable else ():
        yield _drops(what, item, item.where or argument.where)


def _of_configurations(
    stack: str, modules: Mapping[str, Interface], files: Mapping[str, bytes], environments: Sequence[str]
) -> Iterator[Finding]:
    """What of a configuration that is inherited before it has a type is dropped by that type."""
    calls = modules[stack].calls if stack in modules else {}
    for module in read_configurations(files, environments[-1]).modules:
        call = calls.get(module.name)
        kind = configuration_type(call, modules) if call else None
        module.inheritance.check_parents()
        if kind is None or module.inheritance.findings:
            continue
        yield from _of_configuration(module, kind)


def _of_configuration(module: ModuleConfiguration, kind: Type) -> Iterator[Finding]:
    """One finding for each environment that says a dropped attribute, where its first value is."""
    found: dict[tuple[str, tuple[str, ...]], Finding] = {}
    for environment in module.inheritance.configurations:
        for value in module.inheritance.merged(environment).values():
            said = value.origins[-1]
            for item in () if value.computed else dropped_at(value.path, value.value, kind):
                finding = _drops(f"the configuration of module.{module.name}", item, said.where)
                found.setdefault((said.environment, item.path), finding)
    yield from found.values()


def configuration_type(call: Call, modules: Mapping[str, Interface]) -> Type:
    """The type of one environment's configuration, where a module hands it on to another with a type.

    That is a module with `for_each = module.<configuration>.merged`, of which one argument is `each.value`.
    """
    module = modules.get(call.directory or "")
    for inner in module.calls.values() if module else ():
        source = inner.text("for_each").removeprefix("module.").removesuffix(".merged")
        merging = module.calls.get(source) if module else None
        target = modules.get(inner.directory or "")
        if merging and target and merging.text(CONFIGURATION) == f"var.{CONFIGURATION}":
            types = (
                target.variables[name].type
                for name in inner.arguments
                if inner.text(name) == "each.value" and name in target.variables
            )
            for found in types:
                if isinstance(found, ObjectType):
                    return found
    return None


def _drops(what: str, item: Dropped, where: Location) -> Finding:
    return Finding(
        check="dropped-attribute",
        where=where,
        key=".".join(item.path),
        message=f"Terraform drops {item.path[-1]} from {what}: its type has no such attribute",
        hint=_suggestion(item.path[-1], item.known),
    )


def _suggestion(name: str, known: Iterable[str]) -> str:
    choices = sorted(known)
    near = difflib.get_close_matches(name, choices, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    more = f" and {len(choices) - _MOST} more" if len(choices) > _MOST else ""
    return f"there are: {', '.join(choices[:_MOST])}{more}" if choices else ""

"""The inherited configurations of a stack: where they stand, and who inherits from whom in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubestack_py.model.finding import Finding, Location
from kubestack_py.terraform import hcl_json, syntax
from kubestack_py.terraform.hcl import CONFIGURATION, is_json
from kubestack_py.terraform.inheritance import Inheritance
from kubestack_py.terraform.written import Written, from_hcl, from_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tree_sitter import Node

_BASES = ("configuration_base_key", "base_key")
PARENTS = ("configuration_parents", "parents")


@dataclass(frozen=True, slots=True)
class ModuleConfiguration:
    """A module call with a configuration: its name, and who inherits what in it."""

    name: str
    inheritance: Inheritance


@dataclass(slots=True)
class Reading:
    """What was read of a stack; `findings` are configurations that only Terraform can read."""

    modules: list[ModuleConfiguration] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Call:
    """The arguments of a module call that matter here, unread."""

    name: str
    path: str
    line: int
    arguments: Mapping[str, Callable[[], Written]]


def read_configurations(files: Mapping[str, bytes], base: str) -> Reading:
    """Every module call with a `configuration` in these files of one root module, by path.

    `base` is the environment that a call inherits from where it names none. A configuration that is another
    name for a local value or the default of a variable is looked up.
    """
    reading = Reading()
    calls: list[_Call] = []
    for path, source in files.items():
        if CONFIGURATION.encode() in source:
            calls += _calls(path, source, reading)
    for call in calls:
        configuration = call.arguments[CONFIGURATION]()
        if configuration.computed:
            configuration = _named(str(configuration.value), files) or configuration
        if configuration.computed or configuration.is_scalar:
            _note(reading, configuration.where, f"the configuration of module.{call.name} is computed")
        else:
            reading.modules.append(ModuleConfiguration(call.name, _inheritance(call, configuration, base)))
    return reading


def _inheritance(call: _Call, configuration: Written, base: str) -> Inheritance:
    parents = _argument(call, PARENTS)
    named = _argument(call, _BASES)
    return Inheritance(
        configurations=configuration.fields(),
        base=str(named.value) if named and not named.computed else base,
        parents={key: str(item.value) for key, item in parents.fields().items()} if parents else {},
        where=Location(path=call.path, line=call.line),
    )


def _argument(call: _Call, names: Iterable[str]) -> Written | None:
    return next((call.arguments[name]() for name in names if name in call.arguments), None)


def _calls(path: str, source: bytes, reading: Reading) -> list[_Call]:
    if is_json(path):
        return [
            _Call(name, path, 0, {key: _later_json(value, path) for key, value in body.items()})
            for name, body in hcl_json.labelled(hcl_json.load(source), "module")
            if CONFIGURATION in body
        ]
    found = []
    for block in syntax.blocks(syntax.parse(source)):
        if block.type == "module" and block.labels:
            arguments = syntax.attributes(block.body)
            if CONFIGURATION in arguments and _is_whole(arguments[CONFIGURATION], path, reading):
                later = {key: _later(value, path) for key, value in arguments.items()}
                found.append(_Call(block.labels[0], path, syntax.line(block.node), later))
    return found


def _is_whole(expression: Node, path: str, reading: Reading) -> bool:
    """False, with a finding, for an expression with an error in it: what is read of it could be wrong."""
    if not expression.has_error:
        return True
    broken = next(node for node in syntax.walk(expression) if node.is_error or node.is_missing)
    where = Location(path=path, line=syntax.line(broken), column=broken.start_point[1] + 1)
    _note(reading, where, "this cannot be read", "terraform fmt says more; a number like 1e3 is written out")
    return False


def _named(text: str, files: Mapping[str, bytes]) -> Written | None:
    """The local value or the variable's default that an expression is another name for."""
    kind, _, name = text.strip().partition(".")
    if kind not in {"local", "var"} or not name.isidentifier():
        return None
    for path, source in files.items():
        if name.encode() in source and not is_json(path):
            for block in syntax.blocks(syntax.parse(source)):
                arguments = syntax.attributes(block.body)
                if kind == "local" and block.type == "locals" and name in arguments:
                    return from_hcl(arguments[name], path)
                if kind == "var" and (block.type, block.labels) == ("variable", (name,)):
                    return from_hcl(arguments["default"], path) if "default" in arguments else None
    return None


def _note(reading: Reading, where: Location, message: str, hint: str = "") -> None:
    hint = hint or "terraform console says what it is: module.<name>.current"
    reading.findings.append(Finding(check="configuration", where=where, message=message, hint=hint))


def _later(expression: Node, path: str) -> Callable[[], Written]:
    return lambda: from_hcl(expression, path)


def _later_json(value: object, path: str) -> Callable[[], Written]:
    return lambda: from_json(value, path)

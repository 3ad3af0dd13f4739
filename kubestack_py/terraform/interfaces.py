"""What a module takes and gives, what it calls, and what it refers to: read from its files, not evaluated."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubestack_py.model.file_names import TERRAFORM_SUFFIXES
from kubestack_py.model.finding import Location
from kubestack_py.terraform import hcl_json, syntax
from kubestack_py.terraform.hcl import ModuleCall, is_json
from kubestack_py.terraform.types import Dropped, Type, dropped, type_of
from kubestack_py.terraform.written import from_hcl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tree_sitter import Node

_META = {"source", "version", "providers", "count", "for_each", "depends_on", "lifecycle"}
_OF_OTHERS = {"moved", "removed", "import"}  # addresses in them are of what was, or of resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """An input of a module."""

    required: bool
    type: Type = None


@dataclass(frozen=True, slots=True)
class Argument:
    """What is given to a variable: an expression of the file `path`."""

    expression: Node
    path: str

    @property
    def where(self) -> Location:
        """The line on which it begins."""
        return Location(path=self.path, line=syntax.line(self.expression))

    def dropped(self, kind: Type) -> Iterator[Dropped]:
        """What of it a type drops; nothing of what cannot be read."""
        if kind and not self.expression.has_error:
            yield from dropped(from_hcl(self.expression, self.path), kind)


@dataclass(slots=True, kw_only=True)
class Call:
    """A module that is called, and the expressions of its arguments with their files.

    `directory` is where it lies; None where that is elsewhere or not known.
    """

    name: str
    where: Location
    directory: str | None = None
    written: dict[str, Argument] = field(default_factory=dict)

    @property
    def arguments(self) -> Mapping[str, Argument]:
        """What is given to variables."""
        return {name: value for name, value in self.written.items() if name not in _META}

    def text(self, name: str) -> str:
        """An argument as it is written; empty without one."""
        return syntax.text(self.written[name].expression) if name in self.written else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """`module.<name>.<output>` or `var.<name>`; the output is empty where it is not read directly."""

    kind: str
    name: str
    output: str
    where: Location


@dataclass(slots=True, kw_only=True)
class Interface:
    """One module directory. It is not `whole` where something in it could not be read."""

    variables: dict[str, Variable] = field(default_factory=dict)
    outputs: set[str] = field(default_factory=set)
    calls: dict[str, Call] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)
    whole: bool = True


def interfaces(files: Mapping[str, bytes]) -> dict[str, Interface]:
    """The modules of a closure by their directories; `files` by path."""
    found: dict[str, Interface] = {}
    for path, source in sorted(files.items()):
        if path.endswith(TERRAFORM_SUFFIXES):
            interface = found.setdefault(posixpath.dirname(path), Interface())
            if is_json(path):
                _add_json(interface, source)
            else:
                _add_hcl(interface, path, source)
    return found


def variables_file(text: bytes, path: str) -> dict[str, Argument]:
    """What a `.tfvars` file gives to the variables of a root module."""
    return {name: Argument(value, path) for name, value in syntax.arguments(syntax.parse(text)).items()}


def _add_json(interface: Interface, source: bytes) -> None:
    """Only what is declared: expressions in JSON are not followed, so its calls are not."""
    document = hcl_json.load(source)
    interface.whole = interface.whole and bool(document)
    for name, body in hcl_json.labelled(document, "variable"):
        interface.variables[name] = Variable(required="default" not in body)
    interface.outputs |= {name for name, _ in hcl_json.labelled(document, "output")}
    for name, _ in hcl_json.labelled(document, "module"):
        interface.calls.setdefault(name, Call(name=name, where=Location(path="")))


def _add_hcl(interface: Interface, path: str, source: bytes) -> None:
    root = syntax.parse(source)
    interface.whole = interface.whole and not root.has_error
    for block in syntax.blocks(root):
        label = block.labels[0] if block.labels else ""
        arguments = syntax.attributes(block.body)
        if block.type == "variable":
            before = interface.variables.get(label, Variable(required=True))
            kind = type_of(arguments["type"]) if "type" in arguments else before.type
            required = before.required and "default" not in arguments
            interface.variables[label] = Variable(required=required, type=kind)
        elif block.type == "output":
            interface.outputs.add(label)
        elif block.type == "module":
            _add_call(interface, block, path)
        if block.type not in _OF_OTHERS:
            interface.references.extend(_references(block.node, path))


def _add_call(interface: Interface, block: syntax.Block, path: str) -> None:
    """A call; what an override file says of the same module is added to it."""
    name = block.labels[0] if block.labels else ""
    where = Location(path=path, line=syntax.line(block.node))
    call = interface.calls.setdefault(name, Call(name=name, where=where))
    arguments = syntax.attributes(block.body)
    call.written |= {key: Argument(value, path) for key, value in arguments.items()}
    source = syntax.literal(arguments["source"]) if "source" in arguments else None
    if source is not None:
        local = ModuleCall(name=name, source=source).is_local
        joined = posixpath.normpath(posixpath.join(posixpath.dirname(path), source))
        call.directory = joined if local else None


def _references(block: Node, path: str) -> Iterator[Reference]:
    for node in syntax.walk(block):
        kind = syntax.text(node) if node.type == "variable_expr" else ""
        if kind in {"module", "var"}:
            steps = _steps(node)
            if steps:
                where = Location(path=path, line=syntax.line(node), column=node.start_point[1] + 1)
                output = steps[1] if len(steps) > 1 else ""
                yield Reference(kind=kind, name=steps[0], output=output, where=where)


def _steps(node: Node) -> list[str]:
    """The names behind a root (`module`), with indexes passed over, up to what is none."""
    steps: list[str] = []
    following = node.next_named_sibling
    while following is not None and following.type in {"get_attr", "index"}:
        if following.type == "get_attr":
            steps.append(syntax.text(following.named_children[0]))
        elif not steps:
            return []
        following = following.next_named_sibling
    return steps

"""What a Terraform file says, without evaluating it. `.tf.json` files are told by their name.

Positions count from 1. A file that is broken yields what can be read of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.terraform import syntax
from kubestack_py.terraform.references import FileReference, references_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tree_sitter import Node

CONFIGURATION = "configuration"
_GRAMMAR_CACHE = "hcl2-lark.bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleCall:
    """A `module` block; `source` is empty when it is no plain string, `line` 0 in JSON."""

    name: str
    source: str
    version: str = ""
    line: int = 0

    @property
    def is_local(self) -> bool:
        """True for a directory of this repository (`./x`, `../x`)."""
        return self.source.startswith(("./", "../")) or self.source in {".", ".."}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationMap:
    """A `configuration = { apps = {…}, ops = {…} }` that is written out, in the style of Kubestack.

    `where` is its address (`module.cluster`, `local.configuration`, `var.configuration`), `keys` its
    keys with their lines, `complete` is false when some keys are computed.
    """

    where: str
    line: int
    keys: tuple[tuple[str, int], ...]
    complete: bool = True


def is_json(name: str) -> bool:
    """Whether a file of this name is in Terraform's JSON syntax."""
    return name.endswith(".json")


def syntax_error(source: bytes, *, cache: Path, name: str = "") -> tuple[int, int] | None:
    """Line and column of the first syntax error, or None.

    tree-sitter's grammar refuses a few things that Terraform takes (`1e10`), and python-hcl2 refuses
    others, so an error counts when both see one. `cache` is a private directory: python-hcl2 keeps a
    pickle of its grammar there.
    """
    if is_json(name):
        from kubestack_py.terraform import hcl_json

        return hcl_json.syntax_error(source)
    root = syntax.parse(source)
    if not root.has_error or _is_fine_for_hcl2(source, cache):
        return None
    row, column = syntax.first_error(root).start_point
    return row + 1, column + 1


def module_calls(source: bytes, *, name: str = "") -> tuple[ModuleCall, ...]:
    """The `module` blocks of a file."""
    if is_json(name):
        from kubestack_py.terraform import hcl_json

        return hcl_json.module_calls(source)
    found = []
    for block in syntax.blocks(syntax.parse(source)):
        if block.type == "module":
            arguments = syntax.attributes(block.body)
            plain = {key: syntax.literal(value) or "" for key, value in arguments.items()}
            label = block.labels[0] if block.labels else ""
            found.append(
                ModuleCall(
                    name=label,
                    source=plain.get("source", ""),
                    version=plain.get("version", ""),
                    line=syntax.line(block.node),
                )
            )
    return tuple(found)


def file_references(source: bytes, *, name: str = "") -> tuple[FileReference, ...]:
    """The files and directories that a configuration file reads or hands on."""
    if is_json(name):
        from kubestack_py.terraform import hcl_json

        return hcl_json.file_references(source)
    return tuple(references_in(syntax.parse(source)))


def configuration_keys(source: bytes, *, name: str = "") -> tuple[ConfigurationMap, ...]:
    """The inherited configurations of a file, with the keys that each of them has."""
    if is_json(name):
        from kubestack_py.terraform import hcl_json

        return hcl_json.configuration_keys(source)
    return tuple(
        _configuration_map(where, expression)
        for block in syntax.blocks(syntax.parse(source))
        for where, expression in _configurations(block)
        if syntax.only(expression, "collection_value", "object") is not None
    )


def configuration_texts(source: bytes) -> dict[str, dict[str, str]]:
    """The inherited configurations of an HCL file as they are written: `[where][key]`, `where` as in
    `ConfigurationMap`. Computed keys are left out.
    """
    return {
        where: {
            key: syntax.text(value)
            for node, value in syntax.object_items(expression)
            if (key := syntax.key(node)) is not None
        }
        for block in syntax.blocks(syntax.parse(source))
        for where, expression in _configurations(block)
    }


def _configurations(block: syntax.Block) -> Iterator[tuple[str, Node]]:
    """Where in a block an inherited configuration can stand, with its expression."""
    arguments = syntax.attributes(block.body)
    label = block.labels[0] if block.labels else ""
    if block.type == "module" and CONFIGURATION in arguments:
        yield f"module.{label}", arguments[CONFIGURATION]
    if block.type == "locals" and CONFIGURATION in arguments:
        yield f"local.{CONFIGURATION}", arguments[CONFIGURATION]
    if block.type == "variable" and label == CONFIGURATION and "default" in arguments:
        yield f"var.{CONFIGURATION}", arguments["default"]


def _configuration_map(where: str, expression: Node) -> ConfigurationMap:
    items = [(syntax.key(key), syntax.line(key)) for key, _ in syntax.object_items(expression)]
    return ConfigurationMap(
        where=where,
        line=syntax.line(expression),
        keys=tuple((key, line) for key, line in items if key is not None),
        complete=all(key is not None for key, _ in items),
    )


def _is_fine_for_hcl2(source: bytes, cache: Path) -> bool:
    """Ask python-hcl2, which is slow, and builds its grammar on first use: 3 s without the cache."""
    import hcl2.parser
    from lark.exceptions import LarkError

    hcl2.parser.PARSER_FILE = cache / _GRAMMAR_CACHE
    try:
        hcl2.parses_to_tree(source.decode("utf-8").removeprefix("\ufeff"))
    except (LarkError, UnicodeDecodeError):
        return False
    return True

"""What a Terraform configuration takes from elsewhere: providers with their versions, and who locks them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.terraform import syntax

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

BUILT_IN = "terraform.io/builtin/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRequirement:
    """An entry of `required_providers`; `source` and `version` are empty where they are not written."""

    name: str
    source: str
    version: str
    line: int


def provider_requirements(source: bytes) -> tuple[ProviderRequirement, ...]:
    """The entries of `required_providers` in an HCL file."""
    return tuple(
        _requirement(name, expression)
        for block in syntax.blocks(syntax.parse(source))
        if block.type == "terraform" and block.body is not None
        for inner in syntax.blocks(block.body)
        if inner.type == "required_providers"
        for name, expression in syntax.attributes(inner.body).items()
    )


def _requirement(name: str, expression: Node) -> ProviderRequirement:
    """`{source = …, version = …}`, or the version alone as before Terraform 0.13."""
    fields = dict(_fields(expression))
    return ProviderRequirement(
        name=name,
        source=fields.get("source", ""),
        version=fields.get("version", "") or syntax.literal(expression) or "",
        line=syntax.line(expression),
    )


def _fields(expression: Node) -> Iterator[tuple[str, str]]:
    for key, value in syntax.object_items(expression):
        bare = syntax.only(key, "variable_expr", "identifier")
        name = syntax.text(bare) if bare is not None else syntax.literal(key)
        if name:
            yield name, syntax.literal(value) or ""

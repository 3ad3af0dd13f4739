"""Terraform providers in `required_providers` and in the lock file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kubestack_py.errors import EditError
from kubestack_py.terraform import syntax
from kubestack_py.terraform.place import Document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kubestack_py.scaffold.providers import Requirement

_HEADER = b"""\
# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.
"""


def with_requirement(document: Document, requirement: Requirement) -> Document:
    """The file with a provider in `required_providers`; as it is where one of that name is there.

    Raises `EditError` for a file without a `terraform` block.
    """
    terraform = next((block for block in syntax.blocks(document.root) if block.type == "terraform"), None)
    if terraform is None:
        raise EditError(
            f"{document.name} has no terraform block, so it cannot name the provider {requirement.name}",
            hint='Write one: terraform { required_version = ">= 1.6" }',
        )
    providers = next((b for b in syntax.blocks(terraform.node) if b.type == "required_providers"), None)
    if providers and requirement.name in syntax.attributes(providers.body):
        return document
    entry = (
        f"    {requirement.name} = {{\n"
        f'      source  = "{requirement.source}"\n'
        f'      version = "{requirement.version}"\n'
        "    }\n"
    )
    if providers:
        return _at_end(document, providers, entry, indent="  ")
    block = f"  required_providers {{\n{entry}  }}\n"
    version = syntax.attributes(terraform.body).get("required_version")
    if version is None:
        return _at_end(document, terraform, block, indent="")
    line_end = document.source.find(b"\n", version.end_byte) + 1
    if not line_end or line_end > _brace(terraform):
        return _at_end(document, terraform, block, indent="")
    return _inserted(document, line_end, f"\n{block}")


def _brace(block: syntax.Block) -> int:
    """Where the brace that ends a block is."""
    return next(child.start_byte for child in reversed(block.node.children) if child.type == "block_end")


def _at_end(document: Document, block: syntax.Block, text: str, *, indent: str) -> Document:
    """Lines above the brace that ends a block, which may be on the line that it begins on."""
    brace = _brace(block)
    line = document.source.rfind(b"\n", 0, brace) + 1
    if document.source[line:brace].strip():
        return _inserted(document, brace, f"\n{text}{indent}")
    return _inserted(document, line, text)


def _inserted(document: Document, offset: int, text: str) -> Document:
    """The document with more text, in its own line ends."""
    source = document.source
    ends = text.replace("\n", "\r\n") if b"\r\n" in source else text
    edited = Document(document.name, source[:offset] + ends.encode() + source[offset:])
    if edited.root.has_error:
        raise EditError(
            f"{document.name}: the terraform block is written in a way that cannot be edited",
            hint="Run `terraform fmt`, or name the provider in required_providers by hand.",
        )
    return edited


def with_lock(content: bytes | None, requirements: Iterable[Requirement]) -> bytes | None:
    """The lock file with an entry for each provider that has none; the versions that are there stay."""
    for requirement in requirements:
        address = _address(requirement)
        if _is_locked(content, requirement):
            continue
        hashes = "".join(f'    "{item}",\n' for item in requirement.hashes)
        entry = (
            f'\nprovider "{address}" {{\n  version     = "{requirement.locked}"\n'
            f'  constraints = "{requirement.version}"\n  hashes = [\n{hashes}  ]\n}}\n'
        )
        content = (content or _HEADER) + entry.encode()
    return content


def unlocked(content: bytes | None, requirements: Iterable[Requirement]) -> Iterator[str]:
    """What to do about each provider that the lock file does not pin."""
    for requirement in requirements:
        if not _is_locked(content, requirement):
            yield (
                f"Nothing pins the provider {requirement.source} yet. Before CI plans: terraform "
                "-chdir=infra providers lock -platform=linux_amd64, and commit infra/.terraform.lock.hcl."
            )


def _address(requirement: Requirement) -> str:
    return f"registry.terraform.io/{requirement.source}"


def _is_locked(content: bytes | None, requirement: Requirement) -> bool:
    entry = rb'^provider "%s"' % re.escape(_address(requirement).encode())
    return bool(content and re.search(entry, content, re.MULTILINE))

"""What `terraform init` depends on in a configuration, and nothing else of it.

These are: `terraform` blocks (backend, required providers and versions), the sources and versions of
modules, and the providers that blocks name or that resource types imply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.terraform import hcl, syntax
from kubestack_py.terraform.layout import configuration_files, content

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TYPED = {"resource", "data", "ephemeral"}


def module_directories(directory: Path) -> tuple[Path, ...]:
    """The module's own directory and those of its local modules, transitively."""
    found: dict[Path, None] = {}
    waiting = [directory.resolve()]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found[current] = None
            waiting.extend(_local_modules(current))
    return tuple(sorted(found))


def requirements(directory: Path) -> list[str]:
    """Everything in one module directory that init depends on, sorted; equal lists need no new init."""
    found: set[str] = set()
    for path in configuration_files(directory):
        source = content(path)
        found.update([source.decode("utf-8", "replace")] if hcl.is_json(path.name) else _of_hcl(source))
    return sorted(found)


def _local_modules(directory: Path) -> Iterator[Path]:
    for path in configuration_files(directory):
        for call in hcl.module_calls(content(path), name=path.name):
            if call.is_local:
                yield (directory / call.source).resolve()


def _of_hcl(source: bytes) -> Iterator[str]:
    for block in syntax.blocks(syntax.parse(source)):
        arguments = {key: syntax.text(value) for key, value in syntax.attributes(block.body).items()}
        if block.type == "terraform":
            yield syntax.text(block.node)
        elif block.type == "module":
            yield f"module {block.labels} {arguments.get('source')} {arguments.get('version')}"
        elif block.type == "provider":
            yield f"provider {block.labels} {arguments.get('version')}"
        elif block.type in _TYPED and block.labels:
            yield f"implied {block.labels[0].partition('_')[0]}"
        if "provider" in arguments:
            yield f"named {arguments['provider']}"

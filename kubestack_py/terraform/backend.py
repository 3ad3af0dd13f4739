"""The backend of a stack as its files name it: where Terraform keeps the state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubestack_py.model.finding import Location
from kubestack_py.terraform import hcl_json, syntax
from kubestack_py.terraform.hcl import is_json
from kubestack_py.terraform.written import Written, from_hcl, from_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A `backend` block: its type, its arguments, and where it stands."""

    type: str
    where: Location
    arguments: Mapping[str, Written] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """An argument that is a plain string; empty for any other one, and for none."""
        found = self.arguments.get(name)
        return found.value if found and isinstance(found.value, str) and not found.computed else ""


def read_backend(files: Mapping[str, bytes]) -> Backend | None:
    """The backend of a root module, from its configuration files by path; None where none is named."""
    return next(_read(files), None)


def read_backends(files: Mapping[str, bytes]) -> list[Backend]:
    """Every `backend` block: override files and hostile ones may have more than one."""
    return list(_read(files))


def _read(files: Mapping[str, bytes]) -> Iterator[Backend]:
    for path, source in files.items():
        if b"backend" in source:
            yield from _in_json(path, source) if is_json(path) else _in_hcl(path, source)


def _in_hcl(path: str, source: bytes) -> Iterator[Backend]:
    for block in syntax.blocks(syntax.parse(source)):
        for inner in syntax.inner_blocks(block) if block.type == "terraform" else ():
            if inner.type == "backend" and inner.labels:
                arguments = {
                    key: from_hcl(value, path) for key, value in syntax.attributes(inner.body).items()
                }
                where = Location(path=path, line=syntax.line(inner.node))
                yield Backend(type=inner.labels[0], where=where, arguments=arguments)


def _in_json(path: str, source: bytes) -> Iterator[Backend]:
    for settings in hcl_json.objects(hcl_json.load(source).get("terraform")):
        for kind, body in hcl_json.labelled(settings, "backend"):
            arguments = {key: from_json(value, path) for key, value in body.items()}
            yield Backend(type=kind, where=Location(path=path), arguments=arguments)

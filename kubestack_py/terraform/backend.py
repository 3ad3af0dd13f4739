"""The backend of a stack as its files name it: where Terraform keeps the state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kubestack_py.model.finding import Location
from kubestack_py.terraform import hcl_json, syntax
from kubestack_py.terraform.hcl import is_json
from kubestack_py.terraform.written import Written, from_hcl, from_json

if TYPE_CHECKING:
    from collections.abc import Mapping

WITHOUT_WORKSPACES = "http"


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
    for path, source in files.items():
        if b"backend" in source:
            found = _in_json(path, source) if is_json(path) else _in_hcl(path, source)
            if found is not None:
                return found
    return None


def _in_hcl(path: str, source: bytes) -> Backend | None:
    for block in syntax.blocks(syntax.parse(source)):
        for inner in syntax.inner_blocks(block) if block.type == "terraform" else ():
            if inner.type == "backend" and inner.labels:
                arguments = {
                    key: from_hcl(value, path) for key, value in syntax.attributes(inner.body).items()
                }
                where = Location(path=path, line=syntax.line(inner.node))
                return Backend(type=inner.labels[0], where=where, arguments=arguments)
    return None


def _in_json(path: str, source: bytes) -> Backend | None:
    for settings in hcl_json.objects(hcl_json.load(source).get("terraform")):
        for kind, body in hcl_json.labelled(settings, "backend"):
            arguments = {key: from_json(value, path) for key, value in body.items()}
            return Backend(type=kind, where=Location(path=path), arguments=arguments)
    return None

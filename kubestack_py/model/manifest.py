"""A manifest: one Kubernetes object as its author or Kustomize wrote it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

CLUSTER_DIRECTORY = "_cluster"
LONGEST_FILE_NAME = 200
_PLAIN = re.compile(r"[a-z0-9.-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One object. `content` is its YAML text, which alone decides equality; `document` is what it says.

    `namespace` is empty for an object that names none: of cluster scope, or placed by who applies it.
    """

    api_version: str
    kind: str
    namespace: str
    name: str
    content: bytes
    document: Mapping[str, Any] = field(compare=False, repr=False)

    @property
    def group(self) -> str:
        """The API group (`apps`); empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def address(self) -> str:
        """`group/Kind/namespace/name`, with `_` for what is empty. The version is no part of an identity."""
        return "/".join(part or "_" for part in (self.group, self.kind, self.namespace, self.name))

    @property
    def file_name(self) -> str:
        """`<namespace or _cluster>/<kind>[.<group>]_<name>.yaml`, a name of its own for each address."""
        directory = _escaped(self.namespace) if self.namespace else CLUSTER_DIRECTORY
        kind = ".".join(part for part in (self.kind.lower(), self.group.lower()) if part)
        stem = f"{_escaped(kind)}_{_escaped(self.name)}"
        if len(stem) > LONGEST_FILE_NAME:
            digest = hashlib.sha256(self.address.encode()).hexdigest()[:16]
            stem = f"{stem[:LONGEST_FILE_NAME]}~{digest}"
        return f"{directory[:LONGEST_FILE_NAME]}/{stem}.yaml"


def _escaped(text: str) -> str:
    """Percent-encode what not every file system keeps apart (capitals) or allows (`:`), and a leading dot."""
    plain = "".join(
        char if _PLAIN.match(char) else "".join(f"%{byte:02x}" for byte in char.encode()) for char in text
    )
    return f"%2e{plain[1:]}" if plain.startswith(".") else plain

"""What the checks of manifests look at, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kubestack_py.model.finding import Severity
from kubestack_py.model.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Mapping

FieldPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """One object that the overlay of a stack renders for an environment."""

    environment: str
    stack: str
    manifest: Manifest

    @property
    def document(self) -> Mapping[str, Any]:
        """What the object says."""
        return self.manifest.document

    @property
    def label(self) -> str:
        """The object for people and for the ignore list: `Kind/namespace/name`, `Kind/name` without one."""
        return "/".join(filter(None, (self.manifest.kind, self.manifest.namespace, self.manifest.name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a check has to say about a field of an object; the empty path stands for all of it."""

    check: str
    about: Built
    message: str
    path: FieldPath = ()
    hint: str = ""
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    """A file of the repository as it is written; `path` has forward slashes."""

    path: str
    text: bytes

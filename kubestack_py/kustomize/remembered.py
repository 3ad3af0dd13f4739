"""What overlays rendered before, in the user's private cache, for `kubestack validate` and nobody else.

Kustomize is most of what validating costs. What an overlay renders follows from the files of its stack, the
program and its options, so it is kept under a digest of these. Nothing is kept of an overlay that reads
anything else (charts, remote bases, plugins, variables of the environment), or that renders a Secret in the
clear. Whatever is applied is always rendered anew.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kubestack_py.errors import FileError, KubestackError
from kubestack_py.kustomize.build import Overlay, Rendered
from kubestack_py.kustomize.isolation import TraitReader
from kubestack_py.kustomize.manifests import manifest
from kubestack_py.model.file_names import KUSTOMIZATIONS
from kubestack_py.system.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kubestack_py.model.manifest import Manifest
    from kubestack_py.system.tools import Tool

FORMAT = 1
KEPT_SECONDS = 7 * 24 * 3600.0
FRESH_SECONDS = 24 * 3600.0
_ENVIRONMENT = re.compile(rb"\benvs?\b")  # a line without a value takes it from the process


class Remembered:
    """Renderings by one tool, in a directory that is made when needed; `version` is that of this program."""

    def __init__(self, directory: Path, tool: Tool, version: str) -> None:
        self._directory = directory
        status = Path(tool.path).stat()
        identity = (
            FORMAT,
            version,
            tool.path,
            tool.version,
            tool.options,
            status.st_size,
            status.st_mtime_ns,
        )
        self._salt = repr(identity).encode()
        self._traits = TraitReader()

    def key(self, overlay: Overlay, files: Iterable[tuple[str, bytes]]) -> str:
        """The name of what an overlay renders, given the path and content of all files of its stack."""
        digest = hashlib.sha256(self._salt)
        for part in (overlay.path.encode("utf-8", "surrogateescape"), *_parts(files)):
            digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()

    def recall(self, key: str, overlay: Overlay) -> Rendered | None:
        """What was kept under a key; None where nothing was, or where it cannot be read."""
        path = self._directory / key
        try:
            value = json.loads(path.read_bytes())
            manifests = tuple(
                manifest(document, text.encode(), overlay.path) for text, document in value["manifests"]
            )
            warnings = tuple(map(str, value["warnings"]))
        except (OSError, ValueError, TypeError, LookupError, AttributeError, KubestackError):
            return None
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > FRESH_SECONDS:
                path.touch()
        return Rendered(stack=overlay.stack, manifests=manifests, warnings=warnings)

    def keep(self, key: str, rendered: Rendered, directory: Path, files: Iterable[tuple[str, bytes]]) -> None:
        """Keep what the overlay in `directory` rendered, where it follows from these files alone."""
        if any(_is_open(item) for item in rendered.manifests) or not self._is_settled(directory, files):
            return
        manifests = [(item.content.decode(), item.document) for item in rendered.manifests]
        text = json.dumps({"warnings": rendered.warnings, "manifests": manifests})
        with suppress(FileError, OSError):  # a cache that cannot be written only costs time
            self._directory.mkdir(mode=0o700, exist_ok=True)
            write_atomically(self._directory / key, text.encode(), mode=0o600, durable=False)

    def prune(self) -> None:
        """Remove what nobody has asked for lately."""
        with suppress(OSError):
            for path in self._directory.iterdir():
                if time.time() - path.stat().st_mtime > KEPT_SECONDS:
                    path.unlink()

    def _is_settled(self, directory: Path, files: Iterable[tuple[str, bytes]]) -> bool:
        reads_variables = any(
            Path(path).name in KUSTOMIZATIONS and _ENVIRONMENT.search(text) for path, text in files
        )
        return not reads_variables and not self._traits.read(directory).alone


def _parts(files: Iterable[tuple[str, bytes]]) -> Iterable[bytes]:
    for path, content in files:
        yield path.encode("utf-8", "surrogateescape")
        yield content


def _is_open(item: Manifest) -> bool:
    document: Any = item.document
    return item.kind == "Secret" and not item.group and "sops" not in document

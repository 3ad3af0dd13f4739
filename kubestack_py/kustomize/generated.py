"""Objects whose name carries a hash of their content, as Kustomize's generators make them.

Such an object is renamed whenever its content changes, and is called otherwise in every
environment. Whether a name ends in the hash of its content can be computed, so nothing is guessed.
Source of the rule: kustomize's api/hasher (the object as JSON with sorted keys and an empty name,
SHA-256, ten characters, five of them replaced).
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kubestack_py.model.manifest import Manifest

PLACEHOLDER = "<hash>"
_LENGTH = 10
_LETTERS = str.maketrans({"0": "g", "1": "h", "3": "k", "a": "m", "e": "t"})
_HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def stable_address(manifest: Manifest) -> str:
    """The address with `<hash>` in place of a hash that the name provably ends in."""
    address = manifest.address
    base, dash, suffix = manifest.name.rpartition("-")
    if not dash or manifest.group or len(suffix) != _LENGTH or suffix != content_hash(manifest):
        return address
    return f"{address.removesuffix(manifest.name)}{base}-{PLACEHOLDER}"


def content_hash(manifest: Manifest) -> str | None:
    """The hash that Kustomize would append to the name of this object; None for other kinds."""
    document = manifest.document
    value: dict[str, Any] = {"kind": manifest.kind, "name": "", "data": document.get("data", "")}
    if manifest.kind == "Secret":
        value["type"] = document.get("type", "")
    elif manifest.kind != "ConfigMap":
        return None
    for field in ("binaryData",) if manifest.kind == "ConfigMap" else ("stringData",):
        if document.get(field):
            value[field] = document[field]
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for character, escaped in _HTML.items():
        text = text.replace(character, escaped)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return digest[:_LENGTH].translate(_LETTERS)

"""Text to manifests: what a stream of YAML documents holds, object by object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.errors import KustomizeError
from kubestack_py.model.manifest import Manifest
from kubestack_py.system import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

_SEPARATOR = b"---\n"


def split(stream: bytes) -> list[bytes]:
    """The documents of Kustomize's output, each ending in a newline.

    Kustomize writes block style: a line that is `---` and not indented never belongs to a value.
    """
    documents = (b"\n" + stream).split(b"\n" + _SEPARATOR)
    documents[0] = documents[0].removeprefix(b"\n")
    return [text if text.endswith(b"\n") else text + b"\n" for text in documents if text.strip()]


def parse(text: bytes, name: str) -> Manifest:
    """One document as a manifest; `name` is how errors call its source.

    Raises `KustomizeError` for a document that is no Kubernetes object, `YamlError` for no YAML.
    """
    return manifest(yaml.load(text, name), text, name)


def manifest(document: object, text: bytes, name: str) -> Manifest:
    """The manifest that a document is, given its text. Raises `KustomizeError` like `parse`."""
    if not isinstance(document, dict):
        raise KustomizeError(f"{name}: a Kubernetes object is expected, this is {type(document).__name__}")
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        raise KustomizeError(f"{name}: the object has no metadata")
    return Manifest(
        api_version=_text(document, "apiVersion", name),
        kind=_text(document, "kind", name),
        namespace=str(metadata.get("namespace") or ""),
        name=_text(metadata, "name", name),
        content=text,
        document=document,
    )


def in_order(manifests: Iterable[Manifest], name: str) -> tuple[Manifest, ...]:
    """Manifests sorted by address; two of one address are a `KustomizeError`."""
    by_address: dict[str, Manifest] = {}
    for manifest in manifests:
        if manifest.address in by_address:
            raise KustomizeError(
                f"{name} renders {manifest.address} twice, in different API versions",
                hint="Keep one of the two in the base or the overlay.",
            )
        by_address[manifest.address] = manifest
    return tuple(by_address[address] for address in sorted(by_address))


def _text(mapping: dict[str, object], key: str, name: str) -> str:
    value = mapping.get(key)
    if not isinstance(value, str) or not value:
        raise KustomizeError(f"{name}: the object has no {key}")
    return value

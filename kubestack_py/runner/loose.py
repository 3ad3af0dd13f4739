"""Objects in `clusters/<environment>` that belong to no stack: what `flux bootstrap` and people put there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.examined import Built
from kubestack_py.model.file_names import KUSTOMIZATIONS
from kubestack_py.model.finding import Finding, Location
from kubestack_py.model.manifest import Manifest
from kubestack_py.system.yaml import YamlError, load_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from kubestack_py.model.platform import Platform, Stack
    from kubestack_py.runner.content import BoundedContent

_YAML = (".yaml", ".yml")


def loose_files(
    platform: Platform, stacks: Sequence[Stack], content: BoundedContent
) -> dict[str, tuple[str, list[str]]]:
    """Environment and files by directory (`clusters/ops`)."""
    tops = tuple(f"{stack.path}/" for stack in stacks)
    found = {}
    for environment in platform.environments:
        directory = f"clusters/{environment.name}"
        files = [
            path
            for path in content.files(directory)
            if path.endswith(_YAML)
            and not path.startswith(tops)
            and path.rpartition("/")[2] not in KUSTOMIZATIONS
        ]
        if files:
            found[directory] = environment.name, files
    return found


def loose_objects(
    found: Mapping[str, tuple[str, list[str]]], content: BoundedContent
) -> tuple[list[Built], list[Finding]]:
    """The objects as they are written, and a finding for each file that cannot be read."""
    objects: list[Built] = []
    findings: list[Finding] = []
    for directory, (environment, files) in found.items():
        for path in files:
            try:
                documents = load_all(content.read(path) or b"", path)
            except YamlError as error:
                where = Location(path=path, line=error.line, column=error.column)
                findings.append(Finding(check="yaml", where=where, message=error.problem))
                continue
            objects += (
                Built(environment=environment, stack=directory, manifest=manifest)
                for manifest in _manifests(documents)
            )
    return objects, findings


def _manifests(documents: Sequence[object]) -> Iterator[Manifest]:
    """Those documents that are objects; others are values or parts of something else."""
    for document in documents:
        if not isinstance(document, dict) or not isinstance(document.get("metadata"), dict):
            continue
        metadata = document["metadata"]
        words = (document.get("apiVersion"), document.get("kind"), metadata.get("name"))
        if all(isinstance(word, str) and word for word in words):
            yield Manifest(
                api_version=document["apiVersion"],
                kind=document["kind"],
                namespace=str(metadata.get("namespace") or ""),
                name=metadata["name"],
                content=b"",
                document=document,
            )

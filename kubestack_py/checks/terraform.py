"""Modules and providers that can be others tomorrow."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from kubestack_py.model.file_names import HCL_SUFFIXES
from kubestack_py.model.finding import Finding, Location, Severity
from kubestack_py.terraform import hcl
from kubestack_py.terraform.layout import LOCK_FILE
from kubestack_py.terraform.pins import BUILT_IN, ProviderRequirement, provider_requirements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kubestack_py.model.examined import TextFile

_REVISION = re.compile(r"[?&]ref=([^&]+)")
_MOVING = re.compile(r"(?:refs/heads/.*|main|master|HEAD|develop|trunk)")
_ARCHIVE = re.compile(r"^https?://.*\.(?:zip|tar\.(?:gz|xz|bz2)|tgz)(?:\?|$)|^(?:s3|gcs)::")
_REGISTRY = re.compile(r"^(?:[A-Za-z0-9.-]+\.[a-z]+/)?[A-Za-z0-9_-]+/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+(?://.*)?$")
_HINT = "pin it, so that ops and apps get the same: "


def check_pins(stack: str, files: Iterable[TextFile]) -> Iterator[Finding]:
    """Findings of one Terraform stack; `files` are all of its closure."""
    configuration = {file.path: file for file in files if file.path.endswith(HCL_SUFFIXES)}
    for file in configuration.values():
        for call in hcl.module_calls(file.text, name=file.path):
            problem = _floats(call)
            if problem:
                yield Finding(
                    check="unpinned-module",
                    where=Location(path=file.path, line=call.line),
                    message=f"module {call.name} {problem}",
                    hint=_HINT + ('version = "1.2.3"' if _REGISTRY.match(call.source) else "?ref=v1.2.3"),
                )
    yield from _providers(stack, configuration)


def _floats(call: hcl.ModuleCall) -> str:
    """Why a module is not the same every time; empty where it is."""
    if not call.source or call.is_local or _ARCHIVE.match(call.source):
        return ""
    if _REGISTRY.match(call.source) and "::" not in call.source and not call.source.startswith("github.com/"):
        exact = re.fullmatch(r"\s*=?\s*v?\d+(\.\d+)*\S*\s*", call.version)
        return "" if exact or "~>" in call.version else f"takes any version of {call.source}"
    revision = _REVISION.search(call.source)
    if revision is None:
        return f"takes whatever the default branch of {call.source} holds"
    return f"takes the branch {revision[1]}, which moves" if _MOVING.fullmatch(revision[1]) else ""


def _providers(stack: str, files: Mapping[str, TextFile]) -> Iterator[Finding]:
    """Modules may leave the versions to the root, which has to say them."""
    found = {path: provider_requirements(file.text) for path, file in files.items()}
    own = [
        (path, item) for path, items in found.items() if posixpath.dirname(path) == stack for item in items
    ]
    pinned = {item.name for _, item in own if item.version}
    for path, items in found.items():
        for item in items:
            if not item.version and item.name not in pinned and not _is_built_in(item):
                yield Finding(
                    check="unpinned-provider",
                    where=Location(path=path, line=item.line),
                    message=f"the provider {item.name} has no version",
                    hint=_HINT + 'version = "~> 1.2"',
                )


def check_lock(stack: str, files: Iterable[str], requirements: Iterable[TextFile]) -> Iterator[Finding]:
    """A root module with providers keeps their checksums in Git."""
    needed = [
        (file.path, item)
        for file in sorted(requirements, key=lambda file: posixpath.dirname(file.path) != stack)
        if file.path.endswith(HCL_SUFFIXES)
        for item in provider_requirements(file.text)
        if not _is_built_in(item)
    ]
    if needed and f"{stack}/{LOCK_FILE}" not in files:
        path, item = needed[0]
        yield Finding(
            check="unpinned-provider",
            severity=Severity.WARNING,
            where=Location(path=path, line=item.line),
            message=f"{stack} has no {LOCK_FILE}, so nothing checks that providers are the same everywhere",
            hint="terraform providers lock -platform=linux_amd64, and commit the file",
        )


def _is_built_in(item: ProviderRequirement) -> bool:
    return item.source.startswith(BUILT_IN)

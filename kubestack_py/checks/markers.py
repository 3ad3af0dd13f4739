"""Setter markers of Flux' image automation: `image: name:tag # {"$imagepolicy": "namespace:policy"}`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from kubestack_py.model.finding import Finding, Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kubestack_py.model.examined import Built, TextFile

_MARKER = re.compile(rb"#[ \t]*(\{[^\n]*\$imagepolicy[^\n]*)")
_POLICY = re.compile(r"([^:\s]+):([^:\s]+)(?::(?:name|tag|digest))?")


def check_markers(files: Iterable[TextFile], objects: Sequence[Built]) -> Iterator[Finding]:
    """Findings of markers that no policy answers, or one that no automation of its namespace carries out."""
    policies = {_place(item) for item in objects if item.manifest.kind == "ImagePolicy"}
    automated = {item.manifest.namespace for item in objects if item.manifest.kind == "ImageUpdateAutomation"}
    for file in files:
        for match in _MARKER.finditer(file.text):
            problem = _problem(match[1].decode("utf-8", "replace"), policies, automated)
            if problem:
                message, hint = problem
                line = file.text.count(b"\n", 0, match.start()) + 1
                yield Finding(
                    check="flux-marker",
                    where=Location(path=file.path, line=line),
                    message=message,
                    hint=hint,
                )


def _place(item: Built) -> tuple[str, str]:
    return item.manifest.namespace, item.manifest.name


def _problem(marker: str, policies: set[tuple[str, str]], automated: set[str]) -> tuple[str, str] | None:
    """Message and hint; None for a marker that works."""
    try:
        value = json.loads(marker).get("$imagepolicy")
    except (ValueError, AttributeError):
        value = None
    named = _POLICY.fullmatch(value) if isinstance(value, str) else None
    if named is None:
        return "this marker cannot be read", 'write # {"$imagepolicy": "namespace:policy"}, or …:tag"'
    namespace, name = named[1], named[2]
    if (namespace, name) not in policies:
        elsewhere = sorted(space for space, policy in policies if policy == name)
        hint = f"there is one in {', '.join(elsewhere)}" if elsewhere else "add it, or take the marker out"
        return f"there is no ImagePolicy {name} in {namespace}", hint
    if automated and namespace not in automated:
        return (
            f"no ImageUpdateAutomation is in {namespace}, so the policy {name} changes nothing",
            f"move the policy to {', '.join(sorted(automated))}",
        )
    return None

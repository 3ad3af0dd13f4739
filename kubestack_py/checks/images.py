"""References of container images, and whether they say which image is meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kubestack_py.checks.workloads import containers, pod
from kubestack_py.model.examined import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kubestack_py.model.examined import Built

_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_TAG = re.compile(r":([^:/@]+)(?=@|$)")
PIN = "name a version, better a digest: registry/name:1.2.3@sha256:…"


def check_images(objects: Iterable[Built]) -> Iterator[Problem]:
    """Problems of containers whose image can be another one tomorrow."""
    for item in objects:
        inside = pod(item)
        for container in containers(inside) if inside else ():
            image = container.value.get("image")
            problem = floating(image) if isinstance(image, str) else ""
            if problem:
                path = (*container.path, "image")
                yield Problem(check="unpinned-image", about=item, path=path, message=problem, hint=PIN)


def floating(image: str) -> str:
    """Why an image is not the same every time; empty where it is, or where a variable decides."""
    if has_digest(image) or "$" in image or not image:
        return ""
    tag = _TAG.search(image)
    if tag is None:
        return f"the image {image} has no tag"
    return f"the image {image} has the tag latest, which moves" if tag[1] == "latest" else ""


def has_digest(image: str) -> bool:
    """Whether an image is named by its content."""
    return _DIGEST.search(image) is not None

"""Files beside the pipeline that run in its image, which a comment says: `# ci.image of kubestack.yaml`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kubestack_py.model.ci import NO_IMAGE
from kubestack_py.model.finding import Finding, Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kubestack_py.model.platform import Platform

# What a cluster repository for Jenkins X has: the boot Job, its twin for promotions, previews and their end.
PATHS = (
    ".jx/git-operator/job.yaml",
    ".lighthouse/previews/preview.yaml",
    "infrastructure/configs/jenkins-x/base/boot.yaml",
    "infrastructure/configs/jenkins-x/base/previews.yaml",
)
_MARKED = re.compile(
    rb"^([ \t-]*image:[ \t]+)(\S+)(?=[ \t]+# ci\.image of kubestack\.yaml[ \t]*$)", re.MULTILINE
)


def with_image(text: bytes, platform: Platform) -> bytes:
    """The text with the image of the settings wherever the comment stands."""
    return _MARKED.sub(lambda found: found[1] + _image(platform), text)


def marked_findings(platform: Platform, files: Mapping[str, bytes]) -> Iterator[Finding]:
    """Marked images among `files` (path to content) that are not the one of the settings."""
    for path, text in files.items():
        for found in _MARKED.finditer(text):
            if found[2] != _image(platform):
                line, named = text.count(b"\n", 0, found.start()) + 1, found[2].decode("utf-8", "replace")
                yield Finding(
                    check="pipeline",
                    where=Location(path=path, line=line),
                    message=f"the image is {named}, and not ci.image of kubestack.yaml",
                    hint="kubestack ci render lighthouse",
                )


def _image(platform: Platform) -> bytes:
    return (platform.ci.image if platform.ci and platform.ci.image else NO_IMAGE).encode()

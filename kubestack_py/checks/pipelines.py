"""What CI runs: actions, pipes and images that are not pinned, in the files of five hosts and Dockerfiles."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from kubestack_py.checks.images import floating, has_digest
from kubestack_py.model.finding import Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kubestack_py.model.examined import TextFile

_GITHUB = re.compile(
    r"^\.github/(workflows/[^/]+|actions/.+/action|actions/action)\.ya?ml$|(^|/)action\.ya?ml$"
)
_OTHERS = re.compile(
    r"(^|/)(\.gitlab-ci|\.gitlab/ci/[^/]+|bitbucket-pipelines|azure-pipelines[^/]*|\.azure-pipelines/[^/]+)\.ya?ml$"
)
_DOCKERFILE = re.compile(r"^(Dockerfile|Containerfile)(\..+)?$|\.Dockerfile$")
_USES = re.compile(rb"^[ \t]*(?:-[ \t]+)?uses:[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)
_IMAGE = re.compile(rb"^[ \t]*(?:-[ \t]+)?(?:image|container):[ \t]*[\"']?([^\s\"'#{\[]+)", re.MULTILINE)
_NAMED = re.compile(
    rb"^[ \t]*(?:-[ \t]+)?(?:image|services):[ \t]*\n[ \t]*(?:-[ \t]+)?name:[ \t]*[\"']?([^\s\"'#{\[]+)",
    re.MULTILINE,
)
_PIPE = re.compile(rb"^[ \t]*-[ \t]+pipe:[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)
_FROM = re.compile(rb"^FROM[ \t]+(?:--\S+[ \t]+)*(\S+)(?:[ \t]+[Aa][Ss][ \t]+(\S+))?", re.MULTILINE)
_AGENT = re.compile(rb"\bimage[ \t(]+[\"']([^\"'\s]+)[\"']")
_SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_VERSION = re.compile(r"v?\d+(\.\d+)*([.+-].*)?")


def check_pipelines(files: Iterable[TextFile]) -> Iterator[Finding]:
    """Findings of everything that somebody else can change under the same name."""
    for file in files:
        name = posixpath.basename(file.path)
        if _GITHUB.search(file.path):
            yield from _actions(file)
            yield from _images(file, _IMAGE)
        elif _OTHERS.search(file.path):
            for pattern in (_IMAGE, _NAMED, _PIPE):
                yield from _images(file, pattern)
        elif name.startswith("Jenkinsfile"):
            yield from _images(file, _AGENT)
        elif _DOCKERFILE.search(name):
            yield from _bases(file)


def _actions(file: TextFile) -> Iterator[Finding]:
    for match in _USES.finditer(file.text):
        target = match[1].decode("utf-8", "replace")
        if target.startswith("docker://"):
            yield from _image(file, match.start(1), target.removeprefix("docker://"))
        elif not target.startswith("./"):
            name, _, revision = target.partition("@")
            if not _SHA.fullmatch(revision):
                moves = not _VERSION.fullmatch(revision)
                yield Finding(
                    check="unpinned-action",
                    severity=Severity.ERROR if moves else Severity.WARNING,
                    where=_place(file, match.start(1)),
                    message=f"{name} is taken at {revision or 'its default branch'}, which can be moved",
                    hint=f"name the commit: {name}@<40 digits> # v1.2.3",
                )


def _images(file: TextFile, pattern: re.Pattern[bytes]) -> Iterator[Finding]:
    for match in pattern.finditer(file.text):
        yield from _image(file, match.start(1), match[1].decode("utf-8", "replace"))


def _bases(file: TextFile) -> Iterator[Finding]:
    """`FROM` of a Dockerfile; names of stages before are no images."""
    stages = {"scratch"}
    for match in _FROM.finditer(file.text):
        image = match[1].decode("utf-8", "replace")
        if image not in stages:
            yield from _image(file, match.start(1), image)
        if match[2]:
            stages.add(match[2].decode("utf-8", "replace"))


def _image(file: TextFile, offset: int, image: str) -> Iterator[Finding]:
    """An image without a tag is an error; a tag without a digest is only worth a warning."""
    problem = floating(image)
    if problem or not (has_digest(image) or "$" in image):
        yield Finding(
            check="unpinned-image",
            severity=Severity.ERROR if problem else Severity.WARNING,
            where=_place(file, offset),
            message=problem or f"the image {image} is named by a tag, which its owner can move",
            hint="add the digest: name:tag@sha256:…",
        )


def _place(file: TextFile, offset: int) -> Location:
    begin = file.text.rfind(b"\n", 0, offset)
    return Location(path=file.path, line=file.text.count(b"\n", 0, offset) + 1, column=offset - begin)

"""What `kubestack ci render` writes, as edits: the pipeline, and the Dockerfile where there is none."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from kubestack_py.ci.pipelines import marked
from kubestack_py.ci.pipelines.image import PATH as IMAGE
from kubestack_py.ci.pipelines.image import dockerfile
from kubestack_py.ci.pipelines.marked import with_image
from kubestack_py.ci.pipelines.render import pipeline_files, render_pipelines
from kubestack_py.model.ci import CiHost
from kubestack_py.model.service import ServiceDelivery
from kubestack_py.scaffold.edits import Edits, FileEdit
from kubestack_py.system.files import disk_errors

if TYPE_CHECKING:
    from pathlib import Path

    from kubestack_py.model.platform import Platform

_TOOL = re.compile(r"^(terraform|kubectl|helm) +([0-9]+(?:\.[0-9]+)+)\s*$", re.MULTILINE)
_USUAL = {"terraform": "1.11.4", "kubectl": "1.32.4"}
_HELM = {"helm": "3.19.0"}  # the line that the Kustomize of kubectl 1.32 knows


def pipeline_edits(root: Path, platform: Platform, host: CiHost, version: str) -> Edits:
    """What rendering the pipeline of a host changes. `version` is that of this program."""
    edits = [
        FileEdit(PurePosixPath(wanted.path), read(root, wanted.path), wanted.text.encode())
        for wanted in render_pipelines(platform, host)
    ]
    if host is CiHost.LIGHTHOUSE:
        edits += [
            FileEdit(PurePosixPath(path), content, with_image(content, platform))
            for path, content in marked_files(root).items()
        ]
    if read(root, IMAGE) is None:
        tools = (read(root, ".tool-versions") or b"").decode("utf-8", "replace")
        usual = _USUAL | (_HELM if platform.services.delivery is ServiceDelivery.KUSTOMIZE else {})
        text = dockerfile(usual | dict(_TOOL.findall(tools)), version)
        edits.append(FileEdit(PurePosixPath(IMAGE), None, text.encode()))
    notes = []
    if platform.ci is None:
        notes.append(
            f"kubestack.yaml does not name the host yet; add `ci: {{host: {host}}}` and render again"
        )
    elif platform.ci.host is not host:
        notes.append(
            f"kubestack.yaml names {platform.ci.host} as the host, so `validate` goes by its pipeline"
        )
    return Edits(tuple(edits), tuple(notes))


def committed_pipelines(root: Path) -> dict[str, bytes]:
    """The pipelines that are in the work tree, by their paths."""
    found = {path: read(root, path) for path in pipeline_files()}
    return {path: content for path, content in found.items() if content is not None}


def marked_files(root: Path) -> dict[str, bytes]:
    """The files beside the pipeline that name its image, by their paths."""
    found = {path: read(root, path) for path in marked.PATHS}
    return {path: content for path, content in found.items() if content is not None}


def read(root: Path, path: str) -> bytes | None:
    """A file of the platform, None where there is none."""
    with disk_errors(f"read {path}"):
        return (root / path).read_bytes() if (root / path).is_file() else None

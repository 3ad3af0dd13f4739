"""Every host's pipeline as a file: its place, its text, and whether a committed one still fits. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.ci.pipelines import azure, bitbucket, github, gitlab, jenkins, lighthouse
from kubestack_py.ci.pipelines.design import design
from kubestack_py.model.ci import CiHost
from kubestack_py.model.finding import Finding, Location

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.model.platform import Platform

HOSTS = {
    CiHost.GITHUB: github,
    CiHost.GITLAB: gitlab,
    CiHost.JENKINS: jenkins,
    CiHost.AZURE: azure,
    CiHost.BITBUCKET: bitbucket,
}
MARK = "Rendered by `kubestack ci render"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPipeline:
    """A pipeline as it should be in the repository."""

    host: CiHost
    path: str
    text: str


def render_pipelines(platform: Platform, host: CiHost) -> tuple[RenderedPipeline, ...]:
    """The pipeline of a platform for a host: one file, or as many as the host wants."""
    pipeline = design(platform, host)
    if host is CiHost.LIGHTHOUSE:
        texts = lighthouse.render_files(pipeline)
    else:
        texts = {HOSTS[host].PATH: HOSTS[host].render(pipeline)}
    sign = "//" if host is CiHost.JENKINS else "#"
    header = (
        f"{sign} {MARK} {host}` from kubestack.yaml: change that file and render again.\n"
        f"{sign} `kubestack ci check` and `kubestack validate` fail when the two no longer fit.\n\n"
    )
    return tuple(RenderedPipeline(host=host, path=path, text=header + text) for path, text in texts.items())


def pipeline_files() -> tuple[str, ...]:
    """The places where pipelines may be, for reading what is there."""
    return tuple(path for host in CiHost for path in _paths(host))


def host_of(path: str) -> CiHost:
    """The host whose pipeline is kept at a path of `pipeline_files`."""
    return next(host for host in CiHost if path in _paths(host))


def _paths(host: CiHost) -> tuple[str, ...]:
    return lighthouse.PATHS if host is CiHost.LIGHTHOUSE else (HOSTS[host].PATH,)


def pipeline_findings(platform: Platform, files: Mapping[str, bytes]) -> tuple[Finding, ...]:
    """What is wrong with the pipelines among `files` (path to content).

    That of the host in the settings has to be there and as it would be rendered now. Pipelines of
    other hosts are looked at when this program rendered them.
    """
    found: list[Finding] = []
    own_host = platform.ci.host if platform.ci else None
    hosts = [host for host in CiHost if host is own_host or any(path in files for path in _paths(host))]
    for wanted in (pipeline for host in hosts for pipeline in render_pipelines(platform, host)):
        own = wanted.host is own_host
        content = files.get(wanted.path)
        text = None if content is None else content.decode("utf-8", "backslashreplace")
        if text is None and own:
            found.append(_finding(wanted, "is missing, though kubestack.yaml names its host", line=0))
        elif text is not None and (own or MARK in text) and text != wanted.text:
            line = _first_difference(text, wanted.text)
            found.append(_finding(wanted, "no longer fits kubestack.yaml", line=line))
    return tuple(found)


def _finding(wanted: RenderedPipeline, message: str, *, line: int) -> Finding:
    return Finding(
        check="pipeline",
        where=Location(path=wanted.path, line=line),
        message=f"the pipeline {message}",
        hint=f"kubestack ci render {wanted.host}",
    )


def _first_difference(text: str, wanted: str) -> int:
    """The first line, from 1, that is not as it should be."""
    lines, others = text.splitlines(), wanted.splitlines()
    pairs = zip(lines, others, strict=False)
    same = next((index for index, (one, other) in enumerate(pairs) if one != other), None)
    return (min(len(lines), len(others)) if same is None else same) + 1

"""From a place to the API of its host; each library is imported when its host is spoken to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.ci import CiHost

if TYPE_CHECKING:
    from kubestack_py.ci.hosts.model import Host
    from kubestack_py.model.review import Place


def open_host(place: Place, token: str) -> Host:
    """The API of the repository. Jenkins has none; there is no place on it."""
    match place.host:
        case CiHost.GITHUB:
            from kubestack_py.ci.hosts.github import GitHub

            return GitHub(place.api, place.repository, token)
        case CiHost.GITLAB:
            from kubestack_py.ci.hosts.gitlab import GitLab

            return GitLab(place.api, place.repository, token)
        case CiHost.BITBUCKET:
            from kubestack_py.ci.hosts.bitbucket import Bitbucket

            return Bitbucket(place.api, place.repository, token)
        case _:
            from kubestack_py.ci.hosts.azure import AzureDevOps

            return AzureDevOps(place.api, place.repository, token)

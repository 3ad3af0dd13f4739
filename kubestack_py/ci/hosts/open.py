"""From a place to the API of its host; each library is imported when its host is spoken to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.ci.hosts.model import HostRefusal
from kubestack_py.errors import HostError
from kubestack_py.model.ci import CiHost

if TYPE_CHECKING:
    from kubestack_py.ci.hosts.model import Host
    from kubestack_py.model.review import Place


def open_host(place: Place, token: str) -> Host:
    """The API of the repository. Jenkins has none; there is no place on it.

    Raises `HostError` for an address that no API can have.
    """
    try:
        return _opened(place, token)
    except HostRefusal:
        raise HostError(
            f"the API of {place.host} cannot be reached at the address that CI tells",
            hint="It has to begin with https://.",
        ) from None


def _opened(place: Place, token: str) -> Host:
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

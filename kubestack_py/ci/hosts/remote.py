"""The repository behind a Git remote as its host's API knows it, and which variable holds a token for it.

A token is for one host: the usual variables (GITHUB_TOKEN and the like) are read only for the public host of
their kind and for the one that CI runs on, so that no token reaches a host it was not made for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kubestack_py.ci.hosts.place import DEPLOY_TOKEN, USUAL_TOKENS
from kubestack_py.ci.remote_url import host_by_name, remote_url
from kubestack_py.model.ci import CiHost
from kubestack_py.model.review import Place
from kubestack_py.system.loopback import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubestack_py.ci.remote_url import RemoteUrl

_PUBLIC = {
    CiHost.GITHUB: {"github.com"},
    CiHost.GITLAB: {"gitlab.com"},
    CiHost.BITBUCKET: {"bitbucket.org"},
    CiHost.AZURE: {"dev.azure.com"},
}
_SITES = {  # where each CI system says what address its host has
    CiHost.GITHUB: "GITHUB_SERVER_URL",
    CiHost.GITLAB: "CI_SERVER_URL",
    CiHost.AZURE: "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI",
}


def place_of_remote(url: str, environ: Mapping[str, str], kind: CiHost | None = None) -> Place | None:
    """The repository that a remote leads to; None for a path, an unknown host, and http over a wire.

    `kind` is what the host is where neither its name nor CI tells. `token` stays empty where no variable
    holds one.
    """
    address = remote_url(url)
    if address is None or (address.scheme == "http" and not is_loopback(address.host)):
        return None
    site = _site(address, environ)
    known = site or host_by_name(address.host) or kind
    repository = _repository(address, known, environ) if known in _PUBLIC else None
    if known is None or repository is None:
        return None
    usual = USUAL_TOKENS[known] if site or address.host in _PUBLIC[known] else ()
    token = next((name for name in (DEPLOY_TOKEN, *usual) if environ.get(name)), "")
    api, name = repository
    return Place(host=known, api=api, repository=name, token=token)


def _site(address: RemoteUrl, environ: Mapping[str, str]) -> CiHost | None:
    """The kind of the host that CI runs on, where the remote is there too."""
    for kind, name in _SITES.items():
        if urlsplit(environ.get(name, "")).netloc.lower() == address.host:
            return kind
    return None


def _repository(address: RemoteUrl, kind: CiHost, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """The address of the API, and how it calls the repository."""
    here = environ.get(_SITES.get(kind, ""), "") if _site(address, environ) is kind else ""
    match kind:
        case CiHost.GITHUB:
            if here and environ.get("GITHUB_API_URL"):
                return environ["GITHUB_API_URL"], address.path
            own = address.host == "github.com" or address.host.endswith(".ghe.com")
            return (f"https://api.{address.host}" if own else f"{address.site}/api/v3"), address.path
        case CiHost.GITLAB:
            below = urlsplit(here).path.strip("/")
            return here or address.site, address.path.removeprefix(f"{below}/" if below else "")
        case CiHost.BITBUCKET:
            return "https://api.bitbucket.org/2.0", address.path
        case _:
            found = address.azure()
            return (found[0], f"{found[1]}/{found[2]}") if found else None

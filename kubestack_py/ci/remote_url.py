"""The address of a Git remote, and which host it leads to. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from kubestack_py.model.ci import CiHost

_SSH = re.compile(r"(?:ssh://)?(?:[^@/\s]+@)?(?P<host>[^:/\s]+)(?::[0-9]+(?=/))?[:/](?P<path>[^\s]+)")
_HTTP = re.compile(r"(?P<scheme>https?)://(?:[^@/\s]*@)?(?P<host>[^/\s]+)/(?P<path>[^\s]+)")
_WEB = {  # where Git is spoken to under another name than the pages have
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
    "ssh.dev.azure.com": "dev.azure.com",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteUrl:
    """Where the pages of a repository are: `https`, `git.example.com`, `acme/deploy`."""

    scheme: str
    host: str
    path: str

    @property
    def site(self) -> str:
        """The address of the host."""
        return f"{self.scheme}://{self.host}"

    def azure(self) -> tuple[str, str, str] | None:
        """Collection, project and repository in Azure Repos; None for an address that is none of theirs."""
        before, found, repository = self.path.rpartition("/_git/")
        if self.path.startswith("v3/"):  # ssh
            parts = self.path.split("/")
            before, found, repository = "/".join(parts[1:3]), "v3", "/".join(parts[3:])
        elif self.path.startswith("_git/"):
            before, found, repository = "", "_git", self.path.removeprefix("_git/")
        if not found or not repository or "/" in repository:
            return None
        collection, _, project = before.rpartition("/")
        if self.host.endswith(".visualstudio.com") and not collection:
            collection, project = "", before
        top = f"{self.site}/{collection}".rstrip("/")
        return top, unquote(project or repository), unquote(repository)


def remote_url(text: str) -> RemoteUrl | None:
    """The address as https, unless it is http; None for a path and for what has no host."""
    found = _HTTP.fullmatch(text)
    if found is None:
        found = _SSH.fullmatch(text) if "://" not in text[6:] else None
        if found is None:
            return None
    host = found["host"].lower()
    path = found["path"].strip("/").removesuffix(".git")
    scheme = found.groupdict().get("scheme", "https")
    return RemoteUrl(scheme=scheme, host=_WEB.get(host, host), path=path)


def host_by_name(host: str) -> CiHost | None:
    """Which host it is by its name; None where the name does not tell."""
    if "github" in host or host.endswith(".ghe.com"):
        return CiHost.GITHUB
    if "gitlab" in host:
        return CiHost.GITLAB
    if host == "bitbucket.org":
        return CiHost.BITBUCKET
    if host == "dev.azure.com" or host.endswith(".visualstudio.com"):
        return CiHost.AZURE
    return None

"""Where a person opens the pull request of a branch, by the address of the remote. Pure."""

from __future__ import annotations

import re
from urllib.parse import quote

_SSH = re.compile(r"(?:ssh://)?(?:[^@/\s]+@)?(?P<host>[^:/\s]+)(?::[0-9]+(?=/))?[:/](?P<path>[^\s]+)")
_HTTPS = re.compile(r"https?://(?:[^@/\s]*@)?(?P<host>[^/\s]+)/(?P<path>[^\s]+)")


def request_link(remote: str, branch: str, target: str) -> str:
    """The page that opens a pull request; empty for a host that does not tell by its name what it is."""
    found = _HTTPS.fullmatch(remote) or (_SSH.fullmatch(remote) if "://" not in remote[6:] else None)
    if found is None:
        return ""
    host, path = found["host"].lower(), found["path"].removesuffix("/").removesuffix(".git")
    source, into = quote(branch, safe=""), quote(target, safe="")
    if "github" in host:
        return f"https://{host}/{path}/compare/{into}...{source}?expand=1"
    if "gitlab" in host:
        ends = f"merge_request[source_branch]={source}&merge_request[target_branch]={into}"
        return f"https://{host}/{path}/-/merge_requests/new?{ends}"
    if host == "bitbucket.org":
        return f"https://{host}/{path}/pull-requests/new?source={source}&dest={into}"
    return ""

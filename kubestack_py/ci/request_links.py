"""Where a person opens the pull request of a branch, by the address of the remote. Pure."""

from __future__ import annotations

from urllib.parse import quote

from kubestack_py.ci.remote_url import host_by_name, remote_url
from kubestack_py.model.ci import CiHost


def request_link(remote: str, branch: str, target: str, kind: CiHost | None = None) -> str:
    """The page that opens a pull request; empty for a host that does not tell by its name what it is.

    `kind` says it where it is known otherwise.
    """
    address = remote_url(remote)
    if address is None:
        return ""
    source, into = quote(branch, safe=""), quote(target, safe="")
    repository = f"https://{address.host}/{address.path}"
    match kind or host_by_name(address.host):
        case CiHost.GITHUB:
            return f"{repository}/compare/{into}...{source}?expand=1"
        case CiHost.GITLAB:
            ends = f"merge_request[source_branch]={source}&merge_request[target_branch]={into}"
            return f"{repository}/-/merge_requests/new?{ends}"
        case CiHost.BITBUCKET:
            return f"{repository}/pull-requests/new?source={source}&dest={into}"
        case CiHost.AZURE if found := address.azure():
            top, project, name = found
            page = f"{top}/{quote(project)}/_git/{quote(name)}/pullrequestcreate"
            return f"{page}?sourceRef={source}&targetRef={into}"
    return ""

"""Which repository on which host a remote leads to, whose token is for it, and where its requests open."""

from __future__ import annotations

import pytest

from kubestack_py.ci.hosts.remote import place_of_remote
from kubestack_py.ci.request_links import request_link
from kubestack_py.model.ci import CiHost

HUB = ("github", "https://api.github.com", "acme/deploy")
BUCKET = ("bitbucket", "https://api.bitbucket.org/2.0", "acme/deploy")
HERE = "http://127.0.0.1:8080"
ACTIONS = {"GITHUB_SERVER_URL": "https://git.acme.io", "GITHUB_API_URL": "https://git.acme.io/api/v3"}
GITLAB = {"CI_SERVER_URL": "https://git.acme.io/lab"}


@pytest.mark.parametrize(
    ("url", "environ", "expected"),
    [
        ("https://github.com/acme/deploy.git", {}, HUB),
        ("git@github.com:acme/deploy", {}, HUB),
        ("ssh://git@ssh.github.com:443/acme/deploy.git", {}, HUB),
        ("https://x.ghe.com/a/b", {}, ("github", "https://api.x.ghe.com", "a/b")),
        ("https://github.acme.io/a/b", {}, ("github", "https://github.acme.io/api/v3", "a/b")),
        ("https://git.acme.io/a/b/", ACTIONS, ("github", "https://git.acme.io/api/v3", "a/b")),
        ("https://u:p@gitlab.com/a/b/c.git", {}, ("gitlab", "https://gitlab.com", "a/b/c")),
        ("https://gitlab.acme.io:8443/a/b", {}, ("gitlab", "https://gitlab.acme.io:8443", "a/b")),
        ("https://git.acme.io/lab/a/b.git", GITLAB, ("gitlab", "https://git.acme.io/lab", "a/b")),
        ("git@bitbucket.org:acme/deploy.git", {}, BUCKET),
        ("https://dev.azure.com/o/My%20P/_git/r", {}, ("azure", "https://dev.azure.com/o", "My P/r")),
        ("https://o@dev.azure.com/o/p/_git/r", {}, ("azure", "https://dev.azure.com/o", "p/r")),
        ("git@ssh.dev.azure.com:v3/o/p/r", {}, ("azure", "https://dev.azure.com/o", "p/r")),
        ("https://o.visualstudio.com/p/_git/r", {}, ("azure", "https://o.visualstudio.com", "p/r")),
        ("https://o.visualstudio.com/_git/r", {}, ("azure", "https://o.visualstudio.com", "r/r")),
        (f"{HERE}/a/b", {"CI_SERVER_URL": HERE}, ("gitlab", HERE, "a/b")),
        ("https://dev.azure.com/o/p", {}, None),
        ("https://git.acme.io/a/b", {}, None),
        ("http://github.com/a/b", {}, None),  # a token would cross the wire for all to read
        ("/srv/git/a.git", {}, None),
        ("file:///srv/git/a.git", {}, None),
        ("../a.git", {}, None),
    ],
)  # fmt: skip
def test_remote_leads_to_a_repository(
    url: str, environ: dict[str, str], expected: tuple[str, str, str] | None
) -> None:
    place = place_of_remote(url, environ)
    assert (place and (str(place.host), place.api, place.repository)) == expected


def test_kind_that_the_settings_name_is_for_hosts_that_say_nothing() -> None:
    place = place_of_remote("https://git.acme.io/a/b", {}, CiHost.GITLAB)
    assert place is not None
    assert (place.host, place.api) == (CiHost.GITLAB, "https://git.acme.io")
    other = place_of_remote("https://github.com/a/b", {}, CiHost.GITLAB)
    assert other is not None
    assert other.host is CiHost.GITHUB
    assert place_of_remote("https://git.acme.io/a/b", {}, CiHost.JENKINS) is None


@pytest.mark.parametrize(
    ("url", "more", "token"),
    [
        ("https://github.com/a/b", {}, "GITHUB_TOKEN"),
        ("https://github.evil.example/a/b", {}, ""),
        ("https://git.acme.io/a/b", ACTIONS, "GITHUB_TOKEN"),
        ("https://gitlab.com/a/b", {}, ""),
        ("https://github.acme.io/a/b", {"KUBESTACK_DEPLOY_TOKEN": "x"}, "KUBESTACK_DEPLOY_TOKEN"),
        ("https://github.com/a/b", {"KUBESTACK_DEPLOY_TOKEN": "x"}, "KUBESTACK_DEPLOY_TOKEN"),
    ],
)
def test_token_goes_to_the_host_that_it_is_for(url: str, more: dict[str, str], token: str) -> None:
    place = place_of_remote(url, {"GITHUB_TOKEN": "t", **more})
    assert place is not None
    assert place.token == token


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("git@github.com:a/b.git", "https://github.com/a/b/compare/main...k%2Fw?expand=1"),
        ("https://gitlab.com/a/b", "https://gitlab.com/a/b/-/merge_requests/new?merge_request[source_branch]="
         "k%2Fw&merge_request[target_branch]=main"),
        ("https://bitbucket.org/a/b", "https://bitbucket.org/a/b/pull-requests/new?source=k%2Fw&dest=main"),
        ("git@ssh.dev.azure.com:v3/o/My%20P/r", "https://dev.azure.com/o/My%20P/_git/r/pullrequestcreate?"
         "sourceRef=k%2Fw&targetRef=main"),
        ("https://git.acme.io/a/b", ""),
        ("/srv/git/a.git", ""),
    ],
)  # fmt: skip
def test_link_opens_the_request(url: str, link: str) -> None:
    assert request_link(url, "k/w", "main") == link

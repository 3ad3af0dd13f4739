"""JSON over HTTP for the hosts without a client that is kept: `azure-devops` has been in beta since 2023, and
`atlassian-python-api` brings a parser of HTML and three of OAuth for the few calls that are made here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kubestack_py.ci.hosts.model import HostRefusal

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT = 30


class Rest:
    """One API. The token goes into a header of every request, never into a URL, and follows no redirect."""

    def __init__(self, base: str, headers: Mapping[str, str]) -> None:
        import requests

        self._base = base
        self._session = requests.Session()
        self._session.auth = _NoNetrc()
        self._session.headers.update({"Accept": "application/json", **headers})

    def call(self, verb: str, path: str, body: object = None, **query: str | int) -> Any:
        """The parsed answer, None for an empty one; `path` may be a whole URL. Raises `HostRefusal`."""
        import requests

        url = path if path.startswith(self._base) else self._base + path
        try:
            answer = self._session.request(
                verb, url, json=body, params=query, timeout=TIMEOUT, allow_redirects=False
            )
            if not 200 <= answer.status_code < 300 or answer.status_code == 203:
                raise _refusal(answer)
            return answer.json() if answer.content else None
        except requests.RequestException as error:
            raise HostRefusal(0, type(error).__name__) from None


class _NoNetrc:
    """Leaves a request as it is; without it requests would put a login of ~/.netrc over our token."""

    def __call__(self, request: Any) -> Any:
        return request


def _refusal(answer: Any) -> HostRefusal:
    """What the host says. Azure DevOps answers a bad token with a page for signing in, and 203 or 302."""
    status = 401 if answer.status_code in {203, 302} else answer.status_code
    wait = answer.headers.get("Retry-After", "")
    retry_after = float(wait) if wait.isdigit() and status in {403, 429, 503} else None
    return HostRefusal(status, _said(answer), retry_after=retry_after)


def _said(answer: Any) -> str:
    try:
        value = answer.json()
    except ValueError:
        return ""
    if not isinstance(value, dict):
        return ""
    error = value.get("error")
    found = error.get("message") if isinstance(error, dict) else value.get("message")
    return found if isinstance(found, str) else ""

"""Refusals that pass (rate limits, errors of the host, no connection) are waited out, but not for long.

Then the whole work is done again, and so everything is looked up again: a request that failed may have been
carried out all the same.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from kubestack_py.ci.hosts.model import HostRefusal
from kubestack_py.errors import HostError
from kubestack_py.model.ci import CiHost
from kubestack_py.system.disclosure import without_credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubestack_py.model.review import Place

T = TypeVar("T")
TRIES = 4
PATIENCE = 60.0  # seconds of waiting in all; talk with a host is not worth more of a job's time
NAMES = {
    CiHost.GITHUB: "GitHub",
    CiHost.GITLAB: "GitLab",
    CiHost.BITBUCKET: "Bitbucket",
    CiHost.AZURE: "Azure DevOps",
}
_RIGHTS = {
    CiHost.GITHUB: "`pull-requests: write` (`statuses: write` for statuses, `issues: write` for issues)",
    CiHost.GITLAB: "the scope `api` and the role Developer",
    CiHost.BITBUCKET: "the scope `pullrequest:write`",
    CiHost.AZURE: "the right *Contribute to pull requests* in the repository",
}


class Patience:
    """Calls to one place, with one budget of waiting for all of them. A call raises `HostError` alone."""

    def __init__(self, place: Place, sleep: Callable[[float], None] = time.sleep) -> None:
        self._place = place
        self._sleep = sleep
        self._left = PATIENCE

    def __call__(self, work: Callable[[], T]) -> T:
        """What `work` gives, once the host lets it."""
        for attempt in range(1, TRIES + 1):
            try:
                return work()
            except HostRefusal as refusal:
                wait = refusal.retry_after if refusal.retry_after is not None else 2.0 ** (attempt - 1)
                if attempt == TRIES or not refusal.passing or wait > self._left:
                    raise self._error(refusal) from None
                self._left -= wait
                self._sleep(wait)
        raise AssertionError

    def _error(self, refusal: HostRefusal) -> HostError:
        """A refusal in words, with what to do. Neither URLs nor headers are in it, and so no token."""
        name, token = NAMES[self._place.host], self._place.token
        said = f": {_short(refusal.said)}" if refusal.said else ""
        rights = f"Give the token in {token} {_RIGHTS[self._place.host]}."
        if refusal.retry_after is not None:
            wait = f"for {refusal.retry_after:.0f} more seconds"
            return HostError(f"{name} limits how often it may be asked, {wait}{said}", hint="Try again then.")
        match refusal.status:
            case 401:
                return HostError(
                    f"{name} does not accept the token in {token}: it is wrong, or has expired",
                    hint=f"Make a new one with {_RIGHTS[self._place.host]}.",
                )
            case 403:
                return HostError(f"{name} does not let the token in {token} do that{said}", hint=rights)
            case 404:
                return HostError(f"{name} shows the token in {token} no such thing{said}", hint=rights)
            case 0:
                return HostError(f"{name} cannot be reached{said}", hint="Is its API open to this job?")
            case status if status >= 500:
                return HostError(f"{name} has failed {TRIES} times (HTTP {status}){said}")
            case status:
                return HostError(f"{name} refused (HTTP {status}){said}")


def _short(said: str) -> str:
    """The beginning of what a host says, on one line; some repeat the address that they were asked at."""
    return " ".join(without_credentials(said, "***").split())[:200]

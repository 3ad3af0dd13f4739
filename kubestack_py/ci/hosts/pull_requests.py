"""Our one pull request for a branch: opened, given the newest text, or closed when nothing is left of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kubestack_py.ci.hosts.model import HostRefusal
from kubestack_py.ci.hosts.patience import Patience
from kubestack_py.model.pull_request import KeptRequest, RequestState

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubestack_py.ci.hosts.model import Host
    from kubestack_py.model.pull_request import PullRequest, WantedRequest
    from kubestack_py.model.review import Place

_MAY_BE_OPEN = {400, 409, 422}  # each host has its own way to say that there is one already


class PullRequests:
    """The pull requests of one repository. Every method raises `HostError`."""

    def __init__(self, host: Host, place: Place, sleep: Callable[[float], None] = time.sleep) -> None:
        self._host = host
        self._patiently = Patience(place, sleep)

    def keep(self, wanted: WantedRequest) -> KeptRequest:
        """Have the branch proposed: by the request that is open already, or by a new one.

        A request that a person opened is used, and keeps its words and labels.
        """
        kept = self._patiently(lambda: self._keep(wanted))
        if wanted.labels and kept.state is not RequestState.FOREIGN:
            number = kept.request.number
            self._patiently(lambda: self._host.set_labels(number, wanted.labels, wanted.unwanted))
        return kept

    def close(self, wanted: WantedRequest, reason: str) -> KeptRequest | None:
        """Close our request for a branch with a comment that says why; None where none is open.

        A person's request stays open.
        """
        return self._patiently(lambda: self._close(wanted, reason))

    def _keep(self, wanted: WantedRequest) -> KeptRequest:
        there = self._find(wanted)
        if there is None:
            try:
                return KeptRequest(request=self._host.open_request(wanted), state=RequestState.OPENED)
            except HostRefusal as refusal:
                there = self._find(wanted) if refusal.status in _MAY_BE_OPEN else None
                if there is None:
                    raise
        body = wanted.body_in(there.body)
        if body is None:
            return KeptRequest(request=there, state=RequestState.FOREIGN)
        if (there.title, there.body.replace("\r\n", "\n").strip()) == (wanted.title, body.strip()):
            return KeptRequest(request=there, state=RequestState.UNCHANGED)
        self._host.change_request(there.number, wanted.title, body)
        return KeptRequest(request=there, state=RequestState.UPDATED)

    def _close(self, wanted: WantedRequest, reason: str) -> KeptRequest | None:
        there = self._find(wanted)
        if there is None:
            return None
        if wanted.body_in(there.body) is None:
            return KeptRequest(request=there, state=RequestState.FOREIGN)
        self._host.create(there.number, reason)
        self._host.close_request(there.number)
        return KeptRequest(request=there, state=RequestState.CLOSED)

    def _find(self, wanted: WantedRequest) -> PullRequest | None:
        return next(iter(self._host.requests(wanted.source, wanted.target)), None)

"""The pull request of a branch that a command has pushed: opened by the host's API, or by a link."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from kubestack_py.errors import HostError, UsageError
from kubestack_py.model.pull_request import RequestState

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubestack_py.ci.hosts.pull_requests import PullRequests
    from kubestack_py.model.ci import CiHost
    from kubestack_py.model.pull_request import KeptRequest, WantedRequest
    from kubestack_py.model.review import Place
    from kubestack_py.system.console import Console
    from kubestack_py.system.git import Git

request_option = click.option(
    "--request/--no-request",
    default=None,
    help="Open or update the pull request of the pushed branch.  [default: where a variable holds a token]",
)
_WORDS = {
    RequestState.OPENED: "opened",
    RequestState.UPDATED: "updated",
    RequestState.UNCHANGED: "as it was",
    RequestState.FOREIGN: "there already, in the words of who opened it",
    RequestState.CLOSED: "closed, as nothing is left of it",
}
_SUPERSEDED = "Nothing is left to merge: the target branch has decided everything that was proposed here."


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A clone, its remote, and the host that its settings name."""

    git: Git
    remote: str | None
    kind: CiHost | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where requests of a repository are handed in; `requests` is None where only a person can do it.

    `tell` is how their addresses are told.
    """

    console: Console
    tell: Callable[[str], None]
    url: str = ""
    kind: CiHost | None = None
    requests: PullRequests | None = None
    required: bool = False

    def hand_in(self, wanted: WantedRequest, *, proposed: bool) -> KeptRequest | None:
        """Have the pushed branch proposed, or its request closed where there is nothing to merge.

        Raises `HostError` where that was asked for and the host refuses; else it is a warning.
        """
        if self.requests is None:
            if proposed:
                self._link(wanted)
            return None
        try:
            kept = self.requests.keep(wanted) if proposed else self.requests.close(wanted, _SUPERSEDED)
        except HostError as error:
            problem = f"{wanted.source} is pushed, but its pull request is not up to date: {error.message}"
            if self.required:
                raise HostError(problem, hint=error.hint) from error
            self.console.warn(f"{problem}\n{error.hint}".rstrip())
            if proposed:
                self._link(wanted)
            return None
        if kept and not proposed and kept.state is RequestState.FOREIGN:
            self.console.say(f"Nothing is left to merge by {kept.request.url}: close it.")
        elif kept:
            self.tell(f"pull request {kept.request.url}: {_WORDS[kept.state]}")
        return kept

    def _link(self, wanted: WantedRequest) -> None:
        from kubestack_py.ci.request_links import request_link

        link = request_link(self.url, wanted.source, wanted.target, self.kind)
        end = f": {link}" if link else "."
        self.console.say(f"Open a pull request from {wanted.source} to {wanted.target}{end}")


def open_desk(
    console: Console, origin: Origin, *, request: bool | None, tell: Callable[[str], None] | None = None
) -> Desk:
    """The desk of the repository that a remote leads to.

    Raises `UsageError` where a request is asked for, and cannot be opened.
    """
    url = origin.git.remote_url(origin.remote) if origin.remote else ""
    desk = Desk(console=console, tell=tell or console.data, url=url, kind=origin.kind)
    place = None if request is False else _place(url, origin.kind, required=bool(request))
    if place is None:
        return desk
    from kubestack_py.ci.hosts.open import open_host
    from kubestack_py.ci.hosts.pull_requests import PullRequests

    token = os.environ[place.token]
    console.mask([token])
    return replace(desk, requests=PullRequests(open_host(place, token), place), required=bool(request))


def _place(url: str, kind: CiHost | None, *, required: bool) -> Place | None:
    """The repository on its host, where a variable holds a token for it."""
    from kubestack_py.ci.hosts.place import DEPLOY_TOKEN
    from kubestack_py.ci.hosts.remote import place_of_remote

    place = place_of_remote(url, os.environ, kind)
    if required and place is None:
        raise UsageError(
            "no pull request can be opened: what the remote leads to is no host that kubestack knows",
            hint="Name it in kubestack.yaml there, `ci: {host: gitlab}`, or `ci: {comment: {host: gitlab}}` "
            "beside Jenkins and Lighthouse; or leave out --request.",
        )
    if required and place and not place.token:
        raise UsageError(
            "no pull request can be opened: no variable holds a token for this host",
            hint=f"Give one in {DEPLOY_TOKEN}, or leave out --request and open it by hand.",
        )
    return place if place and place.token else None

"""Our one pull request for a branch on every host: opened once, kept, closed, and people's left alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from kubestack_py.ci.hosts.open import open_host
from kubestack_py.ci.hosts.patience import TRIES
from kubestack_py.ci.hosts.pull_requests import PullRequests
from kubestack_py.errors import HostError
from kubestack_py.model.pull_request import RequestState, WantedRequest
from kubestack_py.model.review import Place
from tests.hosts.server import Answer, serving
from tests.hosts.test_hosts import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

BRANCH = "kubestack/image/web"
WANTED = WantedRequest(
    source=BRANCH,
    target="main",
    title="Set web in ops to 1.2.0",
    about="image manifests/web",
    text="| environment | image |\n|---|---|\n| ops | `ghcr.io/acme/web:1.2.0` |\n" + "ünï 🚀 " * 90,
)
NEWER = replace(WANTED, title="Set web in ops to 1.3.0", text="1.3.0")


class Desk:
    """A fake host, our request there, and the seconds that were waited."""

    def __init__(self, kind: str, fake: Any) -> None:
        host, _, path = KINDS[kind]
        self.fake = fake
        self.waited: list[float] = []
        self._place = Place(host=host, api=fake.url + path, repository=fake.repository, token="TOKEN_NAME")

    def requests(self, token: str = "", api: str = "") -> PullRequests:
        place = replace(self._place, api=api or self._place.api)
        return PullRequests(open_host(place, token or self.fake.token), place, self.waited.append)

    def keep(self, wanted: WantedRequest = WANTED) -> RequestState:
        return self.requests().keep(wanted).state

    def open(self) -> list[tuple[str, str]]:
        return [(pull.title, pull.body) for pull in self.fake.pulls.all if pull.open]


@pytest.fixture(params=[kind for kind in KINDS if kind != "github-person"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    fake = KINDS[request.param][1]()
    with serving(fake):
        yield Desk(request.param, fake)


def test_request_is_opened_once_and_gets_the_newest_text(desk: Desk) -> None:
    kept = desk.requests().keep(WANTED)
    assert kept.state is RequestState.OPENED
    assert kept.request.url.startswith(desk.fake.url)
    assert kept.request.url.endswith(f"/{kept.request.number}")
    assert desk.keep() is RequestState.UNCHANGED
    assert desk.keep(NEWER) is RequestState.UPDATED
    assert desk.open() == [(NEWER.title, NEWER.body)]


def test_what_people_write_around_our_text_stays(desk: Desk) -> None:
    desk.keep()
    [pull] = desk.fake.pulls.all
    pull.body = f"Please wait.\r\n{pull.body}\r\n\r\nTested by hand."
    assert desk.keep(NEWER) is RequestState.UPDATED
    assert pull.body.startswith("Please wait.\n<!-- ")
    assert pull.body.endswith("\n\nTested by hand.")
    assert ("1.3.0" in pull.body, "1.2.0" in pull.body) == (True, False)
    assert desk.keep(NEWER) is RequestState.UNCHANGED


def test_request_of_a_person_is_used_and_left_as_it_is(desk: Desk) -> None:
    desk.fake.pulls.add(BRANCH, "main", "By hand", "mine")
    assert desk.keep() is RequestState.FOREIGN
    closed = desk.requests().close(WANTED, "Nothing is left.")
    assert closed is not None
    assert closed.state is RequestState.FOREIGN
    assert desk.open() == [("By hand", "mine")]


def test_requests_of_forks_other_branches_and_closed_ones_are_not_ours(desk: Desk) -> None:
    desk.fake.pulls.add(BRANCH, "main", "From a fork", WANTED.body, fork=True)
    desk.fake.pulls.add(BRANCH, "other", "Into another branch", WANTED.body)
    desk.fake.pulls.add("kubestack/image/web-2", "main", "Of another application", WANTED.body)
    desk.fake.pulls.add(BRANCH, "main", "Closed", WANTED.body).open = False
    assert desk.keep(NEWER) is RequestState.OPENED
    assert [title for title, _ in desk.open()] == [
        "From a fork",
        "Into another branch",
        "Of another application",
        NEWER.title,
    ]


def test_request_of_which_nothing_is_left_is_closed_with_the_reason(desk: Desk) -> None:
    assert desk.requests().close(WANTED, "Nothing is left.") is None
    desk.keep()
    closed = desk.requests().close(WANTED, "Nothing is left.")
    assert closed is not None
    assert closed.state is RequestState.CLOSED
    assert desk.open() == []
    assert desk.fake.pulls.said == [(closed.request.number, "Nothing is left.")]


def test_another_run_that_was_faster_makes_no_second_request(desk: Desk) -> None:
    """It opens its request between our look and our own."""

    def faster(request: Any) -> None:
        if request.verb == "POST" and not desk.fake.pulls.all:
            desk.fake.pulls.add(BRANCH, "main", WANTED.title, WANTED.body)

    desk.fake.before = faster
    assert desk.keep(NEWER) in {RequestState.UPDATED, RequestState.OPENED}
    assert desk.open() == [(NEWER.title, NEWER.body)]


def test_error_after_the_work_was_done_makes_no_second_request(desk: Desk) -> None:
    def work_then_fail(request: Any) -> None:
        if request.verb == "POST" and not desk.fake.pulls.all:
            desk.fake.pulls.add(BRANCH, "main", WANTED.title, WANTED.body)
            desk.fake.refuse["POST"] = [Answer(status=502, body="<html>Bad gateway</html>")]

    desk.fake.before = work_then_fail
    assert desk.keep() is RequestState.UNCHANGED
    assert (len(desk.fake.pulls.all), desk.waited) == (1, [1.0])


def test_rate_limit_is_waited_out_and_trouble_without_end_ends(desk: Desk) -> None:
    limited = Answer(status=429, body={"message": "slow down"}, headers={"Retry-After": "3"})
    desk.fake.refuse = {"GET": [limited], "POST": [limited]}
    assert desk.keep() is RequestState.OPENED
    assert set(desk.waited) == {3.0}
    desk.fake.refuse["GET"] = [Answer(status=503, body="")] * 50
    with pytest.raises(HostError, match=f"has failed {TRIES} times"):
        desk.keep(NEWER)


@pytest.mark.parametrize(
    ("verb", "status", "said"),
    [
        ("POST", 403, "does not let the token in TOKEN_NAME do that: not for you"),
        ("GET", 404, "shows the token in TOKEN_NAME no such thing"),
        ("POST", 422, r"refused \(HTTP 422\): not for you"),
    ],
)
def test_refusals_are_said(desk: Desk, verb: str, status: int, said: str) -> None:
    desk.fake.refuse[verb] = [Answer(status=status, body={"message": "not for you"})]
    with pytest.raises(HostError, match=said):
        desk.keep()
    assert (desk.fake.pulls.all, desk.waited) == ([], [])


def test_wrong_token_and_host_that_is_away_are_said_without_the_token(desk: Desk) -> None:
    with pytest.raises(HostError, match="does not accept the token in TOKEN_NAME") as wrong:
        desk.requests(token="wr0ng-t0ken").keep(WANTED)
    assert "wr0ng-t0ken" not in str(wrong.value) + repr(wrong.value.__context__)
    with pytest.raises(HostError, match="cannot be reached"):
        desk.requests(api="http://127.0.0.1:9").keep(WANTED)

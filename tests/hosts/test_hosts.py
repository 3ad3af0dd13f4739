"""Our comment on every host, through the clients that are used: found, kept, never waited for without end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kubestack_py.ci.hosts.model import CommitStatus
from kubestack_py.ci.hosts.open import open_host
from kubestack_py.ci.hosts.patience import PATIENCE, TRIES
from kubestack_py.ci.hosts.review import Review
from kubestack_py.errors import HostError
from kubestack_py.model.ci import CiHost
from kubestack_py.model.review import LIMITS, Label, Mark, Place, ReviewState, StatusState
from tests.hosts.azure import FakeAzure
from tests.hosts.bitbucket import FakeBitbucket
from tests.hosts.github import FakeGitHub
from tests.hosts.gitlab import FakeGitLab
from tests.hosts.server import Answer, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KINDS: dict[str, tuple[CiHost, Callable[[], Any], str]] = {
    "github-job": (CiHost.GITHUB, FakeGitHub, ""),
    "github-person": (CiHost.GITHUB, lambda: FakeGitHub(job_token=False), ""),
    "gitlab": (CiHost.GITLAB, FakeGitLab, ""),
    "bitbucket": (CiHost.BITBUCKET, FakeBitbucket, "/2.0"),
    "azure": (CiHost.AZURE, FakeAzure, ""),
}
UPDATES = ("PATCH", "PUT")


class Desk:
    """A fake host, our comment there, and the seconds that were waited."""

    def __init__(self, kind: CiHost, fake: Any, path: str) -> None:
        self.fake = fake
        self.waited: list[float] = []
        self._place = Place(
            host=kind,
            api=fake.url + path,
            repository=fake.repository,
            number=7,
            head=fake.head,
            token="TOKEN_NAME",
        )

    def review(self, token: str = "") -> Review:
        host = open_host(self._place, token or self.fake.token)
        return Review(host, self._place, self.waited.append)

    def body(self, text: str = "") -> str:
        mark = Mark(platform=self._place.repository, number=7, head=self.fake.head, state=ReviewState.PLANNED)
        return f"{mark.line()}\n{text}"

    def texts(self) -> list[str]:
        return [self.fake.text(comment) for comment in self.fake.comments]


@pytest.fixture(params=KINDS)
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    kind, make, path = KINDS[request.param]
    fake = make()
    with serving(fake):
        yield Desk(kind, fake, path)


def test_comment_is_made_once_and_found_behind_pages(desk: Desk) -> None:
    for number in range(130):
        desk.fake.say("7", f"comment {number}")
    desk.review().write(7, desk.body("first"))
    desk.review().write(7, desk.body("second ünïcode 🟢"))
    assert len(desk.fake.comments) == 131
    assert desk.texts()[-1] == desk.body("second ünïcode 🟢") == desk.review().read(7)


def test_comment_of_somebody_else_with_our_mark_is_left_alone(desk: Desk) -> None:
    desk.fake.say("7", desk.body("forged"))
    desk.fake.say(desk.fake.me, f"> {desk.body('quoted')}")
    assert desk.review().read(7) == ""
    desk.review().write(7, desk.body("ours"))
    assert desk.texts()[0] == desk.body("forged")
    assert desk.review().read(7) == desk.body("ours")


def test_comment_that_is_deleted_in_between_is_made_anew(desk: Desk) -> None:
    desk.review().write(7, desk.body("first"))

    def delete(request: Any) -> None:
        if request.verb in UPDATES:
            desk.fake.comments.clear()

    desk.fake.before = delete
    desk.review().write(7, desk.body("second"))
    assert desk.texts() == [desk.body("second")]


def test_rate_limit_is_waited_out_as_long_as_it_asks(desk: Desk) -> None:
    limited = Answer(status=429, body={"message": "slow down"}, headers={"Retry-After": "3"})
    desk.fake.refuse = {"GET": [limited], "POST": [limited]}
    desk.review().write(7, desk.body("ours"))
    assert desk.texts() == [desk.body("ours")]
    assert 3.0 in desk.waited
    assert set(desk.waited) == {3.0}


def test_rate_limit_for_an_hour_is_not_waited_for(desk: Desk) -> None:
    desk.fake.refuse["GET"] = [Answer(status=429, body={"message": "no"}, headers={"Retry-After": "3600"})]
    with pytest.raises(HostError, match="limits how often it may be asked, for 3600 more seconds"):
        desk.review().read(7)
    assert desk.waited == []


def test_error_after_the_work_was_done_makes_no_second_comment(desk: Desk) -> None:
    def work_then_fail(request: Any) -> None:
        if request.verb == "POST" and "graphql" not in request.path and not desk.fake.comments:
            desk.fake.say(desk.fake.me, desk.body("done all the same"))
            desk.fake.refuse["POST"] = [Answer(status=502, body="<html>Bad gateway</html>")]

    desk.fake.before = work_then_fail
    desk.review().write(7, desk.body("ours"))
    assert desk.texts() == [desk.body("ours")]
    assert desk.waited == [1.0]


def test_errors_without_end_end(desk: Desk) -> None:
    desk.fake.refuse["GET"] = [Answer(status=503, body="")] * 50
    with pytest.raises(HostError, match=f"has failed {TRIES} times"):
        desk.review().write(7, desk.body())
    assert sum(desk.waited) <= PATIENCE
    assert desk.fake.count("GET") == TRIES


def test_wrong_token_is_said_with_what_to_do_and_without_the_token(desk: Desk) -> None:
    with pytest.raises(
        HostError, match="does not accept the token in TOKEN_NAME: it is wrong, or has expired"
    ) as it:
        desk.review("wr0ng-t0ken").write(7, desk.body())
    assert "Make a new one with" in str(it.value)
    assert "wr0ng-t0ken" not in str(it.value) + repr(it.value.__context__)
    assert desk.waited == []


def test_token_without_rights_is_said(desk: Desk) -> None:
    desk.fake.refuse["POST"] = [Answer(status=403, body={"message": "Resource not accessible"})] * 5
    with pytest.raises(HostError, match="does not let the token in TOKEN_NAME do that") as it:
        desk.review().write(7, desk.body())
    assert "Give the token in TOKEN_NAME" in str(it.value)


def test_body_over_the_limit_is_refused_and_not_tried_again(desk: Desk) -> None:
    longest = LIMITS[desk._place.host]
    desk.review().write(7, desk.body("x" * (longest - len(desk.body()))))
    desk.fake.comments.clear()
    with pytest.raises(HostError, match=r"refused \(HTTP 4"):
        desk.review().write(7, desk.body("x" * longest))
    assert desk.waited == []


def test_host_that_cannot_be_reached_is_said(desk: Desk) -> None:
    object.__setattr__(desk._place, "api", "http://127.0.0.1:9")
    with pytest.raises(HostError, match="cannot be reached"):
        desk.review().read(7)
    assert len(desk.waited) == TRIES - 1


def test_statuses_labels_heads_and_merged_pull_requests(desk: Desk) -> None:
    review = desk.review()
    assert desk.fake.head.startswith(review.head(7))
    assert review.pull_requests("c" * 40) == [7]
    assert review.pull_requests("d" * 40) == []
    review.set_status(
        CommitStatus(
            commit="a" * 40, state=StatusState.FAILURE, context="kubestack/plan", description="1 to delete"
        )
    )
    assert desk.fake.statuses[0][0] == "a" * 40
    if isinstance(desk.fake, FakeBitbucket):
        with pytest.raises(HostError, match="no labels on Bitbucket"):
            review.set_label(7, Label.DESTROY)
        return
    desk.fake.labels = ["bug", "no-changes"]
    review.set_label(7, Label.DESTROY)
    review.set_label(7, Label.DESTROY)
    assert desk.fake.labels == ["bug", "destroy"]


def test_bitbucket_token_that_may_not_ask_who_it_is_changes_its_own_comment_alone() -> None:
    fake = FakeBitbucket(tells=False)
    with serving(fake):
        desk = Desk(CiHost.BITBUCKET, fake, "/2.0")
        fake.say("{somebody}", desk.body("forged"))
        desk.review().write(7, desk.body("first"))
        desk.review().write(7, desk.body("second"))
        assert desk.texts() == [desk.body("forged"), desk.body("second")]
        assert desk.review().read(7) == ""

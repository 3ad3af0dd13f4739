"""What an event means, for promotion chains of any length."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kubestack_py.errors import ConfigurationError
from kubestack_py.model.decision import Action, Resolution
from kubestack_py.model.event import Event, EventKind
from kubestack_py.model.pattern import common_name, matches
from kubestack_py.model.platform import ApplyOn, Environment, Platform, RefKind
from kubestack_py.promotion.resolve import applied_on, resolve

NAMES = ("ops", "apps", "prod", "edge")
BRANCH, TAG = RefKind.BRANCH, RefKind.TAG


def environment(name: str, kind: RefKind, pattern: str) -> Environment:
    return Environment(name=name, apply_on=ApplyOn(kind=kind, pattern=pattern))


def chain(length: int, default_branch: str = "main") -> Platform:
    """`ops` applies on the branch main, every later environment on its own tags."""
    later = (environment(name, TAG, f"{name}-deploy-*") for name in NAMES[1:length])
    environments = (environment("ops", BRANCH, "main"), *later)
    return Platform(name="acme", environments=environments, stacks=(), default_branch=default_branch)


def push(ref: str) -> Event:
    return Event(kind=EventKind.PUSH, ref=ref)


def pull_request(target: str, *, fork: bool = False, ref: str = "refs/heads/fix") -> Event:
    return Event(kind=EventKind.PULL_REQUEST, ref=ref, target=target, fork=fork)


def short(resolution: Resolution) -> list[str]:
    return [f"{decision.action} {decision.environment}" for decision in resolution.decisions]


@pytest.mark.parametrize(
    ("length", "event", "expected"),
    [
        # push to a branch that an environment applies on
        (1, push("refs/heads/main"), ["apply ops"]),
        (2, push("refs/heads/main"), ["apply ops", "plan apps"]),
        (3, push("refs/heads/main"), ["apply ops", "plan apps"]),
        (4, push("refs/heads/main"), ["apply ops", "plan apps"]),
        # push to another branch
        *[(length, push("refs/heads/fix/dns"), ["plan ops"]) for length in (1, 2, 3, 4)],
        (2, push("refs/heads/mainline"), ["plan ops"]),
        (2, push("refs/heads/apps-deploy-1"), ["plan ops"]),
        # tags
        (2, push("refs/tags/apps-deploy-1"), ["apply apps"]),
        (3, push("refs/tags/apps-deploy-1"), ["apply apps", "plan prod"]),
        (4, push("refs/tags/prod-deploy-1"), ["apply prod", "plan edge"]),
        (4, push("refs/tags/edge-deploy-1"), ["apply edge"]),
        (1, push("refs/tags/apps-deploy-1"), []),
        (2, push("refs/tags/v1.0"), []),
        (2, push("refs/tags/main"), []),
        (2, push("refs/tags/apps-deploy-1/x"), []),
        # pull requests
        (1, pull_request("main"), ["plan ops"]),
        (2, pull_request("main"), ["plan ops", "plan apps"]),
        (4, pull_request("main"), ["plan ops", "plan apps", "plan prod", "plan edge"]),
        (2, pull_request("other"), []),
        (2, pull_request(""), []),
        (2, pull_request("main", fork=True), []),
        # schedule
        (1, Event(kind=EventKind.SCHEDULE), ["drift ops"]),
        (4, Event(kind=EventKind.SCHEDULE), ["drift ops", "drift apps", "drift prod", "drift edge"]),
        # anything else
        (2, Event(kind=EventKind.MANUAL, ref="refs/heads/main"), []),
        (2, Event(kind=EventKind.OTHER, ref="refs/heads/main", name="delete"), []),
        (2, push("refs/pull/7/merge"), []),
        (2, push("refs/notes/kubestack"), []),
        (2, push("refs/heads/"), []),
        (2, push("refs/tags/"), []),
        (2, push("main"), []),
        (2, push(""), []),
        # rendered branches
        (2, push("refs/heads/env/ops"), []),
        (2, push("refs/heads/env/apps"), []),
        (2, push("refs/heads/env/unknown"), []),
        (2, pull_request("env/apps"), []),
        # deletions
        (2, replace(push("refs/heads/main"), deleted=True), []),
        (2, replace(push("refs/tags/apps-deploy-1"), deleted=True), []),
    ],
)
def test_resolve_case(length: int, event: Event, expected: list[str]) -> None:
    resolution = resolve(chain(length), event)
    assert short(resolution) == expected
    assert resolution.reason
    assert all(decision.reason for decision in resolution.decisions)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (push("refs/tags/v1"), "Tag v1 is not one that an environment applies on (patterns: apps-deploy-*)."),
        (push("refs/heads/env/ops"), "env/ops holds rendered manifests"),
        (push("refs/notes/x"), "refs/notes/x is neither a branch nor a tag."),
        (push(""), "the event is neither a branch nor a tag."),
        (pull_request("main", fork=True), "from a fork is validated only"),
        (pull_request("other"), "A pull request to other reaches no environment."),
        (pull_request(""), "an unknown branch"),
        (replace(push("refs/heads/x"), deleted=True), "refs/heads/x was deleted"),
        (Event(kind=EventKind.OTHER, name="delete"), "The event delete has no meaning"),
        (Event(kind=EventKind.MANUAL), "kubestack apply"),
    ],
)
def test_resolve_nothing_says_why(event: Event, words: str) -> None:
    resolution = resolve(chain(2), event)
    assert resolution.decisions == ()
    assert words in resolution.reason


def test_resolve_says_why_in_words() -> None:
    decisions = resolve(chain(3), push("refs/tags/apps-deploy-1")).decisions
    assert [decision.reason for decision in decisions] == [
        "Tag apps-deploy-1 matches apps-deploy-*: promote to apps.",
        "After apps, show what the same change would do to prod.",
    ]


def test_resolve_pull_request_to_a_branch_of_a_later_environment_plans_that_one() -> None:
    environments = (environment("ops", BRANCH, "main"), environment("apps", BRANCH, "release/*"))
    platform = Platform(name="acme", environments=environments, stacks=())
    assert short(resolve(platform, pull_request("release/1"))) == ["plan apps"]


def test_resolve_default_branch_of_another_name() -> None:
    platform = chain(2, default_branch="trunk")
    assert short(resolve(platform, pull_request("trunk"))) == ["plan ops", "plan apps"]
    assert short(resolve(platform, pull_request("main"))) == ["plan ops"]


def test_resolve_tag_where_none_applies_on_tags() -> None:
    assert "none applies on tags" in resolve(chain(1), push("refs/tags/v1")).reason


def test_resolve_ref_of_two_environments_is_refused() -> None:
    environments = (environment("ops", TAG, "v*"), environment("apps", TAG, "*1"))
    platform = Platform(name="acme", environments=environments, stacks=())
    with pytest.raises(ConfigurationError) as caught:
        resolve(platform, push("refs/tags/v1"))
    assert "ops (tag v*) and apps (tag *1)" in caught.value.message


PATTERNS = st.lists(
    st.sampled_from(["a", "b", "/", "-", "*", "**", "?", "env/"]), min_size=1, max_size=4
).map("".join)
RULES = st.builds(ApplyOn, kind=st.sampled_from(RefKind), pattern=PATTERNS)
REFS = st.one_of(
    st.text(alphabet="ab/-", max_size=5).map("refs/heads/".__add__),
    st.text(alphabet="ab/-", max_size=5).map("refs/tags/".__add__),
    st.sampled_from(["env/ops", "env/apps", "env/a", "env/"]).map("refs/heads/".__add__),
    st.text(max_size=12),
)
EVENTS = st.builds(
    Event,
    kind=st.sampled_from(EventKind),
    ref=REFS,
    target=st.text(alphabet="ab/-", max_size=4),
    fork=st.booleans(),
    deleted=st.booleans(),
)


@st.composite
def platforms(draw: st.DrawFn) -> Platform:
    """A chain whose rules exclude each other, as `config` demands."""
    rules = draw(st.lists(RULES, min_size=1, max_size=4))
    kept: list[ApplyOn] = []
    for rule in rules:
        if not any(
            rule.kind == other.kind and common_name(rule.pattern, other.pattern) is not None for other in kept
        ):
            kept.append(rule)
    environments = tuple(
        Environment(name=name, apply_on=rule) for name, rule in zip(NAMES, kept, strict=False)
    )
    return Platform(
        name="acme", environments=environments, stacks=(), default_branch=draw(st.sampled_from(["a", "b"]))
    )


@given(platforms(), EVENTS)
def test_resolve_applies_at_most_once_and_only_first(platform: Platform, event: Event) -> None:
    actions = [decision.action for decision in resolve(platform, event).decisions]
    assert actions.count(Action.APPLY) <= 1
    assert Action.APPLY not in actions[1:]


@given(platforms(), EVENTS)
def test_resolve_applies_only_a_push_that_the_pattern_matches(platform: Platform, event: Event) -> None:
    for decision in resolve(platform, event).decisions:
        if decision.action is Action.APPLY:
            found = platform.find(decision.environment)
            assert found is not None
            assert event.kind is EventKind.PUSH
            assert not event.deleted
            name = event.branch if found.apply_on.kind is BRANCH else event.tag
            assert name
            assert matches(found.apply_on.pattern, name)
            assert not event.branch.startswith("env/")


@given(platforms(), EVENTS)
def test_resolve_applies_whatever_a_pattern_matches(platform: Platform, event: Event) -> None:
    assume(event.kind is EventKind.PUSH and not event.deleted and not event.branch.startswith("env/"))
    for kind, name in ((BRANCH, event.branch), (TAG, event.tag)):
        found = applied_on(platform, kind, name) if name else None
        if found:
            assert short(resolve(platform, event))[0] == f"apply {found.name}"


@given(platforms(), EVENTS)
def test_resolve_names_environments_once_and_in_the_order_of_the_chain(
    platform: Platform, event: Event
) -> None:
    order = [item.name for item in platform.environments]
    places = [order.index(decision.environment) for decision in resolve(platform, event).decisions]
    assert places == sorted(set(places))


@given(platforms(), EVENTS)
def test_resolve_plans_the_next_environment_after_an_apply(platform: Platform, event: Event) -> None:
    decisions = resolve(platform, event).decisions
    if decisions and decisions[0].action is Action.APPLY:
        applied = platform.find(decisions[0].environment)
        assert applied is not None
        following = platform.after(applied)
        assert short(Resolution(decisions=decisions[1:], reason="")) == (
            [f"plan {following.name}"] if following else []
        )


@given(platforms(), EVENTS)
def test_resolve_pull_requests_only_plan_and_forks_do_nothing(platform: Platform, event: Event) -> None:
    asked = replace(event, kind=EventKind.PULL_REQUEST)
    decisions = resolve(platform, asked).decisions
    assert all(decision.action is Action.PLAN for decision in decisions)
    assert not (asked.fork and decisions)


@given(platforms(), EVENTS)
def test_resolve_always_gives_a_reason(platform: Platform, event: Event) -> None:
    resolution = resolve(platform, event)
    assert resolution.reason
    assert all(decision.reason for decision in resolution.decisions)


@given(platforms())
def test_chain_before_and_after_are_each_others_inverse(platform: Platform) -> None:
    assert platform.before(platform.first) is None
    for item in platform.environments:
        following = platform.after(item)
        assert following is None or platform.before(following) == item

"""`kubestack promote`: which commit, which tag, what its annotation carries into the pipeline, and races."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.promotion.overrides import OVERRIDABLE, from_annotation, to_trailers
from kubestack_py.promotion.tag_names import next_name
from tests.cli.test_parity import check_schema
from tests.conftest import git
from tests.platforms import Platform, allow_pushes, assert_refused, reject_pushes

pytestmark = pytest.mark.slow

NEWER = ("infra/cluster.tf", 'kubernetes_version = "1.32"', 'kubernetes_version = "1.33"')
BUDGET = ("manifests/web/overlays/apps/kustomization.yaml", "  - pod-disruption-budget.yaml\n", "")
APPS = 'apply_on: {tag: "apps-deploy-*"}'
DAY = datetime(2026, 11, 23, tzinfo=UTC).date()


@pytest.fixture
def blocked(proved: Platform) -> Platform:
    """A platform in ops and apps, whose next promotion would delete what ops never deleted."""
    proved.ok("promote", "--push")
    run_tag(proved, tags(proved)[0])
    proved.land(*BUDGET)
    proved.ok("run")
    return proved


def tags(platform: Platform) -> list[str]:
    """The tags of this clone."""
    return platform.git("tag", "--sort=creatordate").split()


def shared_tags(platform: Platform) -> dict[str, str]:
    """The tags of the host with their commits."""
    assert platform.remote
    out = git(platform.remote, "for-each-ref", "--format=%(refname:short) %(*objectname)", "refs/tags")
    return dict(line.split(" ") for line in out.splitlines())


def run_tag(platform: Platform, tag: str) -> None:
    """What the pipeline of a tag does, then back to main."""
    platform.git("checkout", "--quiet", "--detach", tag)
    try:
        platform.ok("run", "--ref", f"refs/tags/{tag}")
    finally:
        platform.git("checkout", "--quiet", "main")


def test_promote_newest_proved_commit_through_its_pipeline(proved: Platform) -> None:
    done = proved.ok("promote", "--push", "-o", "json")
    check_schema("promotion", done.json)
    tag = done.json["tag"]
    assert re.fullmatch(r"apps-deploy-20\d\d-\d\d-\d\d-1", tag)
    assert (done.json["state"], done.json["commit"]["id"]) == ("pushed", proved.head)
    assert shared_tags(proved) == {tag: proved.head}
    message = proved.git("tag", "--list", "--format=%(contents)", tag)
    assert message.startswith(f"Promote {proved.head[:8]} to apps\n\n- {proved.head[:8]} Share the state")
    run_tag(proved, tag)
    assert proved.statuses("apps") == ["started", "verified"]
    assert "Nothing to promote: apps runs the newest content" in proved.ok("promote").out
    assert tags(proved) == [tag]


def test_promote_shows_what_it_would_do_and_makes_nothing(proved: Platform) -> None:
    before = proved.snapshot()
    done = proved.ok("promote", "--dry-run")
    for words in (
        "2 commits for apps, which runs nothing yet",
        "✓ ops verified infra",
        "infra: 3 to create (previewed ",
        "! unexercised manifests/web: create policy/PodDisruptionBudget/web/web (ops never touched it)",
        "may be promoted to apps.",
    ):
        assert words in done.out
    assert proved.snapshot() == before


def test_promote_skips_newer_commits_with_their_first_reason(proved: Platform) -> None:
    good = proved.head
    bad = proved.land(*NEWER)
    found = proved.ok("promote", "-o", "json").json
    assert found["commit"]["id"] == good
    [skipped] = found["skipped"]
    assert skipped["commit"]["id"] == bad
    assert skipped["reason"] == "ops has never applied infra with this content"
    assert "push to branch main" in skipped["hint"]
    assert proved.git("rev-parse", f"{found['tag']}^{{commit}}") == good


def test_promote_judges_by_the_settings_of_each_commit(proved: Platform) -> None:
    """A stack and a commit that the checkout does not know, pushed by somebody else."""
    other = proved.clone("other")
    overlay = {
        f"manifests/api/overlays/{env}/kustomization.yaml": "resources: []\n" for env in ("ops", "apps")
    }
    made = other.commit("Add api", overlay | {"manifests/api/base/kustomization.yaml": "resources: []\n"})
    other.push()
    [skipped] = proved.ok("promote", "--dry-run", "-o", "json").json["skipped"]
    assert skipped["commit"]["id"] == made
    assert skipped["reason"] == "ops has never applied manifests/api with this content"


def test_promote_settings_that_cannot_be_read_are_a_reason(proved: Platform) -> None:
    good = proved.head
    proved.land("kubestack.yaml", "version: 1", "version: one")
    proved.land("kubestack.yaml", "version: one", "version: 1")
    proved.land(*NEWER)
    found = proved.ok("promote", "--dry-run", "-o", "json").json
    assert found["commit"]["id"] not in {good, proved.head}, "the mended settings are the same content"
    proved.git("tag", "apps-deploy-x", "HEAD~2")
    assert_refused(proved, "promote", "--to", "HEAD~2", code=5, words=["kubestack.yaml is not valid"])


def test_promote_refused_by_parity_makes_no_tag(blocked: Platform) -> None:
    words = [
        "skipped",
        "Blocked: delete policy/PodDisruptionBudget/web/web: ops never touched it",
        "No commit may be promoted to apps now.",
    ]
    assert_refused(blocked, "promote", "--push", code=5, words=words)
    whole = assert_refused(blocked, "promote", "--to", "HEAD", code=5, words=["✗ compared with what ops"])
    assert "✓ ops verified manifests/web" in whole.out


def test_promote_override_passes_in_the_pipeline_and_becomes_evidence(blocked: Platform) -> None:
    args = ["promote", "--push", "--override", "parity", "--reason", "agreed in #7: spare"]
    done = blocked.ok(*args)
    assert "(overridden: agreed in #7: spare)" in done.out
    tag = tags(blocked)[-1]
    body = blocked.git("tag", "--list", "--format=%(contents)", tag)
    assert body.endswith("\n\nKubestack-Override: parity: agreed in #7: spare")
    run_tag(blocked, tag)
    started = [record for record in blocked.records("apps") if record["status"] == "started"][-1]
    assert started["overrides"] == [{"check": "parity", "reason": "agreed in #7: spare"}]


def test_run_reads_the_annotation_where_the_checkout_lost_it(blocked: Platform) -> None:
    """Some CI systems check a tag out as a bare name for its commit; the host still has the annotation."""
    blocked.ok("promote", "--push", "--override", "parity", "--reason", "agreed")
    tag = tags(blocked)[-1]
    blocked.git("update-ref", f"refs/tags/{tag}", blocked.head)
    assert blocked.git("cat-file", "-t", f"refs/tags/{tag}") == "commit"
    run_tag(blocked, tag)
    assert blocked.statuses("apps", "manifests/web")[-1] == "verified"


def test_run_does_not_read_the_commits_message(blocked: Platform) -> None:
    """A tag without an annotation answers with its commit's message, which a contributor wrote."""
    blocked.commit("Innocent\n\nKubestack-Override: parity: mine")
    blocked.push()
    blocked.ok("run")
    blocked.tag("apps-deploy-bare")
    refused = assert_refused(blocked, "run", "--ref", "refs/tags/apps-deploy-bare", code=5, words=["Blocked"])
    assert "overrides" not in refused.said


def test_run_does_not_override_what_cannot_be(blocked: Platform) -> None:
    blocked.git("checkout", "--quiet", "-b", "wild")
    blocked.commit("never merged")
    blocked.git("tag", "-a", "-m", "x", "-m", "Kubestack-Override: ancestry: because", "apps-deploy-wild")
    blocked.push("refs/tags/apps-deploy-wild")
    words = ["asks to override 'ancestry', which cannot be overridden", "is not part of main"]
    assert_refused(blocked, "run", "--ref", "refs/tags/apps-deploy-wild", code=5, words=words)


def test_promote_subjects_are_no_overrides(blocked: Platform) -> None:
    """The annotation lists what contributors wrote; none of it is read as an override."""
    blocked.commit("Kubestack-Override: parity: sneaky")
    blocked.push()
    blocked.ok("run")
    blocked.ok("promote", "--push", "--override", "parity", "--reason", "open")
    text = blocked.git("tag", "--list", "--format=%(contents:body)", tags(blocked)[-1])
    assert "Kubestack-Override: parity: sneaky" in text
    assert from_annotation(text) == {"parity": "open"}
    assert from_annotation(text.rpartition("\n\n")[0]) == {}


def test_promote_twice_pushes_the_tag_that_is_there(proved: Platform) -> None:
    first = proved.ok("promote")
    assert "in this clone" in first.out
    assert "run this again with --push" in first.err
    assert shared_tags(proved) == {}
    proved.ok("promote", "--push")
    assert list(shared_tags(proved)) == tags(proved)
    assert "already: see its pipeline" in proved.ok("promote", "--push").out
    assert len(tags(proved)) == 1


def test_promote_pushes_exactly_its_tag(proved: Platform) -> None:
    """Also where Git is set to push every annotated tag along with it."""
    proved.git("config", "push.followTags", "true")
    proved.git("tag", "-a", "-m", "mine", "private", "HEAD~1")
    proved.git("tag", "-a", "-m", "mine", "private-too")
    tag = proved.ok("promote", "--push", "-o", "json").json["tag"]
    assert set(shared_tags(proved)) == {tag}


def test_promote_takes_the_next_free_name(proved: Platform) -> None:
    """Names count wherever they are: one is on the host only, one here only."""
    today = datetime.now(UTC).date()
    days = today.isoformat(), (today + timedelta(days=1)).isoformat()  # midnight may come in between
    for day in days:
        proved.git("push", "--quiet", "origin", f"HEAD~1:refs/tags/apps-deploy-{day}-1")
        proved.git("tag", f"apps-deploy-{day}-2", "HEAD~1")
    assert proved.ok("promote", "-o", "json").json["tag"] in {f"apps-deploy-{day}-3" for day in days}


def test_promote_a_tag_that_cannot_be_pushed_is_kept_and_told(proved: Platform) -> None:
    assert proved.remote
    reject_pushes(proved.remote, "refs/tags/*", "tags are frozen")
    done = proved.kubestack("promote", "--push")
    [tag] = tags(proved)
    assert done.code == 1
    for words in (
        f"the tag {tag} was made, but could not be pushed",
        "tags are frozen",
        f"origin refs/tags/{tag}",
    ):
        assert words in done.err
    allow_pushes(proved.remote)
    proved.ok("promote", "--push")
    assert list(shared_tags(proved)) == [tag]


def test_promote_many_at_once_each_with_a_name_of_its_own(proved: Platform) -> None:
    """Four people promote in the same moment, each with a reason: nobody's tag replaces another's."""
    clones = [proved.clone(f"clone{number}") for number in range(4)]

    def promote(pair: tuple[int, Platform]) -> None:
        reason = f"reason {pair[0]}"
        pair[1].ok("promote", "--push", "--override", "soak", "--reason", reason)

    with ThreadPoolExecutor() as pool:
        list(pool.map(promote, enumerate(clones)))
    shared = shared_tags(proved)
    assert len(shared) == 4
    assert set(shared.values()) == {proved.head}
    proved.git("fetch", "--quiet", "--tags", "origin")
    bodies = [proved.git("tag", "--list", "--format=%(contents:body)", tag) for tag in shared]
    assert {from_annotation(body)["soak"] for body in bodies} == {f"reason {n}" for n in range(4)}
    for clone in clones:
        assert set(tags(clone)) <= set(shared)


def test_promote_pattern_that_names_no_next_tag(hosted: Platform) -> None:
    hosted.land("kubestack.yaml", APPS, 'apply_on: {tag: "apps-*-v*"}')
    hosted.ok("run")
    assert_refused(hosted, "promote", code=2, words=["does not say how the next tag is called", "--tag NAME"])
    assert_refused(hosted, "promote", "--tag", "other", code=2, words=["would not promote to apps"])
    assert hosted.ok("promote", "--tag", "apps-1-v2", "--push", "-o", "json").json["tag"] == "apps-1-v2"
    assert list(shared_tags(hosted)) == ["apps-1-v2"]
    assert_refused(
        hosted, "promote", "--tag", "apps-1-v2", code=2, words=["there is a tag apps-1-v2 already"]
    )


def test_promote_passes_no_gate_by_going_back_before_it(hosted: Platform) -> None:
    """The commit before asks for no preview, and holds the same content; the gate of today counts."""
    hosted.land("kubestack.yaml", APPS, f"{APPS}\n    gate: {{preview: block}}")
    hosted.ok("apply", "--yes")
    hosted.ok("verify")
    words = ["no preview of infra, manifests/web stands", "Run the pipeline of ops again"]
    assert_refused(hosted, "promote", code=5, words=[*words, "its settings ask another proof for apps"])
    assert "! no preview of infra" in hosted.ok("promote", "--to", "HEAD~1", "--dry-run").out
    hosted.ok("run")
    assert "every plan was previewed" in hosted.ok("promote", "--dry-run").out


def test_promote_without_a_remote(platform: Platform) -> None:
    platform.ok("run")
    assert_refused(platform, "promote", "--push", code=2, words=["there is no remote to push to"])
    assert "is on" in platform.ok("promote").out
    assert len(tags(platform)) == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["ops"], "ops applies on branch main, so there is no tag to make"),
        (["nowhere"], "there is no environment 'nowhere'"),
        (["--to", "nothing"], "'nothing' is neither a tag nor a branch nor a commit"),
        (["--tag", "release"], "would not promote to apps"),
        (["--push", "--dry-run"], "exclude each other"),
        (["--override", "parity"], "--override needs a --reason"),
        (["--override", "ancestry", "--reason", "x"], "'ancestry' is not one of"),
    ],
)
def test_promote_refuses(platform: Platform, args: list[str], words: str) -> None:
    assert_refused(platform, "promote", *args, code=2, words=[words])


@pytest.mark.parametrize(
    ("pattern", "taken", "name"),
    [
        ("apps-deploy-*", [], "apps-deploy-2026-11-23-1"),
        (
            "apps-deploy-*",
            ["apps-deploy-2026-11-23-1", "apps-deploy-2026-11-22-2"],
            "apps-deploy-2026-11-23-2",
        ),
        ("apps-deploy-*", ["apps-deploy-2026-11-23-2"], "apps-deploy-2026-11-23-1"),
        ("deploy/*/apps", [], "deploy/2026-11-23-1/apps"),
        ("release", [], None),
        ("v*.*", [], None),
        ("v**", [], None),
        ("v?-*", [], None),
    ],
)
def test_next_name(pattern: str, taken: list[str], name: str | None) -> None:
    assert next_name(pattern, taken, DAY) == name


reasons = st.text(st.characters(exclude_categories=["C", "Zl", "Zp", "Zs"]) | st.just(" "), min_size=1).map(
    lambda text: " ".join(text.split())
)
overrides = st.dictionaries(st.sampled_from(OVERRIDABLE), reasons.filter(bool))


@given(overrides)
def test_overrides_come_back_from_an_annotation(asked: dict[str, str]) -> None:
    assert from_annotation(f"- one\n- two\n\n{to_trailers(asked)}\n") == asked


@given(st.text(), st.text())
def test_overrides_never_come_from_a_list_of_commits(subject: str, other: str) -> None:
    lines = [f"- 1234abcd {' '.join(text.splitlines())}" for text in (subject, other)]
    assert from_annotation("\n".join(lines)) == {}

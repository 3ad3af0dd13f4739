"""Promises that hold for whatever input: refs, evidence, content, and the locks of the living."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kubestack_py.model.changes import ChangeAction, ContentDigest
from kubestack_py.model.decision import Action
from kubestack_py.model.event import Event, EventKind
from kubestack_py.model.evidence import Override, Record, RecordStatus
from kubestack_py.model.outline import ChangeOutline
from kubestack_py.model.pattern import matches
from kubestack_py.model.platform import Platform, RefKind, Stack, StackKind
from kubestack_py.promotion.digest import content_digest
from kubestack_py.promotion.history import History
from kubestack_py.promotion.notes import about, missing, union
from kubestack_py.promotion.resolve import resolve
from kubestack_py.runner.content import closure
from kubestack_py.runner.journal import LOCK_CHECK
from kubestack_py.runner.orphans import describe_orphans, orphans, unfinished
from kubestack_py.runner.unlocking import Machine, Suspect, doubts
from kubestack_py.system.git import TreeEntry
from kubestack_py.system.presence import Fate, Running
from kubestack_py.terraform.locks import StateLock, lock_in
from tests.unit.test_resolve import REFS, platforms

Notes = Mapping[str, frozenset[str]]

# A ref means one environment.


@given(platforms(), REFS)
def test_no_ref_is_applied_by_two_environments(platform: Platform, ref: str) -> None:
    event = Event(kind=EventKind.PUSH, ref=ref)
    applied = [item for item in resolve(platform, event).decisions if item.action is Action.APPLY]
    fitting = [
        environment.name
        for environment in platform.environments
        for name in [event.branch if environment.apply_on.kind is RefKind.BRANCH else event.tag]
        if name and matches(environment.apply_on.pattern, name)
    ]
    assert len(fitting) <= 1
    assert [item.environment for item in applied] in ([], fitting)


# Union of evidence.

IDS = st.sampled_from([digit * 40 for digit in "abc"])
PATHS = IDS.flatmap(lambda name: st.sampled_from([name, f"{name[:2]}/{name[2:]}"]))
NOTES = st.dictionaries(PATHS, st.frozensets(st.sampled_from("12345"), min_size=1), max_size=4)


def lines(notes: Notes) -> dict[str, frozenset[str]]:
    """What notes say of each commit, on whatever paths."""
    said: dict[str, frozenset[str]] = {}
    for path, held in notes.items():
        said[about(path)] = said.get(about(path), frozenset()) | held
    return said


@given(NOTES, NOTES)
def test_union_is_commutative(left: Notes, right: Notes) -> None:
    assert lines(union(left, right)) == lines(union(right, left))


@given(NOTES, NOTES, NOTES)
def test_union_is_associative(one: Notes, two: Notes, three: Notes) -> None:
    assert lines(union(union(one, two), three)) == lines(union(one, union(two, three)))


@given(NOTES, NOTES)
def test_union_is_idempotent_and_loses_nothing(left: Notes, right: Notes) -> None:
    both = union(left, right)
    assert lines(union(left, left)) == lines(left)
    assert lines(union(both, right)) == lines(both)
    for side in (left, right):
        assert all(held <= lines(both)[commit] for commit, held in lines(side).items())


@given(NOTES, NOTES)
def test_missing_is_what_no_path_holds_any_more(left: Notes, right: Notes) -> None:
    before, after = (
        {path: "\n".join(held).encode() for path, held in side.items()} for side in (left, right)
    )
    now = lines(right)
    gone = {line for path, held in left.items() for line in held - now.get(about(path), frozenset())}
    assert missing(before, after) == gone


# The digest of content.

INFRA = Stack(path="infra", kind=StackKind.TERRAFORM)
WEB = Stack(path="manifests/web", kind=StackKind.KUSTOMIZE)
TREE = {
    "infra/main.tf": 'module "net" {\n  source = "../modules/net"\n}\n# ',
    "infra/ops.tfvars": "size = 1 # ",
    "infra/apps.tfvars": "size = 2 # ",
    "modules/net/main.tf": 'locals {\n  text = file("${path.module}/../../texts/welcome.txt")\n}\n# ',
    "modules/unused/main.tf": "# ",
    "texts/welcome.txt": "",
    "texts/other.txt": "",
    "manifests/web/base/kustomization.yaml": "resources: [web.yaml]\ncomponents: [../../tls] # ",
    "manifests/web/base/web.yaml": "# ",
    "manifests/web/overlays/ops/kustomization.yaml": "resources: [../../base] # ",
    "manifests/web/overlays/apps/kustomization.yaml": "resources: [../../base] # ",
    "manifests/tls/kustomization.yaml": "kind: Component # ",
    "manifests/other/base/kustomization.yaml": "# ",
    "README.md": "",
}
SHARED = {
    INFRA: {"infra/main.tf", "modules/net/main.tf", "texts/welcome.txt"},
    WEB: {
        "manifests/web/base/kustomization.yaml",
        "manifests/web/base/web.yaml",
        "manifests/tls/kustomization.yaml",
    },
}
OWN = {INFRA: {"infra/ops.tfvars"}, WEB: {"manifests/web/overlays/ops/kustomization.yaml"}}


class Files:
    """A commit in memory."""

    def __init__(self, tree: Mapping[str, str]) -> None:
        self.tree = tree

    def files(self, directory: str) -> Sequence[str]:
        return [path for path in self.tree if not directory or path.startswith(f"{directory}/")]

    def read(self, path: str) -> bytes | None:
        return self.tree[path].encode() if path in self.tree else None


def digest_of(stack: Stack, tree: Mapping[str, str]) -> ContentDigest:
    blobs = {path: hashlib.sha1(text.encode(), usedforsecurity=False) for path, text in tree.items()}
    entries = {
        path: TreeEntry(mode="100644", blob=blob.hexdigest(), path=path) for path, blob in blobs.items()
    }
    return content_digest(stack, "ops", ("ops", "apps"), closure(stack, Files(tree)).files, entries)


@given(st.sampled_from([INFRA, WEB]), st.dictionaries(st.sampled_from(sorted(TREE)), st.sampled_from("xy")))
def test_digest_changes_exactly_when_an_input_of_the_stack_does(stack: Stack, edits: dict[str, str]) -> None:
    edited = {path: text + edits.get(path, "") for path, text in TREE.items()}
    before, after = digest_of(stack, TREE), digest_of(stack, edited)
    assert (before.shared != after.shared) == bool(SHARED[stack] & edits.keys())
    assert (before.environment != after.environment) == bool(OWN[stack] & edits.keys())


# Locks: whoever may be alive keeps what is his.

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
LOCK = StateLock(id="1", who="ada@here", created=NOON, operation="Apply")
STARTED = Record(
    at="2026-01-31T11:59:00.000000Z",
    run="r1",
    environment="ops",
    stack="infra",
    status=RecordStatus.STARTED,
    commit="c" * 40,
    digest=ContentDigest(shared="s", environment="e"),
    outlines=tuple(ChangeOutline(address=name, action=ChangeAction.CREATE) for name in "ab"),
)
DEAD = Suspect(record=STARTED, fate=Fate.ENDED)
HERE = Machine(name="here", sees_all=True)


def test_doubts_are_none_where_the_holder_is_proved_dead() -> None:
    assert doubts(LOCK, HERE, DEAD) == ()
    assert doubts(replace(LOCK, operation="Plan"), HERE, None) == (), "a plan writes no state"


def terraform(seconds: int) -> Machine:
    """The machine with a Terraform that began some seconds after the lock was taken."""
    return replace(
        HERE, terraforms=(Running(pid=7, name="terraform", since=NOON + timedelta(seconds=seconds)),)
    )


@pytest.mark.parametrize(
    ("lock", "machine", "suspect", "words"),
    [
        (StateLock(id="1"), HERE, DEAD, "does not say who took it"),
        (replace(LOCK, who="ada@there"), HERE, DEAD, "it was taken on there, and this is here"),
        (LOCK, replace(HERE, sees_all=False), DEAD, "not every process"),
        (LOCK, terraform(-5), DEAD, "terraform runs here as process 7"),
        (LOCK, HERE, None, "knows no unfinished run"),
        (LOCK, HERE, replace(DEAD, fate=Fate.ALIVE), "still at work"),
        (LOCK, HERE, replace(DEAD, fate=Fate.UNKNOWN), "does not remember the run r1"),
        (replace(LOCK, created=NOON - timedelta(days=1)), HERE, DEAD, "older than the unfinished run"),
        (replace(LOCK, operation="Plan"), terraform(-5), None, "terraform runs here"),
        (replace(LOCK, operation="import"), HERE, None, "knows no unfinished run"),
    ],
)
def test_doubts_name_what_is_not_proved(
    lock: StateLock, machine: Machine, suspect: Suspect | None, words: str
) -> None:
    found = doubts(lock, machine, suspect)
    assert len(found) == 1
    assert words in found[0]


def test_doubts_leave_out_a_terraform_that_began_after_the_lock_was_taken() -> None:
    assert doubts(LOCK, terraform(5), DEAD) == ()


def test_lock_of_postgresql_and_http_names_no_holder() -> None:
    """They answer with the lock that was asked for."""
    asked = "Lock Info:\n  ID:        9\n  Who:       me@here\n  Created:   2026-01-31 12:00:00.5 +0000 UTC\n"
    assert lock_in(f"Workspace is already locked: ops\n{asked}") == StateLock()
    assert lock_in(f"HTTP remote state already locked: ID=7\n{asked}") == StateLock(id="7")
    assert lock_in(asked) == StateLock(id="9", who="me@here", created=NOON)


# What a killed run may have left.


def later(minute: int, status: RecordStatus, run: str = "r2", **more: object) -> Record:
    return replace(STARTED, at=f"2026-01-31T12:{minute:02}:00.000000Z", status=status, run=run, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([], True),
        ([later(1, RecordStatus.FAILED)], True),
        ([later(1, RecordStatus.FAILED, run="r1")], False),
        ([later(1, RecordStatus.INTERRUPTED, run="r1")], False),
        (
            [later(1, RecordStatus.INTERRUPTED, "r1", overrides=(Override(check=LOCK_CHECK, reason="x"),))],
            True,
        ),
        ([later(1, RecordStatus.STARTED), later(2, RecordStatus.VERIFIED)], False),
        ([later(1, RecordStatus.FAILED, stack="other", run="r1")], True),
        ([later(1, RecordStatus.VERIFIED, environment="apps")], True),
    ],
)
def test_unfinished_until_the_run_tells_its_end_or_a_later_one_succeeds(
    records: list[Record], *, found: bool
) -> None:
    assert (unfinished(History([STARTED, *records]), "ops", "infra") == STARTED) == found


def test_orphans_are_what_was_to_be_created_and_is_unknown() -> None:
    update = ChangeOutline(address="c", action=ChangeAction.UPDATE)
    record = replace(STARTED, outlines=(*STARTED.outlines, update), actor="ada", url="https://ci/1")
    assert orphans(record, {"a"}) == ("b",)
    assert orphans(record, {"a", "b"}) == ()
    text = describe_orphans(record, ["b"])
    assert "infra (ops): the run that began at 2026-01-31T11:59:00Z (by ada https://ci/1)" in text
    assert "1 of the objects that it was to create: b." in text
    assert describe_orphans(record, []) == ""

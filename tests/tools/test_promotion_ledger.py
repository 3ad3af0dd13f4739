"""Evidence in Git notes: nothing that anybody wrote is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestack_py.errors import EvidenceError
from kubestack_py.model.changes import ContentDigest
from kubestack_py.model.evidence import Record, RecordStatus
from kubestack_py.promotion.ledger import Ledger
from kubestack_py.system.git import Git
from tests.conftest import commit, git, make_remote, make_repository

REF = "refs/notes/kubestack"


@pytest.fixture
def repository(tmp_path: Path) -> Git:
    return make_repository(tmp_path / "repository")


def _record(about: str, second: int, status: RecordStatus = RecordStatus.VERIFIED) -> Record:
    return Record(
        at=f"2026-01-31T12:00:{second:02}.000000Z",
        run=f"run-{second}",
        environment="ops",
        stack="infra",
        status=status,
        commit=about,
        digest=ContentDigest(shared="s", environment="e"),
    )


def _append(ledger: Ledger, *records: Record) -> None:
    ledger.append(records, keep_when_refused=False)


def _local(repository: Git) -> Ledger:
    return Ledger(repository, REF, None)


def _clone(repository: Git, remote: Path, name: str) -> Git:
    git(repository.root, "clone", "--quiet", str(remote), str(repository.root.with_name(name)))
    return Git(repository.root.with_name(name))


def test_records_of_an_empty_ledger_are_none(repository: Git) -> None:
    assert _local(repository).records() == ()


def test_append_is_read_back_by_another_ledger_oldest_first(repository: Git) -> None:
    head = repository.head()
    second, first = _record(head, 2), _record(head, 1)
    _append(_local(repository), second, first)
    assert _local(repository).records() == (first, second)


def test_append_twice_by_one_ledger_keeps_both(repository: Git) -> None:
    older = repository.head()
    newer = commit(repository.root, "next")
    ledger = _local(repository)
    _append(ledger, _record(older, 1), _record(newer, 2))
    _append(ledger, _record(older, 3))
    assert [record.run for record in _local(repository).records()] == ["run-1", "run-2", "run-3"]
    assert len(git(repository.root, "notes", f"--ref={REF}", "show", older).splitlines()) == 2


def test_append_after_another_ledger_of_the_same_clone_keeps_both(repository: Git) -> None:
    head = repository.head()
    one, other = _local(repository), _local(repository)
    _append(one, _record(head, 1))
    _append(other, _record(head, 2))
    _append(one, _record(head, 3))
    assert [record.run for record in other.records()] == ["run-1", "run-2", "run-3"]


def test_append_in_two_clones_loses_nothing(repository: Git, tmp_path: Path) -> None:
    remote = make_remote(repository, tmp_path / "remote.git")
    head = repository.head()
    one, other = (Ledger(_clone(repository, remote, name), REF, "origin") for name in ("one", "other"))
    _append(one, _record(head, 1))
    _append(other, _record(head, 2))  # the race is lost: its clone has not seen the first record
    _append(one, _record(head, 3))
    for ledger in (one, other):
        ledger.refresh()
        assert [record.run for record in ledger.records()] == ["run-1", "run-2", "run-3"]


def test_append_to_a_gone_remote_writes_nothing(repository: Git, tmp_path: Path) -> None:
    remote = make_remote(repository, tmp_path / "remote.git")
    remote.rename(tmp_path / "elsewhere.git")
    ledger = Ledger(repository, REF, "origin")
    with pytest.raises(EvidenceError, match="could not be shared"):
        _append(ledger, _record(repository.head(), 1))
    assert ledger.records() == ()


def test_append_that_is_kept_travels_with_the_next_push(repository: Git, tmp_path: Path) -> None:
    remote = make_remote(repository, tmp_path / "remote.git")
    head = repository.head()
    ledger = Ledger(repository, REF, "origin")
    remote.rename(tmp_path / "elsewhere.git")
    with pytest.raises(EvidenceError, match="could not be shared"):
        ledger.append([_record(head, 1)], keep_when_refused=True)
    (tmp_path / "elsewhere.git").rename(remote)
    _append(ledger, _record(head, 2))
    shared = Ledger(_clone(repository, remote, "clone"), REF, "origin")
    shared.refresh()
    assert [record.run for record in shared.records()] == ["run-1", "run-2"]

"""Evidence that somebody rewrote or deleted on the remote, with the real git."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubestack_py.model.evidence import Loss, LossKind
from kubestack_py.promotion.ledger import Ledger
from kubestack_py.system.git import Git
from tests.conftest import git, make_remote, make_repository
from tests.evidence import REF, note, record


@pytest.fixture
def repository(tmp_path: Path) -> Git:
    return make_repository(tmp_path / "one")


@pytest.fixture
def remote(repository: Git, tmp_path: Path) -> Path:
    """A host that has two records, which the clone has seen."""
    path = make_remote(repository, tmp_path / "remote.git")
    for second in (1, 2):
        note(repository.root, record(repository.head(), second), remote="origin")
    assert look(repository) is None
    return path


def look(repository: Git) -> Loss | None:
    """Fetch as a command does, and ask what is missing."""
    ledger = Ledger(repository, REF, "origin")
    repository.fetch("origin", ledger.refspec, options=["--prune"])
    ledger.join()
    return ledger.loss()


def other(remote: Path, path: Path) -> Git:
    git(remote.parent, "clone", "--quiet", str(remote), str(path))
    return Git(path)


def test_loss_of_nothing(repository: Git, tmp_path: Path) -> None:
    make_remote(repository, tmp_path / "remote.git")
    assert look(repository) is None


def test_loss_is_none_while_the_evidence_grows(repository: Git, remote: Path, tmp_path: Path) -> None:
    note(other(remote, tmp_path / "two").root, record(repository.head(), 3), remote="origin")
    assert look(repository) is None
    assert len(Ledger(repository, REF, "origin").records()) == 3


def test_loss_is_none_where_nothing_is_shared(repository: Git) -> None:
    note(repository.root, record(repository.head()))
    assert Ledger(repository, REF, None).loss() is None


def test_loss_by_deletion(repository: Git, remote: Path) -> None:
    git(remote, "update-ref", "-d", REF)
    assert look(repository) == Loss(how=LossKind.DELETED, missing=2)
    assert look(repository) == Loss(how=LossKind.DELETED, missing=2), "it is said until it is mended"


def test_loss_by_going_back(repository: Git, remote: Path) -> None:
    git(remote, "update-ref", REF, f"{REF}^")
    assert look(repository) == Loss(how=LossKind.REWRITTEN, missing=1)


def test_loss_by_beginning_anew(repository: Git, remote: Path, tmp_path: Path) -> None:
    git(remote, "update-ref", "-d", REF)
    note(other(remote, tmp_path / "two").root, record(repository.head(), 9), remote="origin")
    assert look(repository) == Loss(how=LossKind.REWRITTEN, missing=2)
    assert [item.at[17:19] for item in Ledger(repository, REF, "origin").records()] == ["01", "02", "09"]


@pytest.mark.parametrize("mend", ["share", "append", "git push"])
def test_loss_is_mended_by_the_next_push(repository: Git, remote: Path, tmp_path: Path, mend: str) -> None:
    git(remote, "update-ref", REF, f"{REF}^")
    assert look(repository) is not None
    ledger = Ledger(repository, REF, "origin")
    if mend == "share":
        ledger.share()
    elif mend == "append":
        ledger.append([record(repository.head(), 3)], keep_when_refused=False)
    else:
        git(repository.root, "push", "--quiet", "origin", REF)
    assert look(repository) is None
    fresh = other(remote, tmp_path / "two")
    assert look(fresh) is None
    assert {item.at[17:19] for item in Ledger(fresh, REF, "origin").records()} >= {"01", "02"}


def test_loss_is_noticed_by_every_clone_that_had_seen_more(
    repository: Git, remote: Path, tmp_path: Path
) -> None:
    two, late = other(remote, tmp_path / "two"), other(remote, tmp_path / "late")
    assert look(two) is None
    git(remote, "update-ref", REF, f"{REF}^")
    assert look(two) == Loss(how=LossKind.REWRITTEN, missing=1)
    assert look(late) is None, "a clone that has seen nothing before can notice nothing"


def test_newest_passes_over_what_does_not_count(repository: Git) -> None:
    """A forged record of the far future must not put off the time of everything to come."""
    head = repository.head()
    note(repository.root, record(head, 1), record(head, 2, at="2098-01-01T00:00:00.000000Z", actor="mallory"))
    ledger = Ledger(repository, REF, None)
    assert ledger.newest() == "2098-01-01T00:00:00.000000Z"
    assert ledger.newest(lambda item: item.actor != "mallory") == record(head, 1).at
    assert ledger.newest(lambda _: False) is None

"""Evidence in a Git notes ref, with the real git, several clones and bad remotes."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from kubestack_py.errors import EvidenceError, GitError
from kubestack_py.model.changes import ContentDigest
from kubestack_py.model.evidence import Record, RecordStatus
from kubestack_py.promotion.ledger import Ledger
from kubestack_py.system.git import Git
from tests.conftest import commit, make_remote, make_repository
from tests.conftest import git as run_git

REF = "refs/notes/kubestack"


def record(about: str, number: int = 0, **more: str) -> Record:
    return Record(
        **{  # type: ignore[arg-type]
            "at": f"2026-01-01T00:00:00.{number:06}Z",
            "run": "r",
            "environment": "ops",
            "stack": f"stack-{number}",
            "status": RecordStatus.VERIFIED,
            "commit": about,
            "digest": ContentDigest(shared="s", environment="e"),
            **more,
        }
    )


def stacks(ledger: Ledger) -> list[str]:
    return [item.stack for item in ledger.records()]


@pytest.fixture
def repository(tmp_path: Path) -> Git:
    return make_repository(tmp_path / "one")


@pytest.fixture
def remote(repository: Git, tmp_path: Path) -> Path:
    return make_remote(repository, tmp_path / "remote.git")


@pytest.fixture
def head(repository: Git) -> str:
    return repository.head()


def clone(remote: Path, path: Path) -> Git:
    run_git(remote.parent, "clone", "--quiet", str(remote), str(path))
    return Git(path)


def shared(git: Git) -> Ledger:
    return Ledger(git, REF, "origin")


def refuse_pushes(remote: Path, script: str = "echo 'protected by the platform team' >&2; exit 1") -> None:
    hook = remote / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)


def test_ledger_of_nothing(repository: Git) -> None:
    assert Ledger(repository, REF, None).records() == ()


def test_append_without_a_remote(repository: Git, head: str) -> None:
    ledger = Ledger(repository, REF, None)
    ledger.append([record(head, 2), record(head, 1)], keep_when_refused=False)
    ledger.append([record(head, 3)], keep_when_refused=False)
    assert stacks(ledger) == ["stack-1", "stack-2", "stack-3"]
    assert stacks(Ledger(repository, REF, None)) == ["stack-1", "stack-2", "stack-3"]


def test_append_is_what_git_log_shows(repository: Git, head: str) -> None:
    Ledger(repository, REF, None).append([record(head, 1), record(head, 2)], keep_when_refused=False)
    shown = run_git(repository.root, "log", "-1", "--notes=kubestack", head)
    assert "Notes (kubestack):" in shown
    assert shown.index("stack-1") < shown.index("stack-2")
    assert run_git(repository.root, "for-each-ref", "--format=%(refname)", "refs/kubestack") == ""


def test_append_notes_on_several_commits(repository: Git, head: str) -> None:
    later = commit(repository.root, "second")
    ledger = Ledger(repository, REF, None)
    ledger.append([record(head, 1), record(later, 2)], keep_when_refused=False)
    ledger.append([record(head, 3)], keep_when_refused=False)
    assert [(item.stack, item.commit) for item in ledger.records()] == [
        ("stack-1", head),
        ("stack-2", later),
        ("stack-3", head),
    ]
    note = run_git(repository.root, "notes", "--ref=kubestack", "show", head)
    assert [line.count("stack-") for line in note.splitlines()] == [1, 1]


def many_commits(repository: Git, count: int) -> list[str]:
    stream = "".join(f"commit refs/heads/many\ncommitter a <b> {n} +0000\ndata 0\n" for n in range(count))
    subprocess.run(
        ["git", "fast-import", "--quiet"], cwd=repository.root, input=stream, text=True, check=True
    )
    return run_git(repository.root, "rev-list", "many").split()


def test_append_on_hundreds_of_commits(repository: Git) -> None:
    """Git spreads many notes over directories; nothing here may depend on that."""
    commits = many_commits(repository, 600)
    ledger = Ledger(repository, REF, None)
    for part in range(0, 600, 200):
        ledger.append([record(commits[n], n) for n in range(part, part + 200)], keep_when_refused=False)
    assert len(Ledger(repository, REF, None).records()) == 600
    paths = run_git(repository.root, "ls-tree", "-r", "--name-only", REF).split()
    assert len(paths) == 600
    assert "stack-7" in run_git(repository.root, "notes", "--ref=kubestack", "show", commits[7])


@pytest.mark.parametrize("count", [50, 300])
def test_append_after_git_itself_laid_the_notes_out(repository: Git, count: int) -> None:
    """Git chooses paths for its notes by rules of its own, and changes them when it writes."""
    commits = many_commits(repository, count)
    ledger = Ledger(repository, REF, None)
    ledger.append([record(about, number) for number, about in enumerate(commits)], keep_when_refused=False)
    before = run_git(repository.root, "ls-tree", "-r", "--name-only", REF)
    run_git(repository.root, "notes", "--ref=kubestack", "remove", commits[5])
    assert before.count("/") != run_git(repository.root, "ls-tree", "-r", "--name-only", REF).count("/")
    ledger.append([record(commits[0], 500), record(commits[5], 501)], keep_when_refused=False)
    assert len(Ledger(repository, REF, None).records()) == count + 1
    assert run_git(repository.root, "notes", "--ref=kubestack", "show", commits[0]).count("stack-") == 2


def test_append_the_same_record_twice_is_one(repository: Git, head: str) -> None:
    ledger = Ledger(repository, REF, None)
    for _ in range(2):
        ledger.append([record(head, 1)], keep_when_refused=False)
    assert stacks(ledger) == ["stack-1"]


@pytest.mark.parametrize(
    "message",
    [
        "größer ☃ 🎉",
        'quotes " and \\ and $(touch x)',
        "a\nb\r\nc",
        "a\u2028b\u2029c\x85d\x0be\x1cf",
        "nul \x00",
        "\udcff",
    ],
)
def test_append_keeps_any_message(repository: Git, head: str, message: str) -> None:
    Ledger(repository, REF, None).append([record(head, 1, message=message)], keep_when_refused=False)
    Ledger(repository, REF, None).append([record(head, 2)], keep_when_refused=False)
    assert Ledger(repository, REF, None).records()[0].message == message


def test_append_leaves_hand_written_lines_as_they_are(repository: Git, head: str) -> None:
    (repository.root / "note").write_bytes(b"by hand \xff\n")
    run_git(repository.root, "notes", "--ref=kubestack", "add", "-F", "note", head)
    ledger = Ledger(repository, REF, None)
    ledger.append([record(head, 1)], keep_when_refused=False)
    note = subprocess.run(
        ["git", "notes", "--ref=kubestack", "show"], cwd=repository.root, capture_output=True, check=True
    ).stdout
    assert b"by hand \xff\n" in note
    with pytest.raises(EvidenceError, match="no record: by hand"):
        ledger.records()


def test_append_touches_neither_index_nor_work_tree_nor_branches(repository: Git, head: str) -> None:
    before = run_git(repository.root, "for-each-ref", "refs/heads", "refs/tags")
    Ledger(repository, REF, None).append([record(head)], keep_when_refused=False)
    assert repository.dirty_paths() == ()
    assert run_git(repository.root, "for-each-ref", "refs/heads", "refs/tags") == before


def test_append_works_without_an_identity(
    repository: Git, head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    run_git(repository.root, "config", "user.useConfigOnly", "true")
    Ledger(repository, REF, None).append([record(head)], keep_when_refused=False)
    assert (
        run_git(repository.root, "log", "-1", "--format=%cn <%ce>", REF) == "kubestack <kubestack@localhost>"
    )


def test_first_record_reaches_a_remote_that_has_no_notes(
    repository: Git, remote: Path, head: str, tmp_path: Path
) -> None:
    ledger = shared(repository)
    ledger.refresh()
    assert ledger.records() == ()
    ledger.append([record(head, 1)], keep_when_refused=False)
    other = shared(clone(remote, tmp_path / "two"))
    assert other.records() == ()
    other.refresh()
    assert stacks(other) == ["stack-1"]


def test_two_first_writers_lose_nothing(repository: Git, remote: Path, head: str, tmp_path: Path) -> None:
    """Neither clone has seen a notes ref: their histories have no commit in common."""
    other = shared(clone(remote, tmp_path / "two"))
    shared(repository).append([record(head, 1)], keep_when_refused=False)
    other.append([record(head, 2)], keep_when_refused=False)
    assert stacks(other) == ["stack-1", "stack-2"]


def test_refresh_takes_the_union_of_what_went_apart(
    repository: Git, remote: Path, head: str, tmp_path: Path
) -> None:
    later = commit(repository.root, "second")
    other_git = clone(remote, tmp_path / "two")
    Ledger(other_git, REF, None).append([record(head, 2), record(head, 3)], keep_when_refused=False)
    shared(repository).append([record(head, 1), record(head, 3), record(later, 4)], keep_when_refused=False)
    other = shared(other_git)
    other.refresh()
    assert stacks(other) == ["stack-1", "stack-2", "stack-3", "stack-4"]
    assert run_git(other_git.root, "notes", "--ref=kubestack", "show", head).count("stack-") == 3
    tip = run_git(other_git.root, "rev-parse", REF)
    other.refresh()
    assert run_git(other_git.root, "rev-parse", REF) == tip, "what is joined needs no further commit"


def test_union_of_many_notes_can_be_written_to_again(
    repository: Git, remote: Path, head: str, tmp_path: Path
) -> None:
    """Neither clone has the layout, the history or all of the commits of the other."""
    commits = many_commits(repository, 300)
    run_git(repository.root, "push", "--quiet", "origin", "many")
    other = shared(clone(remote, tmp_path / "two"))
    Ledger(Git(tmp_path / "two"), REF, None).append([record(head, 999)], keep_when_refused=False)
    ledger = shared(repository)
    ledger.append([record(about, number) for number, about in enumerate(commits)], keep_when_refused=False)
    ledger.append([record(commits[0], 500), record(head, 501)], keep_when_refused=False)
    other.refresh()
    assert len(other.records()) == 303
    other.append([record(head, 502), record(commits[0], 503)], keep_when_refused=False)
    ledger.refresh()
    assert len(ledger.records()) == 305
    assert run_git(repository.root, "notes", "--ref=kubestack", "show", commits[0]).count("stack-") == 3
    assert run_git(repository.root, "notes", "--ref=kubestack", "show", head).count("stack-") == 3


def test_another_notes_ref_is_a_ledger_of_its_own(repository: Git, remote: Path, head: str) -> None:
    shared(repository).append([record(head, 1)], keep_when_refused=False)
    other = Ledger(repository, "refs/notes/kubestack-other", "origin")
    other.append([record(head, 2)], keep_when_refused=False)
    assert stacks(shared(repository)) == ["stack-1"]
    shared(repository).refresh()
    assert (stacks(shared(repository)), stacks(other)) == (["stack-1"], ["stack-2"])


def run_all(actions: list[Callable[[], None]]) -> list[Exception]:
    """Run all at the same time; returns what went wrong."""
    errors: list[Exception] = []
    gate = threading.Barrier(len(actions))

    def begin(action: Callable[[], None]) -> None:
        gate.wait()
        try:
            action()
        except (EvidenceError, GitError) as error:
            errors.append(error)

    threads = [threading.Thread(target=begin, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def writer(git: Git, about: str, number: int) -> Callable[[], None]:
    def write() -> None:
        ledger = shared(git)
        for step in range(3):
            ledger.append([record(about, number * 10 + step)], keep_when_refused=False)

    return write


def test_many_clones_write_at_once_and_lose_nothing(
    repository: Git, remote: Path, head: str, tmp_path: Path
) -> None:
    clones = [clone(remote, tmp_path / f"clone-{number}") for number in range(6)]
    errors = run_all([writer(git, head, number) for number, git in enumerate(clones)])
    assert not errors
    ledger = shared(repository)
    ledger.refresh()
    assert stacks(ledger) == [f"stack-{number * 10 + step}" for number in range(6) for step in range(3)]


@pytest.mark.parametrize("with_remote", [False, True])
def test_many_processes_in_one_clone_lose_nothing(
    repository: Git, remote: Path, head: str, tmp_path: Path, with_remote: bool
) -> None:
    code = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from kubestack_py.promotion.ledger import Ledger
from kubestack_py.system.git import Git
from tests.tools.test_ledger import REF, record
ledger = Ledger(Git(Path({str(repository.root)!r})), REF, {"origin" if with_remote else None!r})
for step in range(3):
    ledger.append([record({head!r}, int(sys.argv[1]) * 10 + step)], keep_when_refused=False)
"""
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(number)], stderr=subprocess.PIPE, text=True)
        for number in range(4)
    ]
    said = [process.communicate(timeout=600)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, said
    wanted = [f"stack-{number * 10 + step}" for number in range(4) for step in range(3)]
    assert stacks(Ledger(repository, REF, None)) == wanted
    if with_remote:
        other = shared(clone(remote, tmp_path / "two"))
        other.refresh()
        assert stacks(other) == wanted


def test_remote_that_refuses_is_told_with_what_it_said(repository: Git, remote: Path, head: str) -> None:
    refuse_pushes(remote)
    ledger = shared(repository)
    with pytest.raises(EvidenceError) as caught:
        ledger.append([record(head)], keep_when_refused=False)
    assert caught.value.message.startswith("the evidence could not be shared through origin: ")
    assert "protected by the platform team" in caught.value.detail
    assert caught.value.hint.startswith("Nothing was applied.")
    assert REF in caught.value.hint
    assert ledger.records() == (), "what could not be announced is not kept"


def test_remote_that_refuses_with_the_words_of_a_lost_race_is_not_asked_again(
    repository: Git, remote: Path, head: str
) -> None:
    refuse_pushes(remote, "echo x >> asked; echo 'you must fetch first (non-fast-forward)' >&2; exit 1")
    with pytest.raises(EvidenceError, match="refused the push"):
        shared(repository).append([record(head)], keep_when_refused=False)
    assert (remote / "asked").read_text() == "x\n"


def test_record_that_could_not_be_shared_goes_along_with_the_next_push(
    repository: Git, remote: Path, head: str, tmp_path: Path
) -> None:
    refuse_pushes(remote)
    ledger = shared(repository)
    for number in (1, 2):
        with pytest.raises(EvidenceError) as caught:
            ledger.append([record(head, number)], keep_when_refused=True)
        assert caught.value.hint.startswith("It is kept in this repository")
    assert stacks(ledger) == ["stack-1", "stack-2"]
    (remote / "hooks/pre-receive").unlink()
    other = shared(clone(remote, tmp_path / "two"))
    other.append([record(head, 3)], keep_when_refused=False)
    ledger.append([record(head, 4)], keep_when_refused=False)
    other.refresh()
    assert stacks(other) == ["stack-1", "stack-2", "stack-3", "stack-4"]


@pytest.mark.parametrize("keep", [False, True])
def test_remote_that_is_gone(repository: Git, remote: Path, head: str, keep: bool) -> None:
    shutil.rmtree(remote)
    ledger = shared(repository)
    with pytest.raises(EvidenceError) as caught:
        ledger.append([record(head, 1)], keep_when_refused=keep)
    assert str(remote) in caught.value.detail
    assert stacks(ledger) == (["stack-1"] if keep else [])
    with pytest.raises(GitError):
        ledger.refresh()


@pytest.mark.parametrize("keep", [False, True])
def test_remote_that_is_gone_when_the_race_is_lost(
    repository: Git, remote: Path, head: str, tmp_path: Path, keep: bool
) -> None:
    """The push is refused as too old, and then the remote cannot be fetched from."""
    shared(clone(remote, tmp_path / "two")).append([record(head, 1)], keep_when_refused=False)
    run_git(repository.root, "remote", "set-url", "--push", "origin", str(remote))
    run_git(repository.root, "remote", "set-url", "origin", str(tmp_path / "gone.git"))
    ledger = shared(repository)
    with pytest.raises(EvidenceError, match=r"git fetch from origin failed"):
        ledger.append([record(head, 2)], keep_when_refused=keep)
    assert stacks(ledger) == (["stack-2"] if keep else [])


def test_local_repository_that_cannot_be_written(repository: Git, head: str) -> None:
    (repository.root / ".git/refs/notes").write_text("in the way")
    with pytest.raises(EvidenceError, match="the evidence could not be written: ") as caught:
        Ledger(repository, REF, None).append([record(head)], keep_when_refused=False)
    assert caught.value.hint.startswith("Nothing was applied.")

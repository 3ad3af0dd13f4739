"""Evidence where it is easily lost: many writers, a host that dies, a clock and notes that go back."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kubestack_py.system.git import Git
from tests.conftest import git, make_remote, make_repository
from tests.faults.conftest import Figures
from tests.platforms import Platform, read_records
from tests.tools.test_ledger import clone

WRITERS, RECORDS = 8, 50
WRITER = """
import sys
from pathlib import Path
from kubestack_py.promotion.ledger import Ledger
from kubestack_py.system.git import Git
from tests.tools.test_ledger import REF, record
root, about, writer, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
ledger = Ledger(Git(root), REF, "origin")
for number in range(count):
    ledger.append([record(about, writer * count + number)], keep_when_refused=True)
"""


@pytest.mark.slow
def test_eight_writers_lose_nothing(tmp_path: Path, figures: Figures) -> None:
    """Processes, each with a clone of its own; a lost race costs a retry, and what cannot be shared stays."""
    repository = make_repository(tmp_path / "one")
    remote = make_remote(repository, tmp_path / "remote.git")
    clones = [clone(remote, tmp_path / f"clone-{number}") for number in range(WRITERS)]
    top = str(Path(__file__).parents[2])
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(own.root), repository.head(), str(number), str(RECORDS)],
            cwd=top,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number, own in enumerate(clones)
    ]
    said = [writer.communicate(timeout=900)[1] for writer in writers]
    arrived = {record["stack"] for record in read_records(remote)}
    figures("writers", done=WRITERS * RECORDS, held=len(arrived))
    assert [writer.returncode for writer in writers] == [0] * WRITERS, said
    assert arrived == {f"stack-{number}" for number in range(WRITERS * RECORDS)}


@pytest.mark.slow
def test_remote_that_dies_between_started_and_the_result(hosted: Platform, figures: Figures) -> None:
    """A verification command takes the host away, as a network that fails in the middle does."""
    gone = hosted.root.parent / "gone.git"
    assert hosted.remote is not None
    hosted.land("kubestack.yaml", "commands: []", f"commands: [{{run: [mv, {hosted.remote}, {gone}]}}]")
    done = hosted.kubestack("run")
    assert done.code == 1, done.said
    for words in ("the evidence could not be shared through origin", "It is kept in this repository"):
        assert words in done.err
    kept = {(item["stack"], item["status"]) for item in read_records(hosted.root)}
    assert {("infra", "verified"), ("manifests/web", "verified")} <= kept
    assert {item["status"] for item in read_records(gone)} == {"started"}

    gone.rename(hosted.remote)
    hosted.land("kubestack.yaml", f"[mv, {hosted.remote}, {gone}]", "['true']")
    hosted.ok("run")
    assert kept <= {(item["stack"], item["status"]) for item in read_records(hosted.remote)}
    figures("remote-dies", done=1, held=1)


def shift(repository: Path, ref: str, days: int) -> None:
    """Move the times of all records, as if a clock had been wrong when they were written."""
    text = []
    for record in read_records(repository):
        at = datetime.strptime(record["at"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        record["at"] = (at + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        text.append(json.dumps(record, separators=(",", ":")))
    head = git(repository, "rev-parse", "HEAD")
    git(repository, "notes", f"--ref={ref}", "add", "--force", "-m", "\n".join(text), head)


@pytest.mark.slow
def test_clock_that_goes_backwards(hosted: Platform, figures: Figures) -> None:
    """All records are from tomorrow; what is recorded now comes after them all the same."""
    hosted.ok("run")
    shift(hosted.root, "kubestack", days=1)
    hosted.push("+refs/notes/kubestack")
    newest = max(record["at"] for record in read_records(hosted.root))
    assert newest > f"{datetime.now(UTC) + timedelta(hours=23):%Y-%m-%dT%H:%M:%S}"

    hosted.land("manifests/web/base/deployment.yaml", "cpu: 50m", "cpu: 100m")
    hosted.ok("run")
    later = [record for record in hosted.records("ops") if record["at"] > newest]
    assert [record["status"] for record in later] == ["started", "verified"]
    hosted.tag("apps-deploy-1")
    hosted.ok("run", "--ref", "refs/tags/apps-deploy-1")
    assert hosted.statuses("apps")[-1] == "verified"
    figures("clock", done=2, held=2)


@pytest.mark.slow
def test_notes_that_somebody_deleted_or_rewrote(hosted: Platform, figures: Figures) -> None:
    """A clone that has seen them says so, and brings them back with the next push."""
    hosted.ok("run")
    assert hosted.remote is not None
    everything = read_records(hosted.remote)
    ref = "refs/notes/kubestack"
    older = git(hosted.remote, "rev-parse", f"{ref}~1")
    losses = 0
    for how in ("deleted", "rewritten to an older state", "rewritten", "rewritten by a commit that follows"):
        lose(hosted.remote, how, older)
        said = hosted.ok("status").err
        assert f"{ref} was {how.split()[0]} on origin" in said, said
        hosted.ok("verify")
        kept = read_records(hosted.remote)
        assert [record for record in everything if record not in kept] == []
        assert "on origin" not in hosted.ok("status").err
        losses += 1
    figures("notes-lost", done=losses, held=losses)


def lose(remote: Path, how: str, older: str) -> None:
    """Take evidence away on the host."""
    ref = "refs/notes/kubestack"
    nothing = git(remote, "hash-object", "-t", "tree", "-w", "/dev/null")
    parents = ["-p", ref] if "follows" in how else []
    made = older if "older" in how else git(remote, "commit-tree", "-m", "nothing", *parents, nothing)
    git(remote, "update-ref", *(["-d", ref] if how == "deleted" else [ref, made]))


@pytest.mark.slow
def test_shallow_clone(hosted: Platform, figures: Figures) -> None:
    """The gate asks for the history: it is fetched, and where it cannot be, nothing is applied."""
    hosted.ok("run")
    hosted.land("README.md", "# ", "#  ")
    hosted.tag("apps-deploy-1")
    place = hosted.root.parent
    for name in ("deepened", "cut-off"):
        git(place, "clone", "--quiet", "--depth=1", "--branch=apps-deploy-1", f"file://{hosted.remote}", name)
    deepened = Platform(root=place / "deepened", remote=hosted.remote)
    assert Git(deepened.root).is_shallow()
    deepened.ok("run", "--ref", "refs/tags/apps-deploy-1")
    assert not Git(deepened.root).is_shallow()
    assert hosted.statuses("apps") == ["started", "verified"]

    alone = Platform(root=place / "cut-off")
    alone.git("remote", "remove", "origin")
    refused = alone.kubestack("run", "--ref", "refs/tags/apps-deploy-1")
    assert refused.code == 5, refused.said
    assert alone.records() == []
    figures("shallow", done=2, held=2)

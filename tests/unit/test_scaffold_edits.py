"""Edits of files: what they show, what they refuse, and that they happen together or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath

import pytest

from kubestack_py.errors import EditError, FileError
from kubestack_py.scaffold.edits import Edits, FileEdit, apply_edits, unified_diff
from tests.platforms import files_of


def edit(path: str, before: bytes | None, after: bytes | None) -> FileEdit:
    return FileEdit(PurePosixPath(path), before, after)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/one.tf").write_bytes(b"one\r\n")
    (tmp_path / "two.yaml").write_bytes(b"two\n")
    return tmp_path


def test_apply_changes_adds_and_removes(root: Path) -> None:
    (root / "two.yaml").chmod(0o640)
    apply_edits(
        root,
        Edits(
            (
                edit("two.yaml", b"two\n", b"2\n"),
                edit("x/y/new.tf", None, b"\xef\xbb\xbfnew\r\n"),
                edit("a/b/one.tf", b"one\r\n", None),
            )
        ),
    )
    assert files_of(root) == {"two.yaml": b"2\n", "x/y/new.tf": b"\xef\xbb\xbfnew\r\n"}
    assert stat.S_IMODE((root / "two.yaml").stat().st_mode) == 0o640
    assert not (root / "a").exists(), "a directory goes with its last file"


def test_apply_twice_is_refused_and_an_edit_without_change_does_nothing(root: Path) -> None:
    edits = Edits((edit("two.yaml", b"two\n", b"2\n"),))
    apply_edits(root, edits)
    with pytest.raises(EditError, match=r"two\.yaml changed after it was read"):
        apply_edits(root, edits)
    apply_edits(root, Edits((edit("gone.yaml", b"x", b"x"),)))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (edit("two.yaml", b"other\n", b"x"), "two.yaml changed after it was read"),
        (edit("two.yaml", None, b"x"), "two.yaml is there by now"),
        (edit("none.yaml", b"x", b"y"), "none.yaml changed after it was read"),
        (edit("../out.tf", None, b"x"), "../out.tf is no file of the platform"),
        (edit("/out.tf", None, b"x"), "/out.tf is no file of the platform"),
        (edit(".git/hooks/x", None, b"x"), ".git/hooks/x is no file of the platform"),
        (edit("out/x.tf", None, b"x"), "out is a symbolic link"),
        (edit("link.yaml", b"two\n", b"x"), "link.yaml is a symbolic link"),
    ],
)
def test_apply_refuses_all_for_one(root: Path, tmp_path: Path, wrong: FileEdit, said: str) -> None:
    (root / "out").symlink_to(tmp_path.parent)
    (root / "link.yaml").symlink_to("two.yaml")
    before = files_of(root)
    with pytest.raises(EditError) as caught:
        apply_edits(root, Edits((edit("a/b/one.tf", b"one\r\n", b"1"), edit("n/new", None, b"n"), wrong)))
    assert said in str(caught.value)
    assert files_of(root) == before
    assert not (root / "n").exists()


def test_apply_names_every_file_that_changed(root: Path) -> None:
    with pytest.raises(EditError) as caught:
        apply_edits(root, Edits((edit("a/b/one.tf", b"", b"1"), edit("two.yaml", b"", b"2"))))
    assert "one.tf" in caught.value.message
    assert "two.yaml" in caught.value.message


@pytest.mark.parametrize("late", range(4))
def test_apply_puts_everything_back_when_the_disk_fails(
    root: Path, late: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Renaming fails at the n-th file; what was renamed, made or removed before is undone."""
    before = files_of(root)
    rename, count = Path.replace, iter(range(10))

    def failing(self: Path, target: str | os.PathLike[str]) -> Path:
        if next(count) == late:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    edits = Edits(
        (
            edit("a/b/one.tf", b"one\r\n", None),
            edit("new/x.tf", None, b"x"),
            edit("new/y.tf", None, b"y"),
            edit("two.yaml", b"two\n", b"2\n"),
            edit("z", None, b"z"),
        )
    )
    with pytest.raises(FileError, match="No space left"):
        apply_edits(root, edits)
    assert files_of(root) == before
    assert sorted(path.name for path in root.iterdir()) == ["a", "two.yaml"]


def test_apply_refuses_a_directory_in_the_place_of_a_file(root: Path) -> None:
    with pytest.raises(FileError, match="Is a directory"):
        apply_edits(root, Edits((edit("a/b", None, b"x"),)))


def test_diff_reads_like_git() -> None:
    edits = Edits((edit("b.tf", b"1\n2\n", b"1\n3"), edit("a.tf", None, b"x\n"), edit("same", b"s", b"s")))
    assert unified_diff(edits) == (
        "diff --git a/a.tf b/a.tf\nnew file mode 100644\n--- /dev/null\n+++ b/a.tf\n@@ -0,0 +1 @@\n+x\n"
        "diff --git a/b.tf b/b.tf\n--- a/b.tf\n+++ b/b.tf\n@@ -1,2 +1,2 @@\n 1\n-2\n+3\n"
        "\\ No newline at end of file\n"
    )
    assert unified_diff(Edits(())) == ""

"""Files on a real disk: atomic writes, private directories, and errors in words."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kubestack_py.errors import FileError
from kubestack_py.system import files
from kubestack_py.system.files import (
    append_text,
    cache_directory,
    disk_errors,
    resource,
    scratch_directory,
    write_atomically,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("name", ["templates/platform/cookiecutter.json", "schemas/kubestack.schema.json"])
def test_resource_ships_with_the_program(name: str) -> None:
    assert resource(name).is_file()


def test_resource_inside_the_package_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PACKAGE", tmp_path / "package")
    assert resource("schemas/a.json") == tmp_path / "schemas/a.json"
    (tmp_path / "package/schemas").mkdir(parents=True)
    (tmp_path / "package/schemas/a.json").touch()
    assert resource("schemas/a.json") == tmp_path / "package/schemas/a.json"


def test_write_makes_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"one")
    assert (path.read_bytes(), mode(path)) == (b"one", 0o644)
    write_atomically(path, b"two", mode=0o600)
    assert (path.read_bytes(), mode(path)) == (b"two", 0o600)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["-rf", "a b", "$(touch x)", "ünï", "new\nline", ".hidden"])
def test_write_takes_any_name(tmp_path: Path, name: str) -> None:
    write_atomically(tmp_path / name, b"x")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_write_where_there_is_no_directory(tmp_path: Path) -> None:
    path = tmp_path / "nowhere/file"
    with pytest.raises(FileError) as caught:
        write_atomically(path, b"x")
    assert caught.value.message == f"cannot write {path}: No such file or directory"
    assert "directory is there" in caught.value.hint


def test_write_over_a_directory_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(FileError, match=r"cannot write .*/taken: "):
        write_atomically(tmp_path / "taken", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_write_on_a_full_disk_keeps_the_old_content(tmp_path: Path) -> None:
    """A limit on the size of files fails a write in the middle, as a full disk does."""
    path = tmp_path / "file"
    path.write_text("old")
    code = f"""
import resource, signal, sys
from pathlib import Path
from kubestack_py.errors import FileError
from kubestack_py.system.files import write_atomically
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_atomically(Path({str(path)!r}), b"x" * 5000)
except FileError as error:
    print(error.message)
"""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"cannot write {path}: File too large\n"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_write_shows_readers_the_old_content_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "file"
    contents = [b"a" * 200_000, b"b" * 300_000]
    write_atomically(path, contents[0])
    seen: set[bytes] = set()
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(40):
        write_atomically(path, contents[number % 2])
    ended.set()
    reader.join()
    assert seen <= set(contents)


def test_append_makes_the_file_and_adds_to_it(tmp_path: Path) -> None:
    append_text(tmp_path / "summary", "größer\n")
    append_text(tmp_path / "summary", "two\n")
    assert (tmp_path / "summary").read_text(encoding="utf-8") == "größer\ntwo\n"
    with pytest.raises(FileError, match="cannot write"):
        append_text(tmp_path, "x")


def test_disk_errors_say_what_was_tried_and_where(tmp_path: Path) -> None:
    with pytest.raises(FileError) as caught, disk_errors("read the settings"):
        (tmp_path / "none").read_bytes()
    assert caught.value.message == f"cannot read the settings: {tmp_path}/none: No such file or directory"
    with pytest.raises(ZeroDivisionError), disk_errors("count"):
        raise ZeroDivisionError


def test_scratch_directory_is_private_and_goes(tmp_path: Path) -> None:
    with scratch_directory("plan") as path:
        (path / "deep").mkdir()
        (path / "deep/file").write_text("x")
        assert mode(path) == 0o700
        assert path.is_absolute()
        assert path.name.startswith("kubestack-plan-")
    assert not path.exists()


def test_scratch_directory_goes_after_an_error_too(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        assert path.parent == tmp_path.resolve()
        assert path.name.startswith(".kubestack-plan-")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), scratch_directory("plan", parent=tmp_path) as path:
        fail(path)
    assert list(tmp_path.iterdir()) == []


def test_scratch_directory_of_a_killed_run_goes_with_the_next(tmp_path: Path) -> None:
    """Abandoned is what nobody holds; what another run holds, and what was made just now, stays."""
    abandoned, young, other = (tmp_path / f".kubestack-{name}" for name in ("run-a", "run-b", "new-c"))
    for path in (abandoned, young, other):
        path.mkdir()
        (path / "plan.tfplan").write_text("secret")
    with scratch_directory("run", tmp_path) as held:
        for path in (abandoned, other, held):
            os.utime(path, (0, 0))
        with scratch_directory("run", tmp_path) as second:
            left = {path for path in tmp_path.iterdir() if path.exists()}
            assert left == {young, other, held, second}
    assert not held.exists()


def test_scratch_directory_without_a_parent_that_exists(tmp_path: Path) -> None:
    with (
        pytest.raises(FileError, match="cannot make a temporary directory"),
        scratch_directory("x", tmp_path / "none"),
    ):
        pass


def test_cache_directory_is_private(tmp_path: Path) -> None:
    path = cache_directory({"XDG_CACHE_HOME": str(tmp_path / "xdg"), "HOME": str(tmp_path)})
    assert path == tmp_path / "xdg/kubestack"
    assert mode(path) == 0o700
    path.chmod(0o777)
    assert mode(cache_directory({"XDG_CACHE_HOME": str(tmp_path / "xdg")})) == 0o700


@pytest.mark.parametrize("xdg", [{}, {"XDG_CACHE_HOME": ""}, {"XDG_CACHE_HOME": "relative"}])
def test_cache_directory_in_the_home_directory(tmp_path: Path, xdg: dict[str, str]) -> None:
    assert cache_directory({**xdg, "HOME": str(tmp_path)}) == tmp_path / ".cache/kubestack"


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "relative"}, {"HOME": "/dev/null"}])
def test_cache_directory_without_a_home_is_temporary(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = cache_directory(environ)
    assert path.parent == tmp_path
    assert path.name.startswith("kubestack-cache-")
    assert mode(path) == 0o700
    assert list(tmp_path.iterdir()) == [path]

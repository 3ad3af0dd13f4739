"""What `new_platform` leaves on the disk: a whole repository, or nothing."""

from __future__ import annotations

import filecmp
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from kubestack_py.errors import FileError, ScaffoldError
from kubestack_py.scaffold.answers import check
from kubestack_py.scaffold.platform import new_platform
from kubestack_py.system.files import resource
from tests.conftest import git, write_tree


def scaffold(directory: Path, **answers: object) -> tuple[Path, list[str]]:
    said: list[str] = []
    return new_platform(check({"name": "acme", **answers}), directory, said.append), said


def tree(root: Path) -> set[str]:
    return {
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def run_python(code: str, *args: object, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, args)],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


NEW_PLATFORM = """
import sys
from pathlib import Path
from kubestack_py.scaffold.answers import check
from kubestack_py.scaffold.platform import new_platform
print(new_platform(check({"name": "acme"}), Path(sys.argv[1]), print))
"""


def test_new_platform_commits_every_file(tmp_path: Path) -> None:
    root, said = scaffold(tmp_path, default_branch="trunk")
    assert root == tmp_path / "acme"
    assert git(root, "log", "--format=%an <%ae> %s") == (
        "Test Engineer <test@example.com> Scaffold the platform acme"
    )
    assert git(root, "symbolic-ref", "--short", "HEAD") == "trunk"
    assert git(root, "status", "--porcelain", "--ignored") == ""
    assert set(git(root, "ls-files").splitlines()) == tree(root)
    assert said == [f"Rendered {len(tree(root))} files.", "Committed to trunk."]
    assert names(tmp_path) == ["acme"]


def test_new_platform_with_relative_directory_returns_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    root, _ = scaffold(Path())
    assert root == tmp_path / "acme"
    assert Path.cwd() == tmp_path


def test_new_platform_inside_another_repository_is_its_own(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    root, _ = scaffold(tmp_path)
    assert git(root, "rev-parse", "--show-toplevel") == str(root)


def test_new_platform_creates_directory(tmp_path: Path) -> None:
    root, _ = scaffold(tmp_path / "platforms")
    assert (root / "kubestack.yaml").is_file()


def test_new_platform_refuses_missing_parent(tmp_path: Path) -> None:
    with pytest.raises(ScaffoldError, match="mkdir -p"):
        scaffold(tmp_path / "one" / "two")
    assert names(tmp_path) == []


def test_new_platform_refuses_file_as_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ScaffoldError, match="is no directory"):
        scaffold(tmp_path / "file")


@pytest.mark.parametrize("kind", ["empty directory", "full directory", "file", "dangling link"])
def test_new_platform_refuses_existing_target(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "acme"
    if kind == "file":
        target.write_text("mine")
    elif kind == "dangling link":
        target.symlink_to(tmp_path / "nowhere")
    else:
        target.mkdir()
        write_tree(target, {"notes.txt": "mine"} if kind.startswith("full") else {})
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    with pytest.raises(ScaffoldError, match=r"acme exists already; nothing was changed"):
        scaffold(tmp_path)
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


def test_new_platform_overtaken_while_it_works_leaves_the_other_alone(tmp_path: Path) -> None:
    def overtake(_: str) -> None:
        write_tree(tmp_path, {"acme/notes.txt": "mine"})

    with pytest.raises(ScaffoldError, match="exists already"):
        new_platform(check({"name": "acme"}), tmp_path, overtake)
    assert names(tmp_path) == ["acme"]
    assert names(tmp_path / "acme") == ["notes.txt"]


@pytest.mark.parametrize("step", [1, 2])
def test_new_platform_interrupted_leaves_nothing(tmp_path: Path, step: int) -> None:
    said: list[str] = []

    def interrupt(text: str) -> None:
        said.append(text)
        if len(said) == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        new_platform(check({"name": "acme"}), tmp_path / "platforms", interrupt)
    assert len(said) == step
    assert names(tmp_path) == []


@pytest.mark.parametrize("delay", [0.0, 0.03, 0.06])
def test_new_platform_hit_by_a_signal_leaves_all_or_nothing(tmp_path: Path, delay: float) -> None:
    code = (
        "import cookiecutter.generate, cookiecutter.extensions\nprint('ready', flush=True)\n" + NEW_PLATFORM
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        process.communicate()
    found = names(tmp_path)
    assert found in ([], ["acme"])
    assert not found or git(tmp_path / "acme", "status", "--porcelain") == ""


def test_new_platform_on_full_disk_leaves_nothing(tmp_path: Path) -> None:
    done = run_python(
        f"""
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        {textwrap.indent(NEW_PLATFORM, " " * 8).strip()}
        """,
        tmp_path,
    )
    assert done.returncode == 1
    assert "FileError: cannot write the platform" in done.stderr
    assert "File too large" in done.stderr
    assert names(tmp_path) == []


def test_new_platform_where_nothing_can_be_written_says_so() -> None:
    with pytest.raises(FileError, match="cannot make a temporary directory: /proc/"):
        scaffold(Path("/proc"))


def test_new_platform_without_git_identity_commits_and_tells(tmp_path: Path, isolated: Path) -> None:
    (isolated / ".gitconfig").unlink()
    root, said = scaffold(tmp_path)
    assert git(root, "log", "--format=%an <%ae>, %cn") == "kubestack <kubestack@localhost>, kubestack"
    assert "git commit --amend --reset-author" in said[1]


def test_new_platform_ignores_what_the_user_signs_hooks_and_ignores(tmp_path: Path, isolated: Path) -> None:
    (isolated / "ignore").write_text("*.json\n.*\n")
    (isolated / "hooks").mkdir()
    hook = isolated / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    with (isolated / ".gitconfig").open("a") as config:
        config.write(
            f"[commit]\n\tgpgsign = true\n[gpg]\n\tprogram = false\n"
            f"[core]\n\texcludesFile = {isolated}/ignore\n\thooksPath = {isolated}/hooks\n"
        )
    root, _ = scaffold(tmp_path)
    assert ".kubestack/answers.json" in git(root, "ls-files").splitlines()
    assert set(git(root, "ls-files").splitlines()) == tree(root)


def test_new_platform_without_home_writes_nowhere_else(tmp_path: Path) -> None:
    for name in ("home", "work", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "home").chmod(0o500)
    environment = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}
    assert run_python(NEW_PLATFORM, tmp_path / "work", **environment).returncode == 0
    assert names(tmp_path / "home") == names(tmp_path / "tmp") == []
    assert run_python(NEW_PLATFORM, tmp_path, HOME="/nonexistent/home").returncode == 0


def test_new_platform_imports_only_what_it_needs(tmp_path: Path) -> None:
    heavy = ["jsonschema", "requests", "cookiecutter.main", "git", "yaml", "hcl2", "difflib"]
    code = f"{NEW_PLATFORM}\nprint([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    assert run_python(code, tmp_path).stderr == "[]\n"


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_new_platform_gives_files_the_usual_mode(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        root, _ = scaffold(tmp_path)
    finally:
        os.umask(before)
    assert {stat.S_IMODE((root / name).stat().st_mode) for name in tree(root)} == {mode}


def test_cookiecutter_by_itself_renders_the_same(tmp_path: Path) -> None:
    root, _ = scaffold(tmp_path / "ours")
    cookiecutter = Path(sys.executable).with_name("cookiecutter")
    subprocess.run(
        [cookiecutter, resource("templates/platform"), "--no-input", "-o", tmp_path, "name=acme"],
        check=True,
        capture_output=True,
    )
    plain = tmp_path / "acme"
    assert tree(plain) == tree(root)
    assert filecmp.cmpfiles(plain, root, tree(root), shallow=False)[1:] == ([], [])

"""Platforms as users have them: scaffolded once, copied for each test, with a Git host where needed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from kubestack_py.errors import KubestackError
from tests.conftest import commit, git, isolate, write_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

FAKE = Path(__file__).parent / "fake"
PATIENCE = 120.0  # seconds; a limit for what hangs, far above what a busy machine takes
PUSH = {  # the variables of a pipeline that somebody's push has started
    "GITHUB_ACTIONS": "true",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_ACTOR": "alice",
    "GITHUB_SERVER_URL": "https://git.example.com",
    "GITHUB_REPOSITORY": "acme/platform",
    "GITHUB_RUN_ID": "7",
}
ANSI = re.compile(r"\x1b\[")


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Both streams."""
        return self.out + self.err

    @property
    def json(self) -> Any:
        """Standard output, which has to be one JSON document."""
        return json.loads(self.out)


def program(*args: str) -> list[str]:
    """The argument list of the installed program."""
    return [sys.executable, "-m", "kubestack_py", *args]


def kubestack(where: Path, *args: str, **env: str | None) -> Ended:
    """Run the installed program to its end; a variable of None is removed from the environment."""
    done = subprocess.run(
        program(*args),
        cwd=where,
        env=overlaid(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=5 * PATIENCE,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ended(code=done.returncode, out=done.stdout, err=done.stderr)


def invoke(where: Path, *args: str) -> Ended:
    """Run a command in this process: faster, without the boundary that turns errors into words and codes."""
    from click.testing import CliRunner

    from kubestack_py.cli.main import kubestack as command

    done = CliRunner().invoke(command, ["-C", str(where), *args], standalone_mode=False)
    match done.exception:
        case None:
            return Ended(code=done.exit_code, out=done.stdout, err=done.stderr)
        case KubestackError() as error:
            return Ended(code=error.exit_code, out=done.stdout, err=f"{done.stderr}{error}")
        case click.ClickException() as error:
            return Ended(code=error.exit_code, out=done.stdout, err=error.format_message())
        case error:
            raise error


def overlaid(env: Mapping[str, str | None]) -> dict[str, str]:
    """The process environment with some variables set or removed."""
    merged = {**os.environ, **env}
    return {name: value for name, value in merged.items() if value is not None}


def eventually(condition: Callable[[], object], what: str) -> None:
    """Wait until something is so; fails with `what` when it takes too long."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE:g} s for: {what}"
        time.sleep(0.02)


def listens(pid: int) -> bool:
    """Whether a process handles SIGTERM: our program does first of all, the fake Terraform where it hangs."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return False
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught, 16) & 1 << (signal.SIGTERM - 1))


@dataclass
class Running:
    """A command that was started and not waited for."""

    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def send(self, number: int) -> None:
        """Send a signal to the program itself, as a CI system does."""
        self.process.send_signal(number)

    def end(self) -> Ended:
        """Wait for its end."""
        out, err = self.process.communicate(timeout=5 * PATIENCE)
        return Ended(code=self.process.returncode, out=out, err=err)


@contextmanager
def started(where: Path, *args: str, **env: str | None) -> Iterator[Running]:
    """Start the installed program; it is killed when the block ends before it."""
    process = subprocess.Popen(
        program(*args),
        cwd=where,
        env=overlaid(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Running(process)
    finally:
        process.kill()
        process.communicate()


@dataclass(frozen=True, kw_only=True)
class Platform:
    """A clone of a platform repository, and its Git host if it has one."""

    root: Path
    remote: Path | None = None

    def kubestack(self, *args: str, **env: str | None) -> Ended:
        """Run the program at the top of the repository."""
        return kubestack(self.root, *args, **env)

    def ok(self, *args: str, **env: str | None) -> Ended:
        """Run the program and expect it to succeed."""
        done = self.kubestack(*args, **env)
        assert done.code == 0, done.said
        return done

    def git(self, *args: str) -> str:
        """Run git at the top of the repository."""
        return git(self.root, *args)

    @property
    def head(self) -> str:
        """The commit that is checked out."""
        return self.git("rev-parse", "HEAD")

    def commit(self, message: str = "change", files: Mapping[str, str] | None = None) -> str:
        """Commit files to the checked-out branch."""
        return commit(self.root, message, files)

    def push(self, *refs: str) -> None:
        """Push refs to the host, `main` when none is named."""
        self.git("push", "--quiet", "origin", *(refs or ("main",)))

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace text that has to be there in a file of the work tree."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text, f"{path} does not hold {old!r}"
        (self.root / path).write_text(text.replace(old, new), encoding="utf-8")

    def land(self, path: str, old: str, new: str) -> str:
        """Commit an edit to the checked-out branch, and push it where there is a host."""
        self.edit(path, old, new)
        made = self.commit(f"change {path}")
        if self.remote:
            self.push("HEAD")
        return made

    def tag(self, name: str, revision: str = "HEAD") -> None:
        """Tag a commit, push the tag where there is a host, and check it out as CI does."""
        self.git("tag", name, revision)
        if self.remote:
            self.push(f"refs/tags/{name}")
        self.git("checkout", "--quiet", "--detach", name)

    def clone(self, name: str) -> Platform:
        """Another clone of the same host, beside this one."""
        path = self.root.parent / name
        git(self.root.parent, "clone", "--quiet", str(self.remote), str(path))
        return Platform(root=path, remote=self.remote)

    def records(self, environment: str | None = None) -> list[dict[str, Any]]:
        """The evidence of applies on the host, or here where there is none, oldest first."""
        found = [item for item in read_records(self.remote or self.root) if item["status"] != "previewed"]
        return [record for record in found if environment in {None, record["environment"]}]

    def previews(self, environment: str) -> list[dict[str, Any]]:
        """The plans that were recorded for an environment, oldest first."""
        found = read_records(self.remote or self.root)
        return [r for r in found if r["status"] == "previewed" and r["environment"] == environment]

    def statuses(self, environment: str, stack: str = "infra") -> list[str]:
        """What the evidence says of one stack, oldest first."""
        return [record["status"] for record in self.records(environment) if record["stack"] == stack]

    def snapshot(self) -> dict[str, object]:
        """All that a refused command must leave as it is: files, state, refs here and on the host."""
        found: dict[str, object] = {f"file {name}": content for name, content in files_of(self.root).items()}
        for place, where in (("here", self.root), ("host", self.remote)):
            found |= (
                {f"{place} {name}": identity for name, identity in own_refs(where).items()} if where else {}
            )
        return found


def read_records(repository: Path) -> list[dict[str, Any]]:
    """Every record in the notes of a repository, read with git alone."""
    ref = "refs/notes/kubestack"
    if not git(repository, "for-each-ref", ref):
        return []
    blobs = [line.split()[2] for line in git(repository, "ls-tree", "-r", ref).splitlines()]
    lines = [line for blob in blobs for line in git(repository, "cat-file", "blob", blob).splitlines()]
    return sorted(map(json.loads, lines), key=lambda record: str(record["at"]))


def own_refs(repository: Path) -> dict[str, str]:
    """The refs of a repository, without copies of a remote's."""
    lines = git(repository, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    refs = dict(line.split(" ") for line in lines)
    return {
        name: at for name, at in refs.items() if not name.startswith(("refs/remotes/", "refs/kubestack/"))
    }


def files_of(root: Path) -> dict[str, bytes]:
    """The contents of every file below a directory, apart from Git's and Terraform's own bookkeeping."""
    apart = {".git", ".terraform"}
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not apart & set(path.relative_to(root).parts)
    }


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A freshly scaffolded platform, to be copied."""
    directory = tmp_path_factory.mktemp("template")
    identity = {"GIT_CONFIG_GLOBAL": str(directory / "gitconfig"), "HOME": str(directory)}
    (directory / "gitconfig").write_text("[user]\n\tname = Test Engineer\n\temail = test@example.com\n")
    done = kubestack(directory, "new", "platform", "acme", "--no-input", **identity)
    assert done.code == 0, done.err
    return directory / "acme"


@pytest.fixture
def platform(template: Path, tmp_path: Path) -> Platform:
    """A freshly scaffolded platform without a Git host."""
    return Platform(root=Path(shutil.copytree(template, tmp_path / "acme", symlinks=True)))


@pytest.fixture
def hosted(platform: Platform, tmp_path: Path) -> Platform:
    """A freshly scaffolded platform, pushed to a Git host, with a Terraform state that clones share."""
    return _host(platform, str(tmp_path / "state"))


@pytest.fixture(scope="session")
def proved_world(
    template: Path, tmp_path_factory: pytest.TempPathFactory, known_tools: Path, git_template: Path
) -> Path:
    """A directory with a hosted platform whose main branch CI has applied to ops, to be copied as a whole."""
    world = tmp_path_factory.mktemp("proved")
    platform = Platform(root=Path(shutil.copytree(template, world / "acme", symlinks=True)))
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, tmp_path_factory.mktemp("home"), known_tools, git_template)
        _host(platform, "../../state").ok("run", **PUSH)
    return world


@pytest.fixture
def proved(proved_world: Path, tmp_path: Path) -> Platform:
    """A hosted platform whose main branch is applied to ops, and previewed for apps."""
    for name in ("acme", "acme.git", "state"):
        shutil.copytree(proved_world / name, tmp_path / name, symlinks=True)
    platform = Platform(root=tmp_path / "acme", remote=tmp_path / "acme.git")
    platform.git("remote", "set-url", "origin", str(platform.remote))
    return platform


def _host(platform: Platform, state: str) -> Platform:
    """Push a platform to a Git host beside it, and keep its Terraform state at `state`."""
    share_state(platform.root, state)
    commit(platform.root, "Share the state")
    remote = platform.root.with_name("acme.git")
    git(remote.parent, "clone", "--quiet", "--bare", str(platform.root), str(remote))
    platform.git("remote", "add", "origin", str(remote))
    platform.git("fetch", "--quiet", "origin")
    platform.git("branch", "--quiet", "--set-upstream-to=origin/main", "main")
    return Platform(root=platform.root, remote=remote)


def share_state(root: Path, state: Path | str) -> None:
    """Keep the Terraform state in one place for all clones, as a real backend would."""
    versions = root / "infra" / "versions.tf"
    text = versions.read_text(encoding="utf-8")
    assert "../.state/infra" in text
    versions.write_text(text.replace("../.state/infra", str(state)), encoding="utf-8")


@dataclass(frozen=True)
class FakeTerraform:
    """The Terraform of tests/fake, first on PATH."""

    log: Path
    monkeypatch: pytest.MonkeyPatch

    def misbehave(self, *modes: str) -> None:
        """What it does wrong from now on; nothing for no mode."""
        self.monkeypatch.setenv("FAKE_TERRAFORM", ",".join(modes))

    def entries(self, key: str) -> list[Any]:
        """What its log says under a key: `argv` of each start, `signal` of each signal."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        return [entry[key] for entry in map(json.loads, lines) if key in entry]

    def commands(self) -> list[str]:
        """The words after its name, for each start."""
        return [argv[0] for argv in self.entries("argv") if argv]


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTerraform:
    """A Terraform that can be told to misbehave; its state is ignored by Git, as a real one's is."""
    ignore = write_tree(tmp_path, {"ignore": ".fake/\n"}) / "ignore"
    git(tmp_path, "config", "--global", "core.excludesFile", str(ignore))
    log = tmp_path / "fake.log"
    monkeypatch.setenv("PATH", f"{FAKE}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_TERRAFORM_LOG", str(log))
    return FakeTerraform(log, monkeypatch)


def tools_directory(path: Path, names: Sequence[str]) -> Path:
    """A directory for PATH that holds these programs and no other."""
    path.mkdir()
    for name in names:
        found = shutil.which(name)
        assert found, f"the tests need {name}"
        (path / name).symlink_to(found)
    return path


def reject_pushes(remote: Path, pattern: str, reason: str) -> None:
    """Let a host refuse pushes to refs that match a shell pattern."""
    hook = remote / "hooks" / "pre-receive"
    hook.write_text(
        "#!/bin/sh\nwhile read -r old new ref; do\n"
        f'  case "$ref" in {pattern}) echo "{reason}" >&2; exit 1;; esac\ndone\n'
    )
    hook.chmod(0o755)


def allow_pushes(remote: Path) -> None:
    """Undo `reject_pushes`."""
    (remote / "hooks" / "pre-receive").unlink()


def assert_refused(
    platform: Platform, *args: str, code: int, words: Sequence[str], **env: str | None
) -> Ended:
    """Run a command that has to be refused: with this code, in these words, and without changing a thing."""
    before = platform.snapshot()
    done = platform.kubestack(*args, **env)
    assert done.code == code, done.said
    for word in words:
        assert word in done.said, f"{word!r} is not in:\n{done.said}"
    after = platform.snapshot()
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    assert not changed, f"changed by a refused command: {changed}"
    return done

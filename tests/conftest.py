"""Isolation for every test, and the few builders that most tests need."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from kubestack_py.errors import ToolError
from kubestack_py.system.git import Git
from kubestack_py.system.tools import GIT, KUBECTL, TERRAFORM, find_tool

if TYPE_CHECKING:
    from collections.abc import Mapping

# A time limit for an example, or for making one, would only measure how busy the machine is. Every run tries
# the same examples, so that a change is judged by what it changed; `--hypothesis-profile=search` goes on.
AT_LEISURE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", AT_LEISURE, derandomize=True)
settings.register_profile("search", AT_LEISURE, max_examples=1000)
settings.load_profile("same")

CI_PREFIXES = (
    "GITHUB_",
    "GITLAB_",
    "GH_",
    "CI_",
    "BITBUCKET_",
    "BUILD_",
    "SYSTEM_",
    "JENKINS_",
    "TF_",
    "GIT_",
    "KUBESTACK_",
    "JOB_",
    "PULL_",
)
CI_NAMES = ("CI", "TF_BUILD", "NO_COLOR", "FORCE_COLOR", "KUBECONFIG", "BRANCH_NAME", "TAG_NAME", "CHANGE_ID")


@pytest.fixture(scope="session")
def known_tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that knows the versions of the tools: asking each anew takes a test 300 ms."""
    path = tmp_path_factory.mktemp("tools")
    for spec in (GIT, TERRAFORM, KUBECTL):
        with suppress(ToolError):  # whoever needs it says so
            find_tool(spec, path)
    return path


@pytest.fixture(scope="session")
def git_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a new repository begins with: no samples of hooks, which would be copied each time."""
    path = tmp_path_factory.mktemp("git")
    for name in ("hooks", "info"):
        (path / name).mkdir()
    return path


@pytest.fixture(autouse=True)
def isolated(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    known_tools: Path,
    git_template: Path,
) -> Path:
    """A HOME of its own with a Git identity, and none of the CI system's variables or tokens."""
    return isolate(monkeypatch, tmp_path_factory.mktemp("home"), known_tools, git_template)


def isolate(patch: pytest.MonkeyPatch, home: Path, known_tools: Path, git_template: Path) -> Path:
    """What `isolated` does; for fixtures of the session, which are made before it."""
    for name in list(os.environ):
        if name.startswith(CI_PREFIXES) or name in CI_NAMES:
            patch.delenv(name)
    patch.setenv("HOME", str(home))
    patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    patch.setenv("CHECKPOINT_DISABLE", "1")
    patch.setenv("TERM", "dumb")
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Test Engineer\n\temail = test@example.com\n"
        f"[init]\n\tdefaultBranch = main\n\ttemplateDir = {git_template}\n"
        "[commit]\n\tgpgsign = false\n[advice]\n\tdetachedHead = false\n"
        "[core]\n\tfsync = none\n[gc]\n\tauto = 0\n"
    )
    (home / "cache").mkdir()
    shutil.copytree(known_tools, home / "cache" / "kubestack")
    (home / "cache" / "kubestack").chmod(0o700)
    return home


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A private cache directory."""
    path = tmp_path / "cache"
    path.mkdir(mode=0o700)
    return path


def write_tree(root: Path, tree: Mapping[str, str]) -> Path:
    """Write `{path: text}` below `root`."""
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def git(root: Path, *args: str) -> str:
    """Run the real git as a user would; returns standard output without the last newline."""
    done = subprocess.run(["git", *args], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.rstrip("\n")


def commit(root: Path, message: str = "change", tree: Mapping[str, str] | None = None) -> str:
    """Write files, commit everything, and return the commit id."""
    write_tree(root, tree or {})
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(root, "rev-parse", "HEAD")


def make_repository(root: Path, tree: Mapping[str, str] | None = None) -> Git:
    """A repository on branch `main` with one commit of the given files."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "--quiet", "--initial-branch", "main")
    commit(root, "first", tree or {"README.md": "# test\n"})
    return Git(root)


def make_remote(repository: Git, path: Path) -> Path:
    """A bare remote named `origin` for a repository, with its main branch pushed."""
    git(repository.root, "init", "--quiet", "--bare", "--initial-branch", "main", str(path))
    git(repository.root, "remote", "add", "origin", str(path))
    git(repository.root, "push", "--quiet", "--set-upstream", "origin", "main")
    return path

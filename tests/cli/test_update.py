"""`kubestack update`: two versions of the templates, and what teams do to their files in between."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from kubestack_py import __version__
from kubestack_py.scaffold.answers import check
from kubestack_py.scaffold.platform import new_platform
from kubestack_py.scaffold.record import RECORD
from kubestack_py.scaffold.versions import templates_of
from kubestack_py.system.files import resource, templates_from
from scripts.archive_templates import tar
from tests.conftest import git, write_tree
from tests.platforms import (
    PATIENCE,
    Ended,
    Platform,
    eventually,
    files_of,
    invoke,
    kubestack,
    listens,
    program,
    started,
    tools_directory,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OLD = "0.1.0"
APP = "manifests/web/base"
PLATFORM = "@{cookiecutter.name}@"
TEMPLATE_APP = f"{PLATFORM}/manifests/@{{cookiecutter.application}}@/base"


class Templates:
    """The shipped templates as an old version, and as a new one that a test changes."""

    def __init__(self, root: Path) -> None:
        shutil.copytree(resource("templates"), root, ignore=shutil.ignore_patterns("versions"))
        self.root = root
        old = {
            path.relative_to(root).as_posix(): path.read_bytes().replace(
                f'"_version": "{__version__}"'.encode(), f'"_version": "{OLD}"'.encode()
            )
            for path in root.rglob("*")
            if path.is_file()
        }
        (root / "versions").mkdir()
        (root / "versions" / f"{OLD}.tar.xz").write_bytes(tar(old))

    def path(self, name: str) -> Path:
        return self.root / "platform" / name

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.path(name).read_text("utf-8")
        assert old in text
        self.path(name).write_text(text.replace(old, new), "utf-8")

    def write(self, name: str, text: str) -> None:
        write_tree(self.root / "platform", {name: text})

    @contextmanager
    def used(self) -> Iterator[None]:
        with templates_from(self.root):
            yield


@pytest.fixture
def templates(tmp_path: Path) -> Iterator[Templates]:
    """Templates of a test's own, in use for all that runs in this process."""
    made = Templates(tmp_path / "templates")
    with made.used():
        yield made


@pytest.fixture
def scaffolded(tmp_path: Path) -> Platform:
    """A platform of the old version, whatever the old version is here."""
    with templates_of(OLD):
        return Platform(root=new_platform(check({"name": "acme"}), tmp_path, lambda _: None))


@pytest.fixture
def old(templates: Templates, scaffolded: Platform) -> Platform:
    """A platform of the test's own old templates."""
    return scaffolded


def update(platform: Platform, *args: str, code: int = 0) -> Ended:
    done = invoke(platform.root, "update", "--no-input", *args)
    assert done.code == code, done.said
    return done


def text(platform: Platform, path: str) -> str:
    return (platform.root / path).read_text("utf-8")


def record(platform: Platform) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text(platform, str(RECORD)))
    return found


def upstream(templates: Templates) -> None:
    """What a new version brings: changes, a renamed file, one that went and one that came."""
    templates.edit(f"{TEMPLATE_APP}/service.yaml", "targetPort: http", "targetPort: http # new")
    templates.edit(f"{PLATFORM}/infra/outputs.tf", "Node pools of", "New node pools of")
    templates.write(f"{PLATFORM}/infra/notes.tf", "locals {}\n")
    templates.path(f"{PLATFORM}/.tool-versions").unlink()
    module = templates.path(f"{PLATFORM}/infra/modules/cluster")
    (module / "outputs.tf").rename(module / "results.tf")


def test_update_keeps_edits_and_follows_renamed_files(templates: Templates, old: Platform) -> None:
    upstream(templates)
    old.edit("infra/outputs.tf", "Name of this environment", "The name of this environment")
    old.edit("infra/modules/cluster/outputs.tf", "Name of the cluster", "What the cluster is called")
    old.git("mv", f"{APP}/service.yaml", f"{APP}/svc.yaml")
    old.edit(f"{APP}/kustomization.yaml", "service.yaml", "svc.yaml")
    head = old.commit("our own changes", {"infra/ours.tf": "locals {}\n"})

    done = update(old)
    assert done.out.splitlines() == [
        f"changed {RECORD}",
        "removed .tool-versions",
        "removed infra/modules/cluster/outputs.tf",
        "added infra/modules/cluster/results.tf",
        "added infra/notes.tf",
        "changed infra/outputs.tf",
        f"changed {APP}/svc.yaml",
    ]
    assert "The name of this environment" in text(old, "infra/outputs.tf")
    assert "New node pools of" in text(old, "infra/outputs.tf")
    assert "What the cluster is called" in text(old, "infra/modules/cluster/results.tf")
    assert "http # new" in text(old, f"{APP}/svc.yaml")
    assert record(old)["version"] == __version__
    assert (old.head, old.git("diff", "--name-only")) == (head, ""), "all of it is staged, none committed"
    old.git("commit", "--quiet", "--no-edit")
    assert old.git("log", "-1", "--format=%s") == f"Update the platform to the templates of {__version__}"
    assert "the platform is up to date" in update(old).said
    assert old.git("status", "--porcelain") == ""


def test_update_keeps_deleted_what_the_team_deleted(templates: Templates, old: Platform) -> None:
    upstream(templates)
    templates.edit(f"{PLATFORM}/infra/modules/cluster/main.tf", "locals {", "locals {\n  # new\n")
    templates.write(f"{TEMPLATE_APP}/policy.yaml", "# came with the new version\n")
    old.git("rm", "-r", "--quiet", "manifests", ".tool-versions", "infra/modules/cluster/outputs.tf")
    old.commit("we have our own")
    done = update(old, code=1)  # without any application, the platform is not valid
    for path in (f"{APP}/service.yaml", f"{APP}/policy.yaml", "infra/modules/cluster/results.tf"):
        assert f"{path} stays deleted" in done.err
        assert not (old.root / path).exists()
    assert old.git("status", "--porcelain").splitlines() == [
        f"M  {RECORD}",
        "M  infra/modules/cluster/main.tf",
        "A  infra/notes.tf",
        "M  infra/outputs.tf",
    ]


def test_update_marks_conflicts_as_git_does(templates: Templates, old: Platform) -> None:
    upstream(templates)
    old.edit("infra/outputs.tf", "Node pools of", "All node pools of")
    old.edit(".tool-versions", "terraform ", "opentofu 1.9.0\nterraform ")
    old.commit("our own changes")
    before = old.snapshot()
    done = update(old, "--dry-run", code=1)
    assert "2 conflicts with what you changed; nothing was changed" in done.err
    assert old.snapshot() == before

    done = update(old, code=1)
    assert "  infra/outputs.tf: both changed the same lines" in done.err
    assert "  .tool-versions: you changed it, and the templates no longer have it" in done.err
    assert "git reset --hard" in done.err
    assert old.git("status", "--porcelain").splitlines() == [
        f"M  {RECORD}",
        "UD .tool-versions",
        "R  infra/modules/cluster/outputs.tf -> infra/modules/cluster/results.tf",
        "A  infra/notes.tf",
        "UU infra/outputs.tf",
        f"M  {APP}/service.yaml",
    ]
    marked = text(old, "infra/outputs.tf").splitlines()
    assert marked[marked.index("<<<<<<< HEAD") + 1].strip().startswith('description = "All node pools')
    assert any(line.startswith(">>>>>>> ") and line.endswith(f"of {__version__})") for line in marked)
    assert "not committed" in update(old, code=2).err
    old.git("reset", "--quiet", "--hard")
    assert old.snapshot() == before


def test_dry_run_prints_a_diff_that_git_takes(templates: Templates, old: Platform) -> None:
    upstream(templates)
    before = old.snapshot()
    diff = update(old, "--dry-run").out
    assert old.snapshot() == before
    subprocess.run(["git", "apply", "--index"], cwd=old.root, input=diff, text=True, check=True)
    applied = old.git("write-tree")
    old.git("reset", "--quiet", "--hard")
    update(old)
    assert old.git("write-tree") == applied


def test_update_in_a_shallow_clone(templates: Templates, old: Platform, tmp_path: Path) -> None:
    upstream(templates)
    old.edit("infra/outputs.tf", "Name of this environment", "The name of this environment")
    old.commit("our own changes")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{old.root}", "shallow")
    shallow = Platform(root=tmp_path / "shallow")
    update(shallow)
    update(old)
    assert files_of(shallow.root) == files_of(old.root)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda p: p.edit("README.md", "#", "##"), "not committed: README.md"),
        (lambda p: write_tree(p.root, {"new.txt": ""}), "not committed: new.txt"),
        (lambda p: p.git("rm", "--quiet", "--cached", "README.md"), "not committed: README.md"),
        (lambda p: p.git("merge", "--no-commit", "--quiet", "--no-ff", "side"), "not finished (MERGE_HEAD)"),
        (lambda p: p.git("checkout", "--quiet", "--orphan", "none"), "no commit yet"),
    ],
    ids=["changed", "untracked", "staged", "merging", "unborn"],
)
def test_update_refuses_a_tree_that_is_not_the_commit(
    templates: Templates, old: Platform, spoil: Callable[[Platform], object], said: str
) -> None:
    old.git("branch", "side", old.git("commit-tree", "-p", "HEAD", "-m", "side", "HEAD^{tree}"))
    spoil(old)
    before, index = old.snapshot(), old.git("ls-files", "--stage")
    done = invoke(old.root, "update", "--no-input")
    assert done.code in {1, 2}
    assert said in done.err
    assert (old.snapshot(), old.git("ls-files", "--stage")) == (before, index)


def test_update_never_writes_over_a_file_that_git_ignores(templates: Templates, old: Platform) -> None:
    upstream(templates)
    old.commit("ignore", {".gitignore": text(old, ".gitignore") + "notes.tf\n"})
    write_tree(old.root, {"infra/notes.tf": "precious"})
    done = update(old, code=2)
    assert "infra/notes.tf" in done.err
    assert "Move them away" in done.err
    assert (text(old, "infra/notes.tf"), old.git("status", "--porcelain")) == ("precious", "")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": "99.0.0"}, f"{RECORD}:3:3 version: 99.0.0 is newer than this program ({__version__})"),
        ({"added": [{"kind": "moon", "options": {}}]}, "an addition of the kind 'moon'"),
        ({"answers": {"name": "acme", "domain": "X"}}, f'{RECORD}:6:5 answers.domain: "X" cannot be used'),
        ({"answers": {"name": "../acme"}}, "answers.name"),
        ({"answers": {"name": "acme", "colour": "red"}}, "answers.colour: is no question of this template"),
    ],
    ids=["newer", "kind", "domain", "name", "unknown"],
)
def test_update_refuses_a_record_that_does_not_fit(
    templates: Templates, old: Platform, change: dict[str, object], said: str
) -> None:
    old.commit("edit the record", {str(RECORD): json.dumps(record(old) | change, indent=2)})
    before = old.snapshot()
    done = update(old, code=2)
    assert said in done.err
    assert old.snapshot() == before


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--to", "9.9.9"], "no templates of version 9.9.9"),
        (["--answer", "domain"], "NAME=VALUE"),
        (["--answer", "domain=X"], 'domain: "X" cannot be used'),
        (["--answer", "domian=x.org"], "did you mean domain?"),
    ],
    ids=" ".join,
)
def test_update_refuses_options(templates: Templates, old: Platform, args: list[str], said: str) -> None:
    assert said in update(old, *args, code=2).err


def test_update_goes_no_way_back(templates: Templates, old: Platform) -> None:
    update(old)
    old.commit("update")
    assert "would go back" in update(old, "--to", OLD, code=2).err


def test_update_without_a_record(templates: Templates, old: Platform) -> None:
    old.git("rm", "--quiet", str(RECORD))
    old.commit("who needs it")
    assert "nothing says what it was scaffolded from" in update(old, code=2).err


def test_answers_can_be_given_anew(templates: Templates, old: Platform) -> None:
    bad = record(old) | {"answers": {"name": "acme", "domain": "X"}}
    old.commit("edit the record", {str(RECORD): json.dumps(bad)})
    update(old, "--answer", "domain=acme.example.com")
    old.commit("update")
    update(old, "--answer", "kubectl_version=1.33.1")
    assert "kubectl 1.33.1" in text(old, ".tool-versions")
    assert old.git("status", "--porcelain").splitlines() == [f"M  {RECORD}", "M  .tool-versions"]


def test_update_with_another_git_process_at_work_changes_nothing(templates: Templates, old: Platform) -> None:
    upstream(templates)
    write_tree(old.root, {".git/index.lock": ""})
    before = old.snapshot()
    done = update(old, code=1)
    assert "nothing was changed" in done.err
    assert "index.lock" in done.err
    (old.root / ".git" / "index.lock").unlink()
    assert (old.snapshot(), old.git("status", "--porcelain")) == (before, "")


def test_update_that_git_cannot_write_to_its_end_is_undone(templates: Templates, old: Platform) -> None:
    upstream(templates)
    old.git("config", "filter.broken.clean", "cat")
    old.git("config", "filter.broken.smudge", "false")
    old.git("config", "filter.broken.required", "true")
    old.commit("needs a filter", {".gitattributes": f"{APP}/service.yaml filter=broken\n"})
    before = old.snapshot()
    done = update(old, code=1)
    assert "nothing was changed" in done.err
    assert "filter" in done.err
    assert (old.snapshot(), old.git("status", "--porcelain")) == (before, "")


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.0, 0.2, 0.4, 0.6])
def test_interrupted_update_is_whole_or_nothing(scaffolded: Platform, delay: float) -> None:
    before = scaffolded.snapshot()
    with started(scaffolded.root, "update", "--no-input") as running:
        eventually(lambda: listens(running.process.pid), "the program to listen")
        time.sleep(delay)
        running.send(signal.SIGINT)
        done = running.end()
    status = scaffolded.git("status", "--porcelain").splitlines()
    if not status:
        assert scaffolded.snapshot() == before
        assert done.code == 130
    else:
        assert all(line[1] == " " for line in status), status
        scaffolded.git("reset", "--quiet", "--hard")
        assert scaffolded.snapshot() == before
        scaffolded.ok("update", "--no-input")
        assert scaffolded.git("status", "--porcelain").splitlines() == status


def test_update_asks_for_a_git_that_can(scaffolded: Platform, tmp_path: Path) -> None:
    real = shutil.which("git")
    bin_directory = tools_directory(tmp_path / "bin", [])
    script = f'#!/bin/sh\n[ "$1" = version ] && exec echo git version 2.30.2\nexec {real} "$@"\n'
    fake = write_tree(bin_directory, {"git": script}) / "git"
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    done = kubestack(scaffolded.root, "update", PATH=f"{bin_directory}{os.pathsep}{os.environ['PATH']}")
    assert done.code == 1
    assert "git 2.30.2" in done.err
    assert ">=2.38 is needed" in done.err


def test_platform_of_the_first_version_is_updated_to_what_would_be_scaffolded_today(
    scaffolded: Platform, tmp_path: Path
) -> None:
    scaffolded.ok("update")
    today = new_platform(check({"name": "acme"}), tmp_path / "today", lambda _: None)
    assert files_of(scaffolded.root) == files_of(today)


def test_services_come_from_the_catalog_of_each_version(templates: Templates, old: Platform) -> None:
    path = "manifests/cert-manager/base/cert-manager.yaml"
    with templates_of(OLD):
        assert invoke(old.root, "add", "service", "cert-manager", "--delivery", "argo-cd").code == 0
    old.edit(str(RECORD), f'"version": "{__version__}"', f'"version": "{OLD}"')
    version = text(old, path).partition("targetRevision: ")[2].partition("\n")[0]
    old.edit(path, "replicaCount: 2\n        webhook", "replicaCount: 5\n        webhook")
    old.commit("add cert-manager")
    catalog = templates.root / "catalog" / "cert-manager.yaml"
    catalog.write_text(catalog.read_text("utf-8").replace(version, "v9.9.9"), "utf-8")

    assert update(old).out.splitlines() == [f"changed {RECORD}", f"changed {path}"]
    assert "targetRevision: v9.9.9" in text(old, path)
    assert "replicaCount: 5" in text(old, path)
    assert record(old)["added"] == [
        {
            "kind": "service",
            "options": {"name": "cert-manager", "delivery": "argo-cd"},
            "version": __version__,
        }
    ]


def test_node_pools_are_added_to_the_cluster_of_each_version(templates: Templates, old: Platform) -> None:
    templates.edit(f"{PLATFORM}/infra/cluster.tf", "max_size = 2", "max_size = 5")
    own = text(old, "infra/cluster.tf").replace('module "cluster"', 'module "other"')
    old.commit("a cluster of our own", {"infra/other.tf": own})
    for cluster in ("cluster", "other"):
        done = invoke(old.root, "add", "node-pool", cluster, "batch", "--max-size", "7")
        assert done.code == 0, done.said
    old.commit("add pools")
    mine = text(old, "infra/other.tf")

    done = update(old)
    assert "node-pool batch stays as it is: there is no cluster" in done.err
    assert "max_size = 5" in text(old, "infra/cluster.tf")
    assert text(old, "infra/cluster.tf").count("batch") == 1
    assert text(old, "infra/other.tf") == mine
    old.commit("update")
    assert "up to date" in update(old).err


def test_pipeline_comes_with_its_answer_and_installs_the_new_version(
    templates: Templates, old: Platform
) -> None:
    update(old, "--answer", "ci=gitlab")
    assert (old.root / ".gitlab-ci.yml").is_file()
    dockerfile = text(old, "ci/Dockerfile")
    assert __version__ in dockerfile
    aged = text(old, str(RECORD)).replace(__version__, OLD)
    old.commit("of old", {str(RECORD): aged, "ci/Dockerfile": dockerfile.replace(__version__, OLD)})
    assert "changed ci/Dockerfile" in update(old).out
    assert text(old, "ci/Dockerfile") == dockerfile


def test_clusters_come_from_the_templates_of_each_version(templates: Templates, old: Platform) -> None:
    module = "infra/modules/eks/versions.tf"
    with templates_of(OLD):
        assert invoke(old.root, "add", "cluster", "eks", "--region", "eu-west-1").code == 0
    old.edit(str(RECORD), f'"version": "{__version__}"', f'"version": "{OLD}"')
    old.edit("infra/eks_gc0_eu-west-1_cluster.tf", "max_size", "max_size ")
    old.commit("add a cluster")
    shipped = templates.root / "modules" / "eks" / "versions.tf"
    shipped.write_text(shipped.read_text("utf-8") + "# new\n", "utf-8")
    before = text(old, "infra/eks_gc0_eu-west-1_cluster.tf")

    assert update(old).out.splitlines() == [f"changed {RECORD}", f"changed {module}"]
    assert text(old, module).endswith("# new\n")
    assert text(old, "infra/eks_gc0_eu-west-1_cluster.tf") == before


@pytest.mark.slow
def test_update_asks_what_new_templates_ask(scaffolded: Platform) -> None:
    command, *args = program("update", "--dry-run")
    child = pexpect.spawn(command, args, cwd=str(scaffolded.root), encoding="utf-8", timeout=PATIENCE)
    child.expect_exact("infrastructure and clusters apart")
    child.sendline("")
    child.expect_exact("What plans and applies")
    child.sendline("")
    child.expect_exact("Where Terraform keeps its state")
    child.sendline("moon")
    child.expect_exact("'moon' is not one of")
    child.sendline("gcs")
    child.expect_exact("CI system")
    child.sendline("")
    child.expect_exact('+  backend "gcs"')
    child.expect_exact(pexpect.EOF)
    child.wait()
    assert child.exitstatus == 0

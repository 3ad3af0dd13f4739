"""The rendered branch with the real git: what lands, what is refused, and what many writers do at once."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from kubestack_py.delivery.rendered import RenderedBranch
from kubestack_py.errors import DeliveryError, GitError
from kubestack_py.kustomize.build import Rendered
from kubestack_py.kustomize.manifests import in_order, parse
from kubestack_py.model.platform import ApplyOn, Environment, RefKind
from kubestack_py.system.git import Git
from tests.conftest import commit, git, make_remote, make_repository

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

OPS = Environment(name="ops", apply_on=ApplyOn(kind=RefKind.BRANCH, pattern="main"))
BRANCH = "refs/heads/env/ops"
TRACKING = "refs/kubestack/origin/env/ops"
WRITER = """\
import sys
from pathlib import Path
from kubestack_py.delivery.rendered import RenderedBranch
from kubestack_py.system.git import Git
from tests.tools.test_delivery_rendered import OPS, rendered
root, remote, stack, source = sys.argv[1:]
branch = RenderedBranch(git=Git(Path(root)), environment=OPS, remote=remote or None)
for round in range(3):
    branch.deliver([rendered(stack, f"{stack}-{round}")], source=source)
"""


def rendered(stack: str, *names: str, namespace: str = "shop", value: str = "1") -> Rendered:
    metadata = "{name: %s, namespace: %s}" if namespace else "{name: %s%s}"
    texts = [
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {metadata % (name, namespace)}\ndata: {{v: '{value}'}}\n"
        for name in names
    ]
    manifests = in_order((parse(text.encode(), stack) for text in texts), stack)
    return Rendered(stack=stack, manifests=manifests)


def branch_of(repository: Git, remote: str | None = None) -> RenderedBranch:
    return RenderedBranch(git=repository, environment=OPS, remote=remote)


def files(root: Path, ref: str = BRANCH) -> list[str]:
    return git(root, "ls-tree", "-r", "--name-only", ref).splitlines()


@pytest.fixture
def repository(tmp_path: Path) -> Git:
    return make_repository(tmp_path / "platform")


@pytest.fixture
def shared(tmp_path: Path, repository: Git) -> Path:
    """A bare remote named `origin` of `repository`."""
    return make_remote(repository, tmp_path / "remote.git")


def clone(remote: Path, path: Path) -> Git:
    git(remote, "clone", "--quiet", str(remote), str(path))
    return Git(path)


def test_deliver_makes_a_branch_of_its_own(repository: Git) -> None:
    source = repository.head()
    tip = branch_of(repository).deliver([rendered("manifests/shop", "a", "b")], source=source)
    assert git(repository.root, "rev-parse", BRANCH) == tip
    assert files(repository.root) == [
        "README.md",
        "manifests/shop/shop/configmap_a.yaml",
        "manifests/shop/shop/configmap_b.yaml",
    ]
    assert git(repository.root, "rev-list", "--count", BRANCH) == "1"
    assert git(repository.root, "log", "-1", "--format=%B", BRANCH) == (
        f"Deliver manifests/shop to ops\n\nSource-Commit: {source}\nSource-Stacks: manifests/shop"
    )
    assert (
        git(repository.root, "log", "-1", "--format=%an <%ae>", BRANCH) == "Test Engineer <test@example.com>"
    )


def test_deliver_touches_neither_work_tree_nor_index_nor_other_refs(repository: Git) -> None:
    (repository.root / "README.md").write_text("edited\n")
    (repository.root / "new.txt").write_text("new\n")
    git(repository.root, "add", "new.txt")
    before = git(repository.root, "status", "--porcelain"), git(repository.root, "diff", "--cached")
    head = repository.head()
    branch_of(repository).deliver([rendered("shop", "a")], source=head)
    assert (git(repository.root, "status", "--porcelain"), git(repository.root, "diff", "--cached")) == before
    assert set(repository.refs()) == {"refs/heads/main", BRANCH}
    assert repository.head() == head
    assert git(repository.root, "fsck", "--no-dangling") == ""


def test_delivered_reads_back_what_was_delivered(repository: Git) -> None:
    item = rendered("shop", "a", "b")
    branch = branch_of(repository)
    assert branch.delivered("shop") == {}
    branch.deliver([item], source=repository.head())
    assert branch.delivered("shop") == {manifest.address: manifest for manifest in item.manifests}
    assert branch.delivered("sho") == {}


def test_deliver_of_the_same_content_makes_no_commit(repository: Git) -> None:
    branch = branch_of(repository)
    first = branch.deliver([rendered("shop", "a")], source=repository.head())
    newer = commit(repository.root, "newer", {"unrelated.txt": "x"})
    assert branch.deliver([rendered("shop", "a")], source=newer) == first


def test_deliver_of_nothing_still_makes_the_branch(repository: Git) -> None:
    tip = branch_of(repository).deliver([Rendered(stack="shop", manifests=())], source=repository.head())
    assert git(repository.root, "rev-parse", BRANCH) == tip
    assert files(repository.root) == ["README.md"]


def test_deliver_removes_files_of_removed_objects_and_leaves_other_stacks_alone(repository: Git) -> None:
    branch, source = branch_of(repository), repository.head()
    branch.deliver(
        [rendered("shop", "a", "b"), rendered("shop/nested", "d"), rendered("blog", "c")], source=source
    )
    branch.deliver([rendered("shop", "b", value="2")], source=commit(repository.root))
    assert files(repository.root) == [
        "README.md",
        "blog/shop/configmap_c.yaml",
        "shop/nested/shop/configmap_d.yaml",
        "shop/shop/configmap_b.yaml",
    ]
    assert branch.delivered("shop")["_/ConfigMap/shop/b"].document["data"] == {"v": "2"}
    assert list(branch.delivered("shop/nested")) == ["_/ConfigMap/shop/d"]


def test_deliver_of_odd_names_is_safe(repository: Git) -> None:
    branch = branch_of(repository)
    odd = rendered('od"d \\ $(x)\nstack', "system.a", namespace="")
    branch.deliver([odd], source=repository.head())
    assert list(branch.delivered(odd.stack)) == ["_/ConfigMap/_/system.a"]
    branch.deliver([Rendered(stack=odd.stack, manifests=())], source=commit(repository.root))
    assert files(repository.root) == ["README.md"]
    with pytest.raises(DeliveryError, match="newer"):
        branch.deliver([odd], source=git(repository.root, "rev-parse", "HEAD~1"))


def test_delivered_takes_a_file_that_somebody_broke_for_absent(repository: Git, tmp_path: Path) -> None:
    branch = branch_of(repository)
    branch.deliver([rendered("shop", "a", "b")], source=repository.head())
    git(repository.root, "worktree", "add", "--quiet", str(tmp_path / "w"), "env/ops")
    commit(tmp_path / "w", "by hand", {"shop/shop/configmap_a.yaml": "a: b: c", "notes.txt": "x"})
    git(repository.root, "worktree", "remove", "--force", str(tmp_path / "w"))
    branch.refresh()
    assert list(branch.delivered("shop")) == ["_/ConfigMap/shop/b"]
    branch.deliver([rendered("shop", "a", "b")], source=commit(repository.root))
    assert list(branch.delivered("shop")) == ["_/ConfigMap/shop/a", "_/ConfigMap/shop/b"]
    assert "notes.txt" in files(repository.root)


def test_deliver_refuses_to_go_back_behind_what_is_delivered(repository: Git) -> None:
    branch, older = branch_of(repository), repository.head()
    newer = commit(repository.root)
    tip = branch.deliver([rendered("shop", "a", value="new"), rendered("blog", "c")], source=newer)
    tip = branch.deliver([rendered("blog", "d")], source=commit(repository.root))
    with pytest.raises(DeliveryError, match=f"already holds shop from {newer[:12]}, which is newer"):
        branch.deliver([rendered("shop", "a", value="old")], source=older)
    assert git(repository.root, "rev-parse", BRANCH) == tip
    branch.deliver([rendered("other", "x")], source=older)
    assert "other/shop/configmap_x.yaml" in files(repository.root)


def test_deliver_uses_its_own_identity_where_git_knows_none(repository: Git, isolated: Path) -> None:
    (isolated / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    branch_of(repository).deliver([rendered("shop", "a")], source=repository.head())
    assert git(repository.root, "log", "-1", "--format=%an", BRANCH) == "kubestack"


def test_deliver_pushes_and_makes_no_local_branch(repository: Git, shared: Path) -> None:
    branch = branch_of(repository, "origin")
    branch.refresh()
    tip = branch.deliver([rendered("shop", "a")], source=repository.head())
    assert git(shared, "rev-parse", BRANCH) == tip
    assert set(repository.refs("refs/heads", "refs/kubestack")) == {"refs/heads/main", TRACKING}
    assert list(branch.delivered("shop")) == ["_/ConfigMap/shop/a"]


def test_refresh_sees_what_others_delivered_and_removed(
    repository: Git, shared: Path, tmp_path: Path
) -> None:
    other = branch_of(clone(shared, tmp_path / "other"), "origin")
    mine = branch_of(repository, "origin")
    mine.refresh()
    assert mine.delivered("shop") == {}
    other.deliver([rendered("shop", "a")], source=repository.head())
    mine.refresh()
    assert list(mine.delivered("shop")) == ["_/ConfigMap/shop/a"]
    git(shared, "update-ref", "-d", BRANCH)
    mine.refresh()
    assert mine.delivered("shop") == {}


def test_delivered_takes_the_remote_for_the_truth(repository: Git, shared: Path) -> None:
    branch_of(repository).deliver([rendered("shop", "local")], source=repository.head())
    branch_of(repository, "origin").deliver([rendered("shop", "remote")], source=repository.head())
    assert list(branch_of(repository, "origin").delivered("shop")) == ["_/ConfigMap/shop/remote"]


def test_deliver_that_lost_the_race_builds_on_the_new_tip(
    repository: Git, shared: Path, tmp_path: Path
) -> None:
    mine = branch_of(repository, "origin")
    other = branch_of(clone(shared, tmp_path / "other"), "origin")
    mine.deliver([rendered("shop", "a")], source=repository.head())
    other.deliver([rendered("blog", "b")], source=repository.head())
    mine.deliver([rendered("shop", "c")], source=commit(repository.root))
    assert files(shared) == ["README.md", "blog/shop/configmap_b.yaml", "shop/shop/configmap_c.yaml"]
    assert git(shared, "rev-list", "--count", BRANCH) == "3"


def test_deliver_that_lost_the_race_to_something_newer_is_refused(
    repository: Git, shared: Path, tmp_path: Path
) -> None:
    older = repository.head()
    newer = commit(repository.root)
    git(repository.root, "push", "--quiet", "origin", "main")
    other = branch_of(clone(shared, tmp_path / "other"), "origin")
    tip = other.deliver([rendered("shop", "new")], source=newer)
    with pytest.raises(DeliveryError, match="newer"):
        branch_of(repository, "origin").deliver([rendered("shop", "old")], source=older)
    assert git(shared, "rev-parse", BRANCH) == tip


def test_deliver_that_the_remote_refuses_says_so_and_moves_no_ref(repository: Git, shared: Path) -> None:
    hook = shared / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'only the pipeline may push' >&2\nexit 1\n")
    hook.chmod(0o755)
    before = repository.refs()
    with pytest.raises(DeliveryError, match="ops was not delivered") as caught:
        branch_of(repository, "origin").deliver([rendered("shop", "a")], source=repository.head())
    assert "only the pipeline may push" in str(caught.value)
    assert repository.refs() == before
    assert Git(shared).refs(BRANCH) == {}


def test_refresh_from_a_remote_that_is_gone_is_an_error(repository: Git, shared: Path) -> None:
    shared.rename(shared.with_name("elsewhere"))
    with pytest.raises(GitError, match="git fetch from origin failed"):
        branch_of(repository, "origin").refresh()


def writers(roots: Sequence[tuple[Path, str, str]], source: str) -> list[subprocess.CompletedProcess[str]]:
    """Run one process for each (root, remote, stack) at the same time."""

    def start(item: tuple[Path, str, str]) -> subprocess.CompletedProcess[str]:
        root, remote, stack = item
        argv = [sys.executable, "-c", WRITER, str(root), remote, stack, source]
        return subprocess.run(argv, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(len(roots)) as pool:
        return list(pool.map(start, roots))


@pytest.mark.slow
@pytest.mark.parametrize("where", ["clones", "one clone", "no remote"])
def test_deliver_by_many_processes_at_once_loses_nothing(
    repository: Git, shared: Path, tmp_path: Path, where: str
) -> None:
    roots = [repository.root] * 6
    if where == "clones":
        roots = [clone(shared, tmp_path / f"clone-{number}").root for number in range(6)]
    remote = "" if where == "no remote" else "origin"
    stacks = [f"stack-{number}" for number in range(6)]
    items = [(root, remote, stack) for root, stack in zip(roots, stacks, strict=True)]
    for done in writers(items, repository.head()):
        assert done.returncode == 0, done.stderr
    root = shared if remote else repository.root
    assert files(root) == ["README.md", *(f"{stack}/shop/configmap_{stack}-2.yaml" for stack in stacks)]
    assert git(root, "rev-list", "--count", BRANCH) == "18"
    assert git(root, "for-each-ref", "refs/kubestack/scratch") == ""
    assert git(repository.root, "for-each-ref", "refs/kubestack/scratch") == ""

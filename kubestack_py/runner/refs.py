"""What a name that somebody typed stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubestack_py.errors import UsageError
from kubestack_py.model.event import BRANCH_PREFIX, TAG_PREFIX

if TYPE_CHECKING:
    from kubestack_py.runner.session import Session
    from kubestack_py.system.git import CommitInfo


HEAD = "HEAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCommit:
    """A commit with the name that led to it; `full` is the name of its ref, empty for a bare commit."""

    name: str
    full: str
    info: CommitInfo

    @property
    def commit(self) -> str:
        """The commit id."""
        return self.info.id

    @property
    def tag(self) -> str:
        """The short name of the tag, or empty."""
        return self.full.removeprefix(TAG_PREFIX) if self.full.startswith(TAG_PREFIX) else ""

    @property
    def branch(self) -> str:
        """The short name of the branch, or empty."""
        return self.full.removeprefix(BRANCH_PREFIX) if self.full.startswith(BRANCH_PREFIX) else ""


def find_ref(session: Session, name: str | None) -> NamedCommit:
    """The commit of a tag, a branch (here or on the remote) or a revision; None: the default branch.

    A tag wins over a branch of the same name, as it does in Git; the default branch is the remote's.
    Raises `UsageError` for what names no commit.
    """
    branch = session.platform.default_branch
    if name in {None, branch}:
        tip = session.default_tip() or session.git.head()
        return _named(session, branch, f"{BRANCH_PREFIX}{branch}", tip)
    assert name is not None  # noqa: S101 - for the type checker
    places = _places(name, session.remote)
    there = session.git.refs(*places)
    for ref, full in places.items():
        commit = session.git.resolve(ref) if ref in there else None
        if commit:
            return _named(session, name, full, commit)
    commit = session.git.resolve(name)
    if commit is None:
        raise UsageError(
            f"{name!r} is neither a tag nor a branch nor a commit of this clone",
            hint="Fetch it first: git fetch --tags. `git log` shows the commits there are.",
        )
    return _named(session, name, "", commit)


def _places(name: str, remote: str | None) -> dict[str, str]:
    """Where a name may stand among the refs, and the full name that an event would have for it."""
    names = [name] if name.startswith("refs/") else [f"{TAG_PREFIX}{name}", f"{BRANCH_PREFIX}{name}"]
    places = {full: full for full in names}
    if remote and name not in {HEAD, f"{remote}/{HEAD}"}:  # the remote's HEAD is no branch of that name
        places[f"refs/remotes/{remote}/{name}"] = f"{BRANCH_PREFIX}{name}"
        places[f"refs/remotes/{name}"] = BRANCH_PREFIX + name.removeprefix(f"{remote}/")
    return places


def _named(session: Session, name: str, full: str, commit: str) -> NamedCommit:
    info = session.git.commit_info(commit)
    assert info is not None  # noqa: S101 - it was resolved just now
    return NamedCommit(name=name, full=full, info=info)

"""Tags: where they point, what their annotations say, and making and pushing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.errors import GitError
from kubestack_py.system.git import NETWORK_SECONDS

if TYPE_CHECKING:
    from kubestack_py.system.git import Git

TAGS = "refs/tags/"
_EXISTS = "already exists"


def tags(git: Git) -> dict[str, str]:
    """The commit of every tag in this clone, by the tag's short name."""
    wanted = "%(refname)%00%(objectname)%00%(*objectname)"
    out = git.call("for-each-ref", f"--format={wanted}", TAGS).text
    rows = (line.split("\0") for line in out.splitlines())
    return {name.removeprefix(TAGS): peeled or direct for name, direct, peeled in rows}


def remote_tags(git: Git, remote: str) -> dict[str, str]:
    """The commit of every tag on the remote, by the tag's short name. Raises `GitError` when it is away."""
    done = git.call("ls-remote", "--tags", remote, purpose=f"git ls-remote {remote}", timeout=NETWORK_SECONDS)
    rows = (line.split("\t", 1) for line in done.text.splitlines())
    # An annotated tag has two rows; the second one, `NAME^{}`, is about the commit.
    return {name.removeprefix(TAGS).removesuffix("^{}"): identity for identity, name in rows}


def annotation(git: Git, name: str, remote: str | None) -> tuple[str, str]:
    """The commit of a tag, and the text below the first line of its annotation.

    The remote's tag is asked before that of this clone: some CI systems check a tag out as a bare
    name for its commit. Both are empty where there is no such tag, the text where it has none.
    """
    refs = [f"{TAGS}{name}"]
    if remote:
        copy = f"refs/kubestack/{remote}/tags/{name}"
        # A pattern, as the remote may not have the tag, and nothing to fetch is no error for one.
        git.fetch(remote, f"+{TAGS}{name}*:{copy}*", options=["--prune"])
        refs.insert(0, copy)
    for ref in refs:
        found = _read(git, ref)
        if found:
            return found
    return "", ""


def _read(git: Git, ref: str) -> tuple[str, str] | None:
    """The commit of a ref and its annotation: a tag without one would answer with its commit's message."""
    wanted = "%(refname)%00%(objecttype)%00%(objectname)%00%(*objectname)%00%(contents:body)%00"
    name, *rest = git.call("for-each-ref", f"--format={wanted}", ref).text.split("\0")
    if name != ref:
        return None
    kind, direct, peeled, body = rest[:4]
    return peeled or direct, body if kind == "tag" else ""


def make_tag(git: Git, name: str, commit: str, message: str) -> bool:
    """Make an annotated tag as the user's settings have it (`tag.gpgSign`); False when the name is taken."""
    try:
        git.call(
            "tag",
            "--annotate",
            "--cleanup=whitespace",
            "--file=-",
            "--end-of-options",
            name,
            commit,
            stdin=message.encode("utf-8", "surrogateescape"),
        )
    except GitError as error:
        if f"'{name}' {_EXISTS}" in error.detail or f"reference {_EXISTS}" in error.detail:
            return False
        raise
    return True


def push_tag(git: Git, remote: str, name: str) -> bool:
    """Push one tag and nothing else; False when the remote has another tag of that name."""
    try:
        return git.push(remote, f"{TAGS}{name}:{TAGS}{name}") is None
    except GitError as error:
        if f"({_EXISTS})" in error.detail:
            return False
        raise

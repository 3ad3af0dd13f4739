"""Commits made by `git fast-import`, blobs, trees and commit in one process; and what one changed."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kubestack_py.system.git import Git


def make_commit(git: Git, changes: Iterable[bytes], *, parent: str | None, message: str, seconds: int) -> str:
    """Make a commit on top of its parent (None: a first one), and return its id.

    `changes` are commands of `git fast-import`; `data` writes the contents in them. `seconds` is the
    time of the commit, since 1970. Nothing points at the commit when it is made: neither the index
    nor the work tree nor any ref is touched.
    """
    name, email = git.identity
    # A commit has to be on a branch; this one is emptied before it would be written to the disk.
    branch = f"refs/kubestack/scratch/{secrets.token_hex(8)}"
    begin = f"commit {branch}\nmark :1\ncommitter {name} <{email}> {seconds} +0000\n"
    origin = f"from {parent}\n" if parent else ""
    end = f"get-mark :1\nreset {branch}\n"
    parts = [begin.encode(), data(message.encode()), origin.encode(), *changes, end.encode()]
    return git.fast_import(b"".join(parts)).strip()


def data(content: bytes) -> bytes:
    """Contents as `git fast-import` reads them."""
    return b"data %d\n%s\n" % (len(content), content)


def quoted(path: str) -> bytes:
    """A path as `git fast-import` reads it."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return b'"%s"' % escaped.encode("utf-8", "surrogateescape")


def changed_files(git: Git, older: str, newer: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The contents of the files that differ between two commits, by path: before, and after."""
    fields = git.call("diff-tree", "-r", "-z", "--no-renames", older, newer).out.split(b"\0")
    blobs: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for meta, name in zip(fields[::2], fields[1::2], strict=False):
        for side, blob in zip(blobs, meta.decode().split()[2:4], strict=True):
            if set(blob) != {"0"}:  # a file that is not on this side
                side[name.decode("utf-8", "surrogateescape")] = blob
    contents = git.read_blobs([*blobs[0].values(), *blobs[1].values()])
    before, after = ({path: contents[blob] for path, blob in side.items()} for side in blobs)
    return before, after
